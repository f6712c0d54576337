"""AppSync's custom domain names in the sandbox answer as AWS does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Issued, Propagation, Sandbox

NAME = "api.example.com"
REGION = "eu-west-1"
REGIONS = ("us-east-1", REGION, "eu-central-1")


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a certificate for the domain name."""
    return authority.issue(NAME, key="p256")


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give a sandbox in this process."""
    opened: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    return opened


def imported(sandbox: Sandbox, issued: Issued, region: str) -> str:
    """Import a certificate into ACM and return its ARN."""
    answer = sandbox.client("acm", region).import_certificate(
        Certificate=issued.certificate, PrivateKey=issued.private_key
    )
    return str(answer["CertificateArn"])


def create(sandbox: Sandbox, arn: str, name: str = NAME, **more: str) -> dict[str, Any]:
    """Create a domain name and return its configuration."""
    client = sandbox.client("appsync", REGION)
    answer = client.create_domain_name(domainName=name, certificateArn=arn, **more)
    config: dict[str, Any] = answer["domainNameConfig"]
    return config


def refused(code: str, message: str = "") -> Any:
    """Expect an error answer."""
    return pytest.raises(ClientError, match=rf"(?s)\({code}\).*{message}")


@pytest.mark.evidence("model: appsync.CreateDomainName, GetDomainName, ListDomainNames")
def test_domain_name_is_created_and_read(aws: Sandbox, issued: Issued) -> None:
    """A domain name takes a server certificate's ARN, and every reading shows it."""
    arn = aws.upload("api", issued)
    made = create(aws, arn, description="ours")
    assert (made["domainName"], made["certificateArn"]) == (NAME, arn)
    assert (made["description"], made["hostedZoneId"]) == ("ours", "Z2FDTNDATAQYW2")
    assert made["appsyncDomainName"].endswith(".cloudfront.net")
    assert made["domainNameArn"].endswith(f":{REGION}:123456789012:domainnames/{NAME}")
    client = aws.client("appsync", REGION)
    assert client.get_domain_name(domainName=NAME)["domainNameConfig"] == made
    assert client.list_domain_names()["domainNameConfigs"] == [made]
    assert aws.client("appsync", "us-east-1").list_domain_names()["domainNameConfigs"] == []


@pytest.mark.evidence("model: appsync.ListDomainNames, maxResults and nextToken")
def test_listing_comes_in_pages(aws: Sandbox) -> None:
    """A token leads from page to page; at most 25 come in one."""
    names = [f"n{number}.example.com" for number in range(27)]
    for name in names:
        aws.domain(REGION, name, "arn:aws:iam::123456789012:server-certificate/api")
    client = aws.client("appsync", REGION)
    first = client.list_domain_names(maxResults=20)
    second = client.list_domain_names(nextToken=first["nextToken"], maxResults=5)
    third = client.list_domain_names(nextToken=second["nextToken"])
    listed = [page["domainNameConfigs"] for page in (first, second, third)]
    assert [len(page) for page in listed] == [20, 5, 2]
    assert [config["domainName"] for page in listed for config in page] == names
    assert "nextToken" not in third
    assert len(client.list_domain_names()["domainNameConfigs"]) == 25


@pytest.mark.evidence("design: the sandbox caps every page")
def test_pages_are_as_short_as_the_sandbox_says(sandboxes: Any) -> None:
    """The sandbox's page size caps every page."""
    short = sandboxes.open(regions=(REGION,), server=False, page_size=1)
    for name in ("a.test", "b.test"):
        short.domain(REGION, name, "arn:aws:iam::123456789012:server-certificate/api")
    assert len(short.client("appsync").list_domain_names()["domainNameConfigs"]) == 1


@pytest.mark.evidence("model: appsync.ListDomainNames BadRequestException")
def test_unknown_token_is_refused(near: Sandbox) -> None:
    """A token that was never given is a BadRequestException."""
    with refused("BadRequestException"):
        near.client("appsync", REGION).list_domain_names(nextToken="none")


@pytest.mark.evidence("model: appsync.ListDomainNames, maxResults is at most 25")
def test_page_is_25_at_most(near: Sandbox) -> None:
    """More than 25 in a page is a BadRequestException."""
    with refused("BadRequestException", "at most 25"):
        near.client("appsync", REGION).list_domain_names(maxResults=26)


