"""The sandbox as a host: journal, faults, patches, server, environment."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from c7n_certrenew.sandbox import Authority, Call, Issued, Listener, Sandbox
from c7n_certrenew.sandbox.patch_points import PATCH_POINTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


def upload(aws: Sandbox, issued: Issued, name: str = "web") -> Any:
    """Upload through the API."""
    return aws.client("iam").upload_server_certificate(
        ServerCertificateName=name,
        CertificateBody=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
        Tags=[{"Key": "team", "Value": "a"}],
    )


def test_journal_has_the_call_as_it_was_made(aws: Sandbox) -> None:
    """A call is recorded with account, region, parameters and outcome (own promise)."""
    aws.client("elb", REGION).describe_load_balancers(PageSize=7)
    assert aws.journal == [
        Call(aws.account_id, REGION, "elb", "DescribeLoadBalancers", {"PageSize": 7}, None)
    ]


def test_journal_has_the_error_code(aws: Sandbox) -> None:
    """A refused call is recorded with its code (own promise)."""
    with pytest.raises(ClientError):
        aws.client("iam").get_server_certificate(ServerCertificateName="none")
    assert [call.error_code for call in aws.journal] == ["NoSuchEntity"]


def test_journal_shows_where_the_key_was(aws: Sandbox, web: Issued) -> None:
    """The key is in the upload's parameters and in no other call (AWS row 16)."""
    upload(aws, web)
    aws.client("iam").get_server_certificate(ServerCertificateName="web")
    with_key = [c.operation for c in aws.journal if web.private_key in c.parameters.values()]
    assert with_key == ["UploadServerCertificate"]
    assert len(aws.journal) == 2


def test_journal_records_services_that_are_not_patched(aws: Sandbox) -> None:
    """Every service that passes the gate is in the journal, query or JSON (own promise)."""
    aws.client("sts").get_caller_identity()
    aws.client("secretsmanager").list_secrets(MaxResults=3)
    calls = [(call.service, call.operation, dict(call.parameters)) for call in aws.journal]
    assert calls == [
        ("sts", "GetCallerIdentity", {}),
        ("secretsmanager", "ListSecrets", {"MaxResults": 3}),
    ]


def test_seeding_is_not_in_the_journal(aws: Sandbox, web: Issued) -> None:
    """Only API calls are recorded."""
    aws.classic(REGION, "lb", Listener(443, "HTTPS", aws.upload("web", web)))
    assert aws.journal == []


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "ListServerCertificates", "AccessDenied"),
        ("elb", "DescribeLoadBalancers", "AccessDenied"),
        ("elbv2", "DescribeLoadBalancers", "AccessDenied"),
        ("ec2", "DescribeRegions", "UnauthorizedOperation"),
    ],
)
def test_denial_is_spelled_as_the_service_spells_it(
    aws: Sandbox, service: str, operation: str, code: str
) -> None:
    """EC2 says UnauthorizedOperation, the others AccessDenied, both 403 (AWS row 14)."""
    aws.deny(service, operation)
    client = aws.client(service)
    with pytest.raises(ClientError, match=rf"\({code}\)") as caught:
        client._make_api_call(operation, {})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_denied_call_has_no_effect(aws: Sandbox, web: Issued) -> None:
    """A denial comes before the effect, every time."""
    aws.deny("iam", "UploadServerCertificate")
    for _ in range(2):
        with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
            upload(aws, web)
    assert aws.certificates() == {}


def test_denial_of_one_region_leaves_the_others(aws: Sandbox) -> None:
    """A region-deny policy makes one region unreadable (AWS row 21)."""
    aws.deny("elb", "*", region=REGION)
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        aws.client("elb", REGION).describe_load_balancers()
    assert aws.client("elb", "us-east-1").describe_load_balancers()


def test_failure_wears_out(aws: Sandbox) -> None:
    """`fail` answers the next calls with an error and then no more."""
    aws.fail("elb", "DescribeLoadBalancers", "Throttling", "Rate exceeded", times=2)
    elb = aws.client("elb", REGION)
    for _ in range(2):
        with pytest.raises(ClientError, match=r"\(Throttling\).*Rate exceeded"):
            elb.describe_load_balancers()
    assert elb.describe_load_balancers()["LoadBalancerDescriptions"] == []


def test_answer_lost_after_the_effect(aws: Sandbox, web: Issued) -> None:
    """The effect can happen and the answer get lost (AWS row 17)."""
    lost = "iam", "UploadServerCertificate", "InternalFailure", "lost"
    aws.fail(*lost, after_effect=True)
    with pytest.raises(ClientError, match=r"\(InternalFailure\)") as caught:
        upload(aws, web)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert list(aws.certificates()) == ["web"]


def test_failure_before_the_effect(aws: Sandbox, web: Issued) -> None:
    """Unless it is lost, a failed call did nothing."""
    aws.fail("iam", "UploadServerCertificate", "ServiceFailure", "sorry")
    with pytest.raises(ClientError, match=r"\(ServiceFailure\)"):
        upload(aws, web)
    assert aws.certificates() == {}


def test_defect_of_the_server_reaches_the_client(aws: Sandbox) -> None:
    """What moto cannot do is an error the client sees and does not retry."""
    with pytest.raises(ClientError, match=r"\(SandboxDefect\)") as caught:
        aws.client("iam").get_service_last_accessed_details(JobId="0" * 36)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_reset_empties_everything(aws: Sandbox, web: Issued) -> None:
    """After a reset there is nothing but the patches."""
    aws.classic(REGION, "lb", Listener(443, "HTTPS", aws.upload("web", web)))
    aws.deny("iam", "*")
    aws.reset()
    assert (aws.certificates(), aws.journal, aws.environ["CERTRENEW_RESOLVE"]) == ({}, [], "")
    assert aws.client("elb", REGION).describe_load_balancers()["LoadBalancerDescriptions"] == []
    upload(aws, web)
    assert list(aws.certificates()) == ["web"]


