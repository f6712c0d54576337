"""Faults: how each looks to a client, before the effect and after it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from c7n_certrenew.aws.faults import FAULTS, is_ambiguous
from c7n_certrenew.sandbox import Authority, Fault, Issued, Kind, Listener, Sandbox
from c7n_certrenew.sandbox.faults import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-west-1"
SEEN = {
    Kind.ERROR: ClientError,
    Kind.THROTTLED: ClientError,
    Kind.DENIED: ClientError,
    Kind.UNKNOWN_CERTIFICATE: ClientError,
    Kind.RESET: ConnectionClosedError,
    Kind.TIMED_OUT: ReadTimeoutError,
    Kind.GARBLED: ResponseParserError,
    Kind.CUT_SHORT: ResponseParserError,
}
AFTER = [kind for kind in Kind if kind not in REFUSALS]


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty account in this process."""
    opened: Sandbox = sandboxes.open(regions=("us-east-1", REGION), server=False)
    return opened


@pytest.fixture(scope="module")
def session() -> Any:
    """Give a session that has read botocore's models."""
    return boto3.Session()


@pytest.fixture
def connect(aws: Sandbox, session: Any) -> Callable[..., Any]:
    """Return a function that makes a client which waits half a second for an answer."""

    def make(service: str, attempts: int = 1) -> Any:
        return session.client(
            service,
            REGION,
            endpoint_url=aws.environ.get("AWS_ENDPOINT_URL"),
            aws_access_key_id=aws.environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key="sandbox",
            config=Config(
                read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": attempts}
            ),
        )

    return make


def upload(client: Any, issued: Issued, name: str = "web") -> Any:
    """Upload through the API."""
    return client.upload_server_certificate(
        ServerCertificateName=name,
        CertificateBody=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )


@pytest.mark.parametrize("kind", Kind)
def test_a_fault_before_the_effect(
    aws: Sandbox, connect: Callable[..., Any], web: Issued, kind: Kind
) -> None:
    """A call that goes wrong before its effect has none, looks real, and goes wrong once."""
    iam = connect("iam")
    aws.inject(Fault("iam", "UploadServerCertificate", kind))
    with pytest.raises(SEEN[kind]) as caught:
        upload(iam, web)
    assert isinstance(caught.value, FAULTS)
    assert aws.certificates() == {}
    upload(iam, web)
    assert list(aws.certificates()) == ["web"]


@pytest.mark.parametrize("kind", AFTER)
def test_a_fault_after_the_effect(
    aws: Sandbox, connect: Callable[..., Any], web: Issued, kind: Kind
) -> None:
    """It happened and the answer was lost: the client cannot tell (AWS row 17)."""
    aws.inject(Fault("iam", "UploadServerCertificate", kind, after_effect=True))
    with pytest.raises(SEEN[kind]) as caught:
        upload(connect("iam"), web)
    assert is_ambiguous(caught.value)
    assert list(aws.certificates()) == ["web"]


@pytest.mark.parametrize("kind", sorted(REFUSALS, key=lambda kind: kind.name))
def test_a_refusal_comes_before_the_effect(kind: Kind) -> None:
    """AWS refuses instead of doing: a refusal after the effect is no fault to inject."""
    with pytest.raises(ValueError, match="before the effect"):
        Fault("iam", "*", kind, after_effect=True)


@pytest.mark.evidence("model: botocore retries, transient errors and throttling codes")
@pytest.mark.parametrize("kind", [Kind.ERROR, Kind.THROTTLED, Kind.RESET, Kind.TIMED_OUT])
def test_botocore_retries(aws: Sandbox, connect: Callable[..., Any], kind: Kind) -> None:
    """What passes by itself is overcome by botocore's own retries, each of them a call."""
    aws.inject(Fault("elb", "DescribeLoadBalancers", kind))
    answer = connect("elb", attempts=3).describe_load_balancers()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert [call.error_code is None for call in aws.journal] == [False, True]


@pytest.mark.parametrize(
    ("service", "operation", "kind", "code", "status"),
    [
        ("elbv2", "DescribeLoadBalancers", Kind.THROTTLED, "Throttling", 400),
        ("ec2", "DescribeRegions", Kind.THROTTLED, "RequestLimitExceeded", 503),
        ("secretsmanager", "ListSecrets", Kind.THROTTLED, "ThrottlingException", 400),
        ("elb", "DescribeLoadBalancers", Kind.DENIED, "AccessDenied", 403),
        ("ec2", "DescribeRegions", Kind.DENIED, "UnauthorizedOperation", 403),
        ("secretsmanager", "ListSecrets", Kind.DENIED, "AccessDeniedException", 400),
        ("elb", "DescribeLoadBalancers", Kind.UNKNOWN_CERTIFICATE, "CertificateNotFound", 400),
        ("elb", "DescribeLoadBalancers", Kind.ERROR, "InternalFailure", 500),
    ],
)
@pytest.mark.evidence("assumption: status and code of services beyond ELB, EC2 and IAM")
def test_an_error_is_spelled_as_its_service_spells_it(
    near: Sandbox, service: str, operation: str, kind: Kind, code: str, status: int
) -> None:
    """Each service has its own words for one thing (AWS row 14)."""
    near.inject(Fault(service, operation, kind))
    with pytest.raises(ClientError) as caught:
        near.client(service, REGION)._make_api_call(operation, {})
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert [call.error_code for call in near.journal] == [code]