@pytest.mark.evidence("model: appsync.UpdateDomainName has a description alone")
def test_update_changes_the_description_alone(aws: Sandbox, issued: Issued) -> None:
    """There is no rebinding in place: the certificate is what it was (AWS row 20)."""
    made = create(aws, aws.upload("api", issued), description="before")
    client = aws.client("appsync", REGION)
    after = {**made, "description": "after"}
    answered = client.update_domain_name(domainName=NAME, description="after")
    assert answered["domainNameConfig"] == after
    assert client.get_domain_name(domainName=NAME)["domainNameConfig"] == after
    members = client.meta.service_model.operation_model("UpdateDomainName").input_shape.members
    assert set(members) == {"domainName", "description"}


@pytest.mark.evidence("model: appsync.DeleteDomainName, NotFoundException")
def test_deleted_domain_name_is_gone(aws: Sandbox, issued: Issued) -> None:
    """After a deletion no operation finds the domain name, and it can be created anew."""
    arn = aws.upload("api", issued)
    create(aws, arn)
    client = aws.client("appsync", REGION)
    client.delete_domain_name(domainName=NAME)
    operations = client.get_domain_name, client.update_domain_name, client.delete_domain_name
    for operation in operations:
        with refused("NotFoundException"):
            operation(domainName=NAME)
    assert create(aws, arn)["certificateArn"] == arn


@pytest.mark.evidence("assumption: one name leads to one place")
def test_domain_name_is_unique(near: Sandbox, issued: Issued) -> None:
    """A domain name that exists is a BadRequestException."""
    arn = near.upload("api", issued)
    create(near, arn)
    with refused("BadRequestException", "already exists"):
        create(near, arn)


@pytest.mark.evidence("thread: crossplane-contrib/provider-upjet-aws#150")
def test_certificate_must_exist(aws: Sandbox) -> None:
    """An ARN of no certificate is a BadRequestException."""
    for service in (
        "iam::123456789012:server-certificate",
        "acm:us-east-1:123456789012:certificate",
    ):
        with refused("BadRequestException", "Certificate is invalid"):
            create(aws, f"arn:aws:{service}/none")


@pytest.mark.evidence("guide: AppSync, custom domain names, a certificate for the name")
def test_certificate_must_cover_the_name(near: Sandbox, authority: Authority) -> None:
    """A certificate for another name is refused, a wildcard covers one label."""
    wild = near.upload("wild", authority.issue("*.example.com", key="p256"))
    with refused("BadRequestException", "Certificate is invalid"):
        create(near, wild, name="a.b.example.com")
    assert create(near, wild)["certificateArn"] == wild


@pytest.mark.evidence("thread: sid88in/serverless-appsync-plugin#716")
def test_acm_certificate_is_of_us_east_1(near: Sandbox, issued: Issued) -> None:
    """An ACM certificate must be in us-east-1, wherever the API is."""
    with refused("BadRequestException", "Certificate must be in us-east-1"):
        create(near, imported(near, issued, REGION))
    arn = imported(near, issued, "us-east-1")
    assert create(near, arn)["certificateArn"] == arn


@pytest.mark.evidence("model: appsync.CreateDomainName certificateArn, the pattern of the ARN")
def test_some_certificate_names_cannot_be_used(near: Sandbox, issued: Issued) -> None:
    """IAM allows names with a dot, AppSync does not take their ARN."""
    with refused("BadRequestException", "certificateArn"):
        create(near, near.upload("api.example.com", issued))


@pytest.mark.evidence("assumption: an upload takes its time to AppSync as to a load balancer")
def test_upload_takes_time_to_arrive(near: Sandbox, issued: Issued) -> None:
    """A new server certificate is unknown at first, then known (AWS row 1)."""
    near.propagation = Propagation(calls=1)
    near.client("iam").upload_server_certificate(
        ServerCertificateName="api",
        CertificateBody=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )
    arn = near.certificates()["api"]
    with refused("BadRequestException", "Certificate is invalid"):
        create(near, arn)
    assert create(near, arn)["certificateArn"] == arn


@pytest.mark.evidence("model: iam DeleteConflict, resources that are attached")
def test_certificate_in_use_cannot_be_deleted(near: Sandbox, issued: Issued) -> None:
    """DeleteServerCertificate names the domain name until that is deleted (AWS row 10)."""
    made = create(near, near.upload("api", issued))
    client = near.client("iam")
    with refused("DeleteConflict", made["domainNameArn"]):
        client.delete_server_certificate(ServerCertificateName="api")
    near.detach_lag = 60
    near.client("appsync", REGION).delete_domain_name(domainName=NAME)
    with refused("DeleteConflict", made["domainNameArn"]):
        client.delete_server_certificate(ServerCertificateName="api")
    near.clock.advance(60)
    client.delete_server_certificate(ServerCertificateName="api")