def test_page_size_caps_every_page(sandboxes: Any, web: Issued) -> None:
    """Short pages whatever the client asks for: pagination must be followed (own promise)."""
    short = sandboxes.open(regions=(REGION,), server=False, page_size=1)
    for name in ("one", "two"):
        short.upload(name, web)
        short.application(REGION, name)
        short.classic(REGION, name, Listener(80, "HTTP"))
    listed = short.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    elbs = short.client("elb").describe_load_balancers()["LoadBalancerDescriptions"]
    albs = short.client("elbv2").describe_load_balancers(PageSize=400)["LoadBalancers"]
    assert [len(listed), len(elbs), len(albs)] == [1, 1, 1]


@pytest.mark.parametrize("server", [False, True])
def test_leaving_restores_moto(sandboxes: Any, server: bool) -> None:
    """Patches are in place inside the block only (own promise)."""
    sandboxes.close()
    before = [point.stock for point in PATCH_POINTS]
    with Sandbox(regions=(REGION,), server=server):
        inside = [point.stock for point in PATCH_POINTS]
    assert [point.stock for point in PATCH_POINTS] == before
    assert not set(inside) & set(before)


def test_patch_points_are_named_once() -> None:
    """The table names every replaced attribute exactly once."""
    places = [(point.owner, point.name) for point in PATCH_POINTS]
    assert len(places) == len(set(places))


def test_one_sandbox_at_a_time(aws: Sandbox) -> None:
    """Patches are process-wide, so a second sandbox is refused."""
    with pytest.raises(RuntimeError, match="another sandbox"), Sandbox():
        pass


def test_closing_ends_the_server(sandboxes: Any) -> None:
    """After the block nobody answers."""
    sandboxes.close()
    with Sandbox(regions=(REGION,)) as closed:
        client = closed.client("iam")
        client.list_server_certificates()
    with pytest.raises(EndpointConnectionError):
        client.list_server_certificates()


def test_another_process_sees_the_sandbox_through_its_environment(
    sandbox: Sandbox, web: Issued, tmp_path: Path
) -> None:
    """`environ` is all that a subprocess needs (own promise)."""
    sandbox.upload("web", web)
    program = (
        "import boto3, json;"
        "found = boto3.client('iam').list_server_certificates()['ServerCertificateMetadataList'];"
        "print(json.dumps([f['ServerCertificateName'] for f in found]))"
    )
    command = [sys.executable, "-c", program]
    environ = {**sandbox.environ, "HOME": str(tmp_path)}
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == ["web"]


def test_server_writes_no_request_lines(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """The server is quiet: its output would mix with that of commands."""
    with caplog.at_level("INFO", logger="werkzeug"):
        sandbox.client("iam").list_server_certificates()
    assert [record for record in caplog.records if record.name == "werkzeug"] == []


def test_stock_command_runs_against_the_sandbox(
    sandbox: Sandbox,
    custodian: Callable[..., subprocess.CompletedProcess[str]],
    web: Issued,
    tmp_path: Path,
) -> None:
    """`custodian run` finds the certificates that are there (own promise)."""
    sandbox.upload("web", web)
    policy = {"policies": [{"name": "all", "resource": "aws.iam-certificate"}]}
    (tmp_path / "policy.yml").write_text(json.dumps(policy))
    ran = custodian("run", "--cache-period=0", "-s", "out", "policy.yml")
    assert ran.returncode == 0, ran.stderr
    found = json.loads((tmp_path / "out/all/resources.json").read_text())
    assert [resource["ServerCertificateName"] for resource in found] == ["web"]


def test_s3_comes_by_the_gate(aws: Sandbox) -> None:
    """S3, which moto dispatches by itself, is journalled and can be denied."""
    s3 = aws.client("s3", "us-east-1")
    s3.create_bucket(Bucket="certs")
    s3.put_object(Bucket="certs", Key="web/cert a.pem", Body=b"PEM")
    answer = s3.get_object(Bucket="certs", Key="web/cert a.pem")
    assert answer["Body"].read() == b"PEM"
    assert s3.list_objects_v2(Bucket="certs", Prefix="web/")["KeyCount"] == 1
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="certs", Key="none")
    assert [(call.operation, call.error_code) for call in aws.journal] == [
        ("CreateBucket", None),
        ("PutObject", None),
        ("GetObject", None),
        ("ListObjectsV2", None),
        ("GetObject", "NoSuchKey"),
    ]
    read, listed = aws.journal[2].parameters, aws.journal[3].parameters
    assert (read["Bucket"], read["Key"]) == ("certs", "web/cert a.pem")
    assert (listed["Bucket"], listed["prefix"]) == ("certs", "web/")
    aws.deny("s3", "GetObject")
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        s3.get_object(Bucket="certs", Key="web/cert a.pem")


def test_dynamodb_comes_by_the_gate(aws: Sandbox) -> None:
    """What adds a layer of its own to moto's dispatcher is journalled as well."""
    aws.client("dynamodb", REGION).list_tables()
    assert [(call.service, call.operation) for call in aws.journal] == [("dynamodb", "ListTables")]
