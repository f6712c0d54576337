"""What ACM knows of certificates: by its list, and by name where the list is silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import boto3
import pytest
from botocore.session import get_session
from botocore.stub import Stubber

from c7n_certrenew.aws.acm import AcmCertificate, find_certificates, region_of
from c7n_certrenew.core.model import Unread

REGION = "eu-west-1"
LISTED, SILENT, GONE = (
    f"arn:aws:acm:{REGION}:123456789012:certificate/{name}" for name in ("listed", "silent", "gone")
)
END = datetime(2027, 3, 1, tzinfo=timezone.utc)


@pytest.fixture
def client() -> Any:
    """Give a client that reaches no AWS."""
    return boto3.client("acm", REGION, aws_access_key_id="none", aws_secret_access_key="none")


@pytest.fixture
def acm(client: Any) -> Iterator[Stubber]:
    """Answer its calls in this order, and no others."""
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def lists(acm: Stubber, *arns: str) -> None:
    """Let the list, asked for every key type, show certificates and one without a date."""
    shown = [
        {"CertificateArn": arn, "DomainName": "www.example.com", "NotAfter": END} for arn in arns
    ]
    requested = {"CertificateArn": f"{LISTED}-not-yet", "DomainName": "www.example.com"}
    every = get_session().get_service_model("acm").shape_for("KeyAlgorithm").enum
    assert {"RSA_2048", "RSA_4096", "EC_prime256v1"} < set(every)
    asked = {"Includes": {"keyTypes": every}}
    acm.add_response("list_certificates", {"CertificateSummaryList": [*shown, requested]}, asked)


def test_what_is_listed_is_not_asked_for(client: Any, acm: Stubber) -> None:
    """One list, of every key type that there is."""
    lists(acm, LISTED, SILENT)
    found = find_certificates(client, REGION, [LISTED])
    assert found == {LISTED: AcmCertificate(LISTED, "www.example.com", END)}


def test_what_the_list_lacks_is_asked_for_by_name(client: Any, acm: Stubber) -> None:
    """The list hides what ACME made; what does not exist is left out, and the rest is unread."""
    lists(acm, LISTED)
    denied, dateless = f"{LISTED}-denied", f"{LISTED}-not-yet"
    detail = {"CertificateArn": SILENT, "DomainName": "acme.example.com", "NotAfter": END}
    acm.add_response("describe_certificate", {"Certificate": detail}, {"CertificateArn": SILENT})
    acm.add_client_error("describe_certificate", "ResourceNotFoundException")
    acm.add_client_error("describe_certificate", "AccessDeniedException", "no")
    acm.add_response("describe_certificate", {"Certificate": {"CertificateArn": dateless}})
    found = find_certificates(client, REGION, [SILENT, GONE, denied, dateless])
    assert found == {
        SILENT: AcmCertificate(SILENT, "acme.example.com", END),
        denied: Unread("acm", REGION, "DescribeCertificate answered AccessDeniedException: no"),
        dateless: Unread("acm", REGION, f"{dateless} shows no date"),
    }


def test_without_the_list_nothing_is_known(client: Any, acm: Stubber) -> None:
    """Each certificate is unread then, and none is taken for one that does not exist."""
    acm.add_client_error("list_certificates", "AccessDeniedException", "no")
    unread = Unread("acm", REGION, "ListCertificates answered AccessDeniedException: no")
    assert find_certificates(client, REGION, [LISTED, GONE]) == {LISTED: unread, GONE: unread}


def test_region_is_the_arns() -> None:
    """CloudFront's certificates are in us-east-1, wherever a policy runs."""
    assert region_of(LISTED) == REGION
