"""What AWS's refusals mean for a renewal."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from c7n_certrenew.aws.faults import explain, is_gone, is_rejection, is_transient_refusal

UNKNOWN = "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid."
UNCOVERED = "The certificate doesn't cover the alternate domain name that you're trying to add."
BUSY = "Only one viewer certificate change may be in progress at a time."


def refusal(code: str, message: str = "") -> ClientError:
    """Return an error answer."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "UpdateDistribution")


@pytest.mark.parametrize(
    ("fault", "transient", "rejection"),
    [
        (refusal("CertificateNotFound"), True, False),
        (refusal("IllegalUpdate", BUSY), True, False),
        (refusal("IllegalUpdate", "PriceClass is required for updates."), False, False),
        (refusal("InvalidViewerCertificate", UNKNOWN), True, False),
        (refusal("InvalidViewerCertificate", UNCOVERED), False, True),
        (refusal("UnsupportedCertificate", "it doesn't exist"), False, True),
        (refusal("AccessDenied", "in progress"), False, False),
        (ReadTimeoutError(endpoint_url="https://elb.example"), False, False),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_what_may_pass_is_no_rejection(fault: Exception, transient: bool, rejection: bool) -> None:
    """What CloudFront may know a minute later shows no certificate bad (AWS rows 1 and 12)."""
    assert (is_transient_refusal(fault), is_rejection(fault)) == (transient, rejection)


@pytest.mark.parametrize(
    "code",
    ["LoadBalancerNotFound", "ListenerNotFound", "NoSuchDistribution", "NotFoundException"],
)
def test_each_service_says_gone_in_its_way(code: str) -> None:
    """What is gone serves nothing; what is denied may serve."""
    assert is_gone(refusal(code))
    assert not is_gone(refusal("AccessDenied"))


def test_an_answer_is_shown_and_does_nothing() -> None:
    """A reason goes to logs of build servers, where a name in it must be no command."""
    assert explain(refusal("AccessDenied", "no\x1b[2J ##vso[task.complete]")) == (
        r"UpdateDistribution answered AccessDenied: no\x1b[2J #\x23vso[task.complete]"
    )


def test_an_answer_that_cannot_be_read_is_not_shown_whole() -> None:
    """botocore puts the body into its message: a page of hundreds of load balancers."""
    shown = explain(ResponseParserError(f"invalid XML received: {'<Value>x</Value> ' * 1000}"))
    assert shown.startswith("ResponseParserError: invalid XML received: <Value>x</Value>")
    assert shown.endswith(" …")
    assert len(shown) <= 300