def outcomes(call: Callable[[], Any], number: int) -> str:
    """Make a call some times and draw which passed."""
    drawn = ""
    for _ in range(number):
        try:
            call()
            drawn += "."
        except ClientError:
            drawn += "x"
    return drawn


def test_a_fault_can_wait_for_the_kth_call_and_wear_out(near: Sandbox) -> None:
    """The first calls pass, the next go wrong, the others pass; None goes on for ever."""
    describe = near.client("elb", REGION).describe_load_balancers
    near.inject(Fault("elb", "DescribeLoadBalancers", skip=2, times=2))
    assert outcomes(describe, 6) == "..xx.."
    near.inject(Fault("elb", "Describe*", skip=1, times=None))
    assert outcomes(describe, 4) == ".xxx"


def test_a_fault_can_be_of_one_region_and_one_account(near: Sandbox) -> None:
    """Elsewhere, and in other accounts, nothing goes wrong."""
    near.inject(Fault("elb", "*", Kind.DENIED, region=REGION, times=None))
    assert outcomes(near.client("elb", REGION).describe_load_balancers, 1) == "x"
    assert outcomes(near.client("elb", "us-east-1").describe_load_balancers, 1) == "."
    near.clear_faults()
    near.inject(Fault("elb", "*", account_id="210987654321", times=None))
    other = near.account("210987654321")
    assert outcomes(near.client("elb", REGION).describe_load_balancers, 1) == "."
    assert outcomes(other.client("elb", REGION).describe_load_balancers, 1) == "x"


def test_the_first_fault_that_is_due_decides(near: Sandbox) -> None:
    """A fault behind another does not count the calls that the other took."""
    describe = near.client("elb", REGION).describe_load_balancers
    near.inject(Fault("elb", "*", Kind.THROTTLED), Fault("elb", "*", Kind.DENIED))
    assert outcomes(describe, 3) == "xx."
    assert [c.error_code for c in near.journal] == ["Throttling", "AccessDenied", None]


@pytest.mark.parametrize("kind", [Kind.RESET, Kind.TIMED_OUT, Kind.GARBLED, Kind.CUT_SHORT])
def test_the_journal_names_what_spoilt_an_answer(
    aws: Sandbox, connect: Callable[..., Any], kind: Kind
) -> None:
    """An answer that was lost or spoilt stands in the journal as what it was (own promise)."""
    aws.inject(Fault("elb", "*", kind, after_effect=True))
    with pytest.raises(SEEN[kind]):
        connect("elb").describe_load_balancers()
    assert [call.error_code for call in aws.journal] == [kind.value]


def test_a_server_resets_the_connection(sandbox: Sandbox) -> None:
    """A reset is a real one, not merely the end of the connection (own promise)."""
    sandbox.inject(Fault("elb", "*", Kind.RESET))
    with pytest.raises(ConnectionClosedError) as caught:
        sandbox.client("elb").describe_load_balancers()
    assert "ConnectionResetError" in str(caught.value.kwargs["error"])


def test_silence_ends_with_the_client(aws: Sandbox, connect: Callable[..., Any]) -> None:
    """A time-out takes what the client waits, and holds up nobody else."""
    elb = connect("elb")
    aws.inject(Fault("elb", "*", Kind.TIMED_OUT))
    begin = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        elb.describe_load_balancers()
    assert time.monotonic() - begin < 20
    assert elb.describe_load_balancers()["LoadBalancerDescriptions"] == []


def test_clearing_faults_leaves_the_rest(near: Sandbox, web: Issued) -> None:
    """Without faults the account is as it was."""
    near.upload("web", web)
    near.deny("iam", "*")
    near.clear_faults()
    assert len(near.client("iam").list_server_certificates()["ServerCertificateMetadataList"]) == 1


def test_a_listener_survives_lost_answers(
    aws: Sandbox, connect: Callable[..., Any], web: Issued
) -> None:
    """A change whose answer was lost is there, and is not made again by botocore's retry alone."""
    old, new = aws.upload("old", web), aws.upload("new", web)
    aws.classic(REGION, "lb", Listener(443, "HTTPS", old))
    change = "SetLoadBalancerListenerSSLCertificate"
    aws.inject(Fault("elb", change, Kind.RESET, after_effect=True))
    connect("elb", attempts=2).set_load_balancer_listener_ssl_certificate(
        LoadBalancerName="lb", LoadBalancerPort=443, SSLCertificateId=new
    )
    assert aws.bound("lb", REGION, 443) == (new, ())
    assert [(c.operation, c.error_code) for c in aws.journal] == [(change, "reset"), (change, None)]
