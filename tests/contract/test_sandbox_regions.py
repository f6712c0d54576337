"""Regions, opt-in status and propagation in the sandbox."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Issued, Listener, Propagation, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

OFF = "eu-west-3"


def test_only_enabled_regions_of_the_partition_are_shown(aws: Sandbox) -> None:
    """DescribeRegions shows enabled regions with their opt-in status (AWS row 14)."""
    regions = aws.client("ec2").describe_regions()["Regions"]
    assert {region["RegionName"] for region in regions} == {
        "us-east-1",
        "eu-west-1",
        "eu-central-1",
    }
    assert {region["OptInStatus"] for region in regions} == {"opt-in-not-required"}


def test_all_regions_are_those_of_one_partition(aws: Sandbox) -> None:
    """AllRegions adds what is not opted in, and no other partition (AWS rows 14 and 15)."""
    regions = aws.client("ec2").describe_regions(AllRegions=True)["Regions"]
    status = {region["RegionName"]: region["OptInStatus"] for region in regions}
    assert (status["us-east-1"], status[OFF]) == ("opt-in-not-required", "not-opted-in")
    assert not [name for name in status if name.startswith(("cn-", "us-gov-"))]


def test_regions_are_filtered_by_opt_in_status(aws: Sandbox) -> None:
    """Filters narrow the answer (botocore model ec2.DescribeRegions)."""
    only_off = [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
    regions = aws.client("ec2").describe_regions(AllRegions=True, Filters=only_off)["Regions"]
    names = [region["RegionName"] for region in regions]
    assert OFF in names
    assert "us-east-1" not in names


def test_regions_are_chosen_by_name(aws: Sandbox) -> None:
    """RegionNames narrows the answer (botocore model ec2.DescribeRegions)."""
    regions = aws.client("ec2").describe_regions(RegionNames=["eu-west-1"])["Regions"]
    assert [region["RegionName"] for region in regions] == ["eu-west-1"]


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("ec2", "describe_regions", "AuthFailure"),
        ("elb", "describe_load_balancers", "InvalidClientTokenId"),
        ("elbv2", "describe_load_balancers", "InvalidClientTokenId"),
        ("acm", "list_certificates", "UnrecognizedClientException"),
    ],
)
def test_calls_into_a_region_that_is_off(
    aws: Sandbox, service: str, operation: str, code: str
) -> None:
    """A region that is off refuses the credentials, in each service's words (AWS row 14)."""
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        getattr(aws.client(service, OFF), operation)()
    assert aws.journal[-1].error_code == code


def test_iam_is_the_same_from_everywhere(sandboxes: Any) -> None:
    """IAM is global: it does not matter that its home region is off (AWS row 14)."""
    far = sandboxes.open(regions=("eu-west-1",), server=False)
    assert far.client("iam").list_server_certificates()["IsTruncated"] is False


def test_regions_of_a_new_account(sandboxes: Any) -> None:
    """Without a choice, regions that need no opt-in are on (AWS row 14)."""
    new = sandboxes.open(regions=None, server=False)
    regions = [r["RegionName"] for r in new.client("ec2").describe_regions()["Regions"]]
    assert len(regions) == 17
    assert "me-south-1" not in regions


def test_opted_in_region_says_so(sandboxes: Any) -> None:
    """A region that needed opting in and is on is `opted-in` (botocore model ec2.Region)."""
    wide = sandboxes.open(regions=("us-east-1", "me-south-1"), server=False)
    regions = wide.client("ec2").describe_regions(RegionNames=["me-south-1"])["Regions"]
    assert [region["OptInStatus"] for region in regions] == ["opted-in"]


def test_other_partition(sandboxes: Any, authority: Authority) -> None:
    """ARNs and regions follow the partition (AWS row 15)."""
    gov = sandboxes.open(regions=("us-gov-west-1",), server=True)
    arn = gov.upload("web", authority.issue("www.example.com", key="p256"))
    lb = gov.application("us-gov-west-1", "shop", Listener(443, "HTTPS", arn))
    assert arn.startswith("arn:aws-us-gov:iam::")
    assert str(lb.arn).startswith("arn:aws-us-gov:elasticloadbalancing:")
    assert gov.client("iam").list_server_certificates()["ServerCertificateMetadataList"]


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


def upload(aws: Sandbox, issued: Issued, name: str = "new") -> str:
    """Upload through the API and return the ARN."""
    uploaded = aws.client("iam").upload_server_certificate(
        ServerCertificateName=name,
        CertificateBody=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )
    return str(uploaded["ServerCertificateMetadata"]["Arn"])


def rebinder(aws: Sandbox, web: Issued, region: str) -> Callable[[str], Any]:
    """Return a function that binds an ARN to a classic listener of a region."""
    aws.classic(region, "legacy", Listener(443, "HTTPS", aws.upload(f"old-{region}", web)))
    elb = aws.client("elb", region)
    return lambda arn: elb.set_load_balancer_listener_ssl_certificate(
        LoadBalancerName="legacy", LoadBalancerPort=443, SSLCertificateId=arn
    )


def test_new_certificate_is_unknown_for_some_calls_in_each_region(
    aws: Sandbox, web: Issued
) -> None:
    """ELB learns of an upload later, in each region by itself; IAM lists it at once (AWS row 1)."""
    bind = {region: rebinder(aws, web, region) for region in ("us-east-1", "eu-west-1")}
    aws.propagation = Propagation(calls=2)
    arn = upload(aws, web)
    listed = aws.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert arn in [metadata["Arn"] for metadata in listed]
    for region in bind:
        for _ in range(2):
            with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
                bind[region](arn)
        bind[region](arn)
        assert aws.bound("legacy", region, 443) == (arn, ())


def test_new_certificate_is_unknown_for_some_time(aws: Sandbox, web: Issued) -> None:
    """Propagation can be a time as well (AWS row 1)."""
    bind = rebinder(aws, web, "eu-west-1")
    aws.propagation = Propagation(seconds=0.3)
    arn = upload(aws, web)
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        bind(arn)
    time.sleep(0.3)
    bind(arn)
    assert aws.bound("legacy", "eu-west-1", 443) == (arn, ())


def test_propagation_holds_for_elbv2(aws: Sandbox, web: Issued) -> None:
    """ELBv2 answers CertificateNotFound as well (AWS row 1)."""
    old = aws.upload("old", web)
    lb = aws.application("us-east-1", "shop", Listener(443, "HTTPS", old))
    elbv2 = aws.client("elbv2", "us-east-1")
    listener = elbv2.describe_listeners(LoadBalancerArn=lb.arn)["Listeners"][0]["ListenerArn"]
    aws.propagation = Propagation(calls=1)
    new = {"ListenerArn": listener, "Certificates": [{"CertificateArn": upload(aws, web)}]}
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        elbv2.add_listener_certificates(**new)
    elbv2.add_listener_certificates(**new)


def test_seeded_certificate_is_known_at_once(aws: Sandbox, web: Issued) -> None:
    """Seeding has no delay: what a test starts from has long propagated (assumption)."""
    bind = rebinder(aws, web, "eu-west-1")
    aws.propagation = Propagation(calls=5)
    bind(aws.upload("seeded", web))


def test_reset_brings_the_first_propagation_back(aws: Sandbox) -> None:
    """After a reset the sandbox is as it was opened."""
    aws.propagation = Propagation(calls=5)
    aws.reset()
    assert aws.propagation == Propagation()
