"""Regions, opt-in status and propagation in the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Issued, Listener, Propagation, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

OFF = "eu-west-3"


@pytest.mark.evidence("model: ec2.DescribeRegions")
def test_only_enabled_regions_of_the_partition_are_shown(aws: Sandbox) -> None:
    """DescribeRegions shows enabled regions with their opt-in status (AWS row 14)."""
    regions = aws.client("ec2").describe_regions()["Regions"]
    assert {region["RegionName"] for region in regions} == {
        "us-east-1",
        "eu-west-1",
        "eu-central-1",
    }
    assert {region["OptInStatus"] for region in regions} == {"opt-in-not-required"}


@pytest.mark.evidence("model: ec2.DescribeRegions, AllRegions")
def test_all_regions_are_those_of_one_partition(aws: Sandbox) -> None:
    """AllRegions adds what is not opted in, and no other partition (AWS rows 14 and 15)."""
    regions = aws.client("ec2").describe_regions(AllRegions=True)["Regions"]
    status = {region["RegionName"]: region["OptInStatus"] for region in regions}
    assert (status["us-east-1"], status[OFF]) == ("opt-in-not-required", "not-opted-in")
    assert not [name for name in status if name.startswith(("cn-", "us-gov-"))]


@pytest.mark.evidence("model: ec2.DescribeRegions, Filters")
def test_regions_are_filtered_by_opt_in_status(aws: Sandbox) -> None:
    """Filters narrow the answer."""
    only_off = [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]
    regions = aws.client("ec2").describe_regions(AllRegions=True, Filters=only_off)["Regions"]
    names = [region["RegionName"] for region in regions]
    assert OFF in names
    assert "us-east-1" not in names


@pytest.mark.evidence("model: ec2.DescribeRegions, RegionNames")
def test_regions_are_chosen_by_name(aws: Sandbox) -> None:
    """RegionNames narrows the answer."""
    regions = aws.client("ec2").describe_regions(RegionNames=["eu-west-1"])["Regions"]
    assert [region["RegionName"] for region in regions] == ["eu-west-1"]


@pytest.mark.evidence("guide: Amazon EC2, filters take wildcards")
def test_filters_take_wildcards(aws: Sandbox) -> None:
    """Values of filters are patterns, one of them is enough, all filters must be met."""
    filters = [
        {"Name": "region-name", "Values": ["eu-*", "us-east-1"]},
        {"Name": "endpoint", "Values": ["*.eu-west-?.amazonaws.com"]},
    ]
    regions = aws.client("ec2").describe_regions(Filters=filters)["Regions"]
    assert [region["RegionName"] for region in regions] == ["eu-west-1"]


@pytest.mark.evidence("model: ec2.DescribeRegions, RegionNames: enabled and disabled")
def test_named_region_is_shown_though_it_is_off(aws: Sandbox) -> None:
    """A region asked for by name is described, also one that is not opted in."""
    regions = aws.client("ec2").describe_regions(RegionNames=[OFF])["Regions"]
    assert regions == [
        {
            "RegionName": OFF,
            "Endpoint": f"ec2.{OFF}.amazonaws.com",
            "OptInStatus": "not-opted-in",
        }
    ]


@pytest.mark.evidence("assumption: EC2's usual code for such values")
@pytest.mark.parametrize(
    "wrong",
    [
        {"RegionNames": ["us-east-1", "eu-nowhere-1"]},
        {"RegionNames": ["us-gov-west-1"]},
        {"Filters": [{"Name": "colour", "Values": ["blue"]}]},
    ],
)
def test_unknown_region_or_filter(aws: Sandbox, wrong: dict[str, Any]) -> None:
    """One unknown region, also of another partition, or filter is InvalidParameterValue."""
    with pytest.raises(ClientError, match=r"\(InvalidParameterValue\)"):
        aws.client("ec2").describe_regions(**wrong)


@pytest.mark.evidence("model: ec2.DescribeRegions, DryRun")
def test_dry_run(aws: Sandbox) -> None:
    """DryRun of a call that is allowed is DryRunOperation."""
    with pytest.raises(ClientError, match=r"\(DryRunOperation\)"):
        aws.client("ec2").describe_regions(DryRun=True)


@pytest.mark.evidence("assumption: AWS row 14")
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


@pytest.mark.evidence("guide: IAM is a global service")
def test_iam_is_the_same_from_everywhere(sandboxes: Any) -> None:
    """IAM does not mind that its home region is off (AWS row 14)."""
    far = sandboxes.open(regions=("eu-west-1",), server=False)
    assert far.client("iam").list_server_certificates()["IsTruncated"] is False


@pytest.mark.evidence("guide: AWS Account Management, regions that are enabled by default")
def test_regions_of_a_new_account(sandboxes: Any) -> None:
    """Without a choice, regions that need no opt-in are on (AWS row 14)."""
    new = sandboxes.open(regions=None, server=False)
    regions = [r["RegionName"] for r in new.client("ec2").describe_regions()["Regions"]]
    assert len(regions) == 17
    assert "me-south-1" not in regions


@pytest.mark.evidence("model: ec2.Region, OptInStatus")
def test_opted_in_region_says_so(sandboxes: Any) -> None:
    """A region that needed opting in and is on is `opted-in`."""
    wide = sandboxes.open(regions=("us-east-1", "me-south-1"), server=False)
    regions = wide.client("ec2").describe_regions(RegionNames=["me-south-1"])["Regions"]
    assert [region["OptInStatus"] for region in regions] == ["opted-in"]


@pytest.mark.evidence("guide: Amazon Resource Names, partitions")
@pytest.mark.parametrize(
    ("partition", "region", "suffix", "server"),
    [
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com", False),
        ("aws-cn", "cn-north-1", "amazonaws.com.cn", True),
    ],
)
def test_other_partition(
    sandboxes: Any, web: Issued, partition: str, region: str, suffix: str, server: bool
) -> None:
    """ARNs, regions and endpoints follow the partition, also those of IAM (AWS row 15)."""
    far = sandboxes.open(regions=(region,), server=server)
    seeded = far.upload("seeded", web)
    assert seeded.startswith(f"arn:{partition}:iam::")
    assert upload(far, web).startswith(f"arn:{partition}:iam::")
    listed = far.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert {found["Arn"] for found in listed} == set(far.certificates().values())
    lb = far.application(region, "shop", Listener(443, "HTTPS", seeded))
    assert str(lb.arn).startswith(f"arn:{partition}:elasticloadbalancing:")
    (shown,) = far.client("ec2").describe_regions()["Regions"]
    assert (shown["RegionName"], shown["Endpoint"]) == (region, f"ec2.{region}.{suffix}")
    assert shown["OptInStatus"] == "opt-in-not-required"


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


@pytest.mark.evidence("model: elb.CertificateNotFoundException")
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


@pytest.mark.evidence("model: elb.CertificateNotFoundException")
def test_new_certificate_is_unknown_for_some_time(aws: Sandbox, web: Issued) -> None:
    """Propagation can be a time as well (AWS row 1)."""
    bind = rebinder(aws, web, "eu-west-1")
    aws.propagation = Propagation(seconds=900)
    arn = upload(aws, web)
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        bind(arn)
    aws.advance(900)
    bind(arn)
    assert aws.bound("legacy", "eu-west-1", 443) == (arn, ())


@pytest.mark.evidence("assumption: as for classic load balancers")
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


@pytest.mark.evidence("design: what a test starts from has long propagated")
def test_seeded_certificate_is_known_at_once(aws: Sandbox, web: Issued) -> None:
    """Seeding has no delay."""
    bind = rebinder(aws, web, "eu-west-1")
    aws.propagation = Propagation(calls=5)
    bind(aws.upload("seeded", web))


@pytest.mark.evidence("design: a reset brings the settings back")
def test_reset_brings_the_first_propagation_back(aws: Sandbox) -> None:
    """After a reset the sandbox is as it was opened."""
    aws.propagation = Propagation(calls=5)
    aws.reset()
    assert aws.propagation == Propagation()
