"""CloudFront in the sandbox answers as AWS does."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import (
    HOSTILE,
    Authority,
    Issued,
    Listener,
    Propagation,
    Sandbox,
)

NAME = "www.example.com"
CLOUDFRONT = "/cloudfront/"
REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
UNUSABLE = "doesn't exist, isn't in us-east-1 region, isn't valid"

Config = dict[str, Any]


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a certificate for the name that is served."""
    return authority.issue(NAME, key="p256")


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give a sandbox in this process."""
    opened: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    return opened


@pytest.fixture
def web(near: Sandbox, issued: Issued) -> str:
    """Give a distribution for the name, with a certificate of IAM."""
    arn = near.upload("web", issued, path=CLOUDFRONT)
    return near.distribution(NAME, certificate=arn).id


def read(sandbox: Sandbox, identity: str) -> tuple[Config, str]:
    """Return a distribution's configuration and its version."""
    answer = sandbox.client("cloudfront").get_distribution_config(Id=identity)
    return answer["DistributionConfig"], answer["ETag"]


def write(sandbox: Sandbox, identity: str, config: Config, version: str | None = None) -> Config:
    """Replace a distribution's configuration and return the distribution."""
    wanted = {"IfMatch": version or read(sandbox, identity)[1], "DistributionConfig": config}
    answer = sandbox.client("cloudfront").update_distribution(Id=identity, **wanted)
    return cast("Config", answer["Distribution"])


def rebind(sandbox: Sandbox, identity: str, viewer: Config) -> Config:
    """Replace a distribution's certificate and return what it then shows."""
    config, version = read(sandbox, identity)
    answered = write(sandbox, identity, {**config, "ViewerCertificate": viewer}, version)
    return cast("Config", answered["DistributionConfig"]["ViewerCertificate"])


def iam(sandbox: Sandbox, name: str, **more: Any) -> Config:
    """Name a server certificate as UpdateDistribution wants it."""
    listed = sandbox.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    ids = {kept["ServerCertificateName"]: kept["ServerCertificateId"] for kept in listed}
    return {"IAMCertificateId": ids[name], "SSLSupportMethod": "sni-only", **more}


def acm(sandbox: Sandbox, issued: Issued, region: str = "us-east-1") -> Config:
    """Import a certificate into ACM and name it as UpdateDistribution wants it."""
    imported = sandbox.client("acm", region).import_certificate(
        Certificate=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )
    return {"ACMCertificateArn": imported["CertificateArn"], "SSLSupportMethod": "sni-only"}


def minimal(reference: str = "one", **more: Any) -> Config:
    """Return the least that makes a distribution."""
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origin = {"Id": "o", "DomainName": "o.example.com", "CustomOriginConfig": custom}
    return {
        "CallerReference": reference,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "https-only"},
        "Comment": "",
        "Enabled": True,
        **more,
    }


def aliases(*names: str) -> Config:
    """Return alternate domain names as the API lists them."""
    return {"Quantity": len(names), "Items": list(names)}


def refused(code: str, message: str = "") -> Any:
    """Expect an error answer."""
    return pytest.raises(ClientError, match=rf"(?s)\({code}\).*{message}")


@pytest.mark.evidence("model: cloudfront.DistributionSummary, ListDistributions")
def test_listing_shows_certificates_and_aliases(aws: Sandbox, issued: Issued) -> None:
    """A summary holds the certificate, the aliases, the domain name and the status."""
    arn = aws.upload("web", issued, path=CLOUDFRONT)
    made = aws.distribution(NAME, certificate=arn)
    listed = aws.client("cloudfront").list_distributions()["DistributionList"]
    (summary,) = listed["Items"]
    assert summary["ViewerCertificate"]["IAMCertificateId"] == iam(aws, "web")["IAMCertificateId"]
    assert summary["Aliases"] == {"Quantity": 1, "Items": [NAME]}
    assert (summary["Id"], summary["ARN"], summary["DomainName"], summary["Status"]) == (
        *(made.id, made.arn, made.dns_name),
        "Deployed",
    )
    assert (listed["IsTruncated"], listed["Quantity"], listed["MaxItems"]) == (False, 1, 100)


@pytest.mark.evidence("model: cloudfront.ListDistributions, DistributionList")
def test_listing_comes_in_pages(aws: Sandbox) -> None:
    """MaxItems cuts a page, NextMarker leads to the next, and the paginator finds all."""
    made = [aws.distribution().id for _ in range(3)]
    client = aws.client("cloudfront")
    first = client.list_distributions(MaxItems="2")["DistributionList"]
    assert [item["Id"] for item in first["Items"]] == made[:2]
    assert first["IsTruncated"] is True
    rest = client.list_distributions(Marker=first["NextMarker"])["DistributionList"]
    assert [item["Id"] for item in rest["Items"]] == made[2:]
    assert "NextMarker" not in rest
    pages = client.get_paginator("list_distributions").paginate(PaginationConfig={"PageSize": 1})
    assert [item["Id"] for page in pages for item in page["DistributionList"]["Items"]] == made


@pytest.mark.evidence("design: the sandbox caps every page")
def test_pages_are_as_short_as_the_sandbox_says(sandboxes: Any) -> None:
    """The sandbox's page size caps every page."""
    short = sandboxes.open(regions=("us-east-1",), server=False, page_size=1)
    made = {short.distribution().id for _ in range(2)}
    pages = list(short.client("cloudfront").get_paginator("list_distributions").paginate())
    assert [len(page["DistributionList"]["Items"]) for page in pages] == [1, 1]
    assert {page["DistributionList"]["Items"][0]["Id"] for page in pages} == made


@pytest.mark.evidence("model: cloudfront.ListDistributions InvalidArgument")
def test_unknown_marker_is_refused(near: Sandbox) -> None:
    """A marker that was never given is an InvalidArgument."""
    with refused("InvalidArgument"):
        near.client("cloudfront").list_distributions(Marker="E0")


@pytest.mark.evidence("model: cloudfront NoSuchDistribution")
def test_unknown_distribution_is_an_error(near: Sandbox) -> None:
    """No operation finds a distribution that does not exist."""
    client, gone = near.client("cloudfront"), {"Id": "E0"}
    versioned = {**gone, "IfMatch": "E0"}
    calls = (
        lambda: client.get_distribution(**gone),
        lambda: client.get_distribution_config(**gone),
        lambda: client.delete_distribution(**versioned),
        lambda: client.update_distribution(**versioned, DistributionConfig=minimal()),
    )
    for call in calls:
        with refused("NoSuchDistribution"):
            call()


@pytest.mark.evidence("model: cloudfront.UpdateDistribution, the ETag is the current version")
def test_version_changes_with_every_update(aws: Sandbox) -> None:
    """Each update makes a new ETag, which every reading answers alike."""
    made = aws.distribution()
    client = aws.client("cloudfront")
    seen = []
    for _ in range(2):
        config, version = read(aws, made.id)
        assert client.get_distribution(Id=made.id)["ETag"] == version
        client.update_distribution(Id=made.id, IfMatch=version, DistributionConfig=config)
        seen.append(version)
    assert len({*seen, read(aws, made.id)[1]}) == 3


@pytest.mark.evidence("thread: aws/aws-sdk-js#1669")
def test_update_without_a_version_is_refused(aws: Sandbox) -> None:
    """An update without If-Match is an InvalidIfMatchVersion."""
    made = aws.distribution()
    config = read(aws, made.id)[0]
    with refused("InvalidIfMatchVersion", "missing or not valid"):
        aws.client("cloudfront").update_distribution(Id=made.id, DistributionConfig=config)


@pytest.mark.evidence("model: cloudfront InvalidIfMatchVersion, missing or not valid")
def test_version_that_never_was_is_refused(near: Sandbox) -> None:
    """A version that the distribution never had is an InvalidIfMatchVersion."""
    made = near.distribution()
    config = read(near, made.id)[0]
    with refused("InvalidIfMatchVersion"):
        near.client("cloudfront").update_distribution(
            Id=made.id, IfMatch="E0", DistributionConfig=config
        )


@pytest.mark.evidence("thread: milliHQ/terraform-aws-next-js#274")
def test_update_of_an_older_version_is_refused(aws: Sandbox) -> None:
    """Who read before somebody else's change gets 412 PreconditionFailed (AWS row 12)."""
    made = aws.distribution()
    config, version = read(aws, made.id)
    write(aws, made.id, {**config, "Comment": "theirs"})
    with refused("PreconditionFailed") as failure:
        aws.client("cloudfront").update_distribution(
            Id=made.id, IfMatch=version, DistributionConfig={**config, "Comment": "ours"}
        )
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert read(aws, made.id)[0]["Comment"] == "theirs"


@pytest.mark.evidence("model: cloudfront.UpdateDistribution, the configuration is replaced")
def test_update_replaces_the_configuration(aws: Sandbox, issued: Issued) -> None:
    """What was read can be written back, and comes back exactly as it was written."""
    arn = aws.upload("web", issued, path=CLOUDFRONT)
    made = aws.distribution(NAME, certificate=arn)
    config = {**read(aws, made.id)[0], "Comment": "new", "PriceClass": "PriceClass_100"}
    answered = write(aws, made.id, config)
    assert answered["DistributionConfig"] == config
    assert read(aws, made.id)[0] == config


@pytest.mark.evidence("guide: CloudFront, required fields for creating and updating distributions")
@pytest.mark.evidence("thread: aws-controllers-k8s/community#2335")
@pytest.mark.parametrize(
    "path",
    [
        *("Aliases", "DefaultRootObject", "CacheBehaviors", "CustomErrorResponses", "Logging"),
        *("PriceClass", "ViewerCertificate", "Restrictions", "WebACLId", "HttpVersion"),
        *("DefaultCacheBehavior.AllowedMethods", "DefaultCacheBehavior.SmoothStreaming"),
        *("DefaultCacheBehavior.Compress", "DefaultCacheBehavior.LambdaFunctionAssociations"),
        *("Origins.CustomHeaders", "Origins.CustomOriginConfig.OriginReadTimeout"),
    ],
)
def test_update_needs_the_whole_configuration(near: Sandbox, path: str) -> None:
    """A field that an update leaves out is an IllegalUpdate, and nothing changes (AWS row 12)."""
    made = near.distribution()
    before, version = read(near, made.id)
    with refused("IllegalUpdate", f"{path.rpartition('.')[2]} is required for updates"):
        write(near, made.id, without(before, path))
    assert read(near, made.id) == (before, version)


@pytest.mark.evidence("thread: boto/boto3#1558")
@pytest.mark.evidence("thread: lucidsoftware/cumulus#131")
@pytest.mark.parametrize(
    "path",
    [
        "DefaultCacheBehavior.FieldLevelEncryptionId",
        "Origins.CustomOriginConfig.OriginSslProtocols",
    ],
)
def test_some_fields_are_asked_for_as_arguments(near: Sandbox, path: str) -> None:
    """Some fields that an update leaves out are an InvalidArgument."""
    made = near.distribution()
    config = without(read(near, made.id)[0], path)
    with refused("InvalidArgument", f"The parameter {path.rpartition('.')[2]} is required"):
        write(near, made.id, config)


def without(config: Config, path: str) -> Config:
    """Return a configuration without one field; a path through Origins means the first."""
    left = copy.deepcopy(config)
    *parents, name = path.split(".")
    place = left
    for parent in parents:
        place = place[parent]["Items"][0] if parent == "Origins" else place[parent]
    del place[name]
    return left


@pytest.mark.evidence("guide: CloudFront, required fields: some are optional in an update")
def test_update_may_leave_out_what_is_optional(near: Sandbox) -> None:
    """OriginGroups, IsIPV6Enabled and FunctionAssociations may be left out."""
    made = near.distribution()
    config = read(near, made.id)[0]
    for path in ("OriginGroups", "IsIPV6Enabled", "DefaultCacheBehavior.FunctionAssociations"):
        config = without(config, path)
    assert write(near, made.id, config)["DistributionConfig"] == config


@pytest.mark.evidence("guide: CloudFront API reference 2018, UpdateDistribution, CallerReference")
def test_caller_reference_cannot_change(near: Sandbox) -> None:
    """Another CallerReference is an IllegalUpdate."""
    made = near.distribution()
    with refused("IllegalUpdate", "CallerReference"):
        write(near, made.id, {**read(near, made.id)[0], "CallerReference": "another"})


@pytest.mark.evidence("thread: dlapiduz/certbot-s3front#12")
@pytest.mark.evidence("model: cloudfront.ViewerCertificate")
def test_deprecated_fields_repeat_the_certificate(
    aws: Sandbox, authority: Authority, issued: Issued
) -> None:
    """A reading says where the certificate is, and which, in the deprecated fields too."""
    made = aws.distribution(NAME, certificate=aws.upload("web", issued, path=CLOUDFRONT))
    identity = iam(aws, "web")["IAMCertificateId"]
    shown = {"CloudFrontDefaultCertificate": False, "SSLSupportMethod": "sni-only"}
    shown["MinimumProtocolVersion"] = "TLSv1"
    assert read(aws, made.id)[0]["ViewerCertificate"] == {
        **shown,
        "IAMCertificateId": identity,
        "Certificate": identity,
        "CertificateSource": "iam",
    }
    imported = acm(aws, authority.issue(NAME, key="p256"))
    arn = imported["ACMCertificateArn"]
    assert rebind(aws, made.id, imported) == {
        **shown,
        "ACMCertificateArn": arn,
        "Certificate": arn,
        "CertificateSource": "acm",
    }
    assert read(aws, aws.distribution().id)[0]["ViewerCertificate"] == {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    }


@pytest.mark.evidence("thread: dlapiduz/certbot-s3front#12")
@pytest.mark.parametrize("kept", [("Certificate", "CertificateSource"), ("Certificate",)])
def test_deprecated_certificate_must_match(
    near: Sandbox, authority: Authority, web: str, kept: tuple[str, ...]
) -> None:
    """A new id beside the old deprecated fields is an InvalidViewerCertificate (AWS row 12)."""
    near.upload("new", authority.issue(NAME, key="p256"), path=CLOUDFRONT)
    old = read(near, web)[0]["ViewerCertificate"]
    left_over = {field: old[field] for field in kept}
    with refused("InvalidViewerCertificate", "does not match the given Certificate field"):
        rebind(near, web, {**iam(near, "new"), **left_over})
    assert read(near, web)[0]["ViewerCertificate"] == old
    after = rebind(near, web, iam(near, "new"))
    assert after["Certificate"] == iam(near, "new")["IAMCertificateId"]


@pytest.mark.evidence("thread: dlapiduz/certbot-s3front#12")
def test_deprecated_source_must_match(near: Sandbox, issued: Issued) -> None:
    """An id of IAM beside the source of another store is an InvalidViewerCertificate."""
    near.upload("web", issued, path=CLOUDFRONT)
    made = near.distribution()
    with refused("InvalidViewerCertificate", 'CertificateSource not equal to "iam"'):
        rebind(near, made.id, iam(near, "web", CertificateSource="cloudfront"))
    assert rebind(near, made.id, iam(near, "web", CertificateSource="iam"))


@pytest.mark.evidence("assumption: ACM's field is held to the same as IAM's")
def test_deprecated_fields_must_match_acm(near: Sandbox, issued: Issued, web: str) -> None:
    """The ARN of an ACM certificate beside IAM's deprecated fields is refused alike."""
    old = read(near, web)[0]["ViewerCertificate"]
    imported = acm(near, issued)
    with refused("InvalidViewerCertificate", "ACMCertificateArn does not match"):
        rebind(near, web, {**imported, "Certificate": old["Certificate"]})
    with refused("InvalidViewerCertificate", 'CertificateSource not equal to "acm"'):
        rebind(near, web, {**imported, "CertificateSource": "iam"})


@pytest.mark.evidence("assumption: the deprecated fields mean what they meant")
def test_deprecated_fields_alone_name_a_certificate(near: Sandbox, issued: Issued) -> None:
    """Certificate and CertificateSource do without the newer fields."""
    near.upload("web", issued, path=CLOUDFRONT)
    wanted = iam(near, "web")
    old = {"Certificate": wanted.pop("IAMCertificateId"), "CertificateSource": "iam", **wanted}
    made = near.distribution()
    assert rebind(near, made.id, old)["IAMCertificateId"] == old["Certificate"]


@pytest.mark.evidence("model: cloudfront.ViewerCertificate, a value for one, not both")
def test_certificate_comes_from_one_place(near: Sandbox, issued: Issued, web: str) -> None:
    """IAM, ACM and CloudFront's own exclude each other."""
    ours, own = iam(near, "web"), {"CloudFrontDefaultCertificate": True}
    left_over = read(near, web)[0]["ViewerCertificate"]
    del left_over["IAMCertificateId"]
    for two in ({**ours, **acm(near, issued)}, {**ours, **own}, {**left_over, **own}):
        with refused("InvalidViewerCertificate", "Specify one of"):
            rebind(near, web, two)


@pytest.mark.evidence("thread: aws/aws-cdk#9193")
def test_certificate_needs_a_support_method(near: Sandbox, web: str) -> None:
    """SSLSupportMethod is required with a certificate, MinimumProtocolVersion is not."""
    wanted = iam(near, "web")
    del wanted["SSLSupportMethod"]
    with refused("InvalidViewerCertificate", "SSLSupportMethod"):
        rebind(near, web, wanted)


@pytest.mark.evidence("thread: cloudposse/terraform-aws-cloudfront-s3-cdn#55")
@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#9062")
def test_certificate_must_exist(near: Sandbox, web: str) -> None:
    """An unknown id or ARN, and an ARN for an id, are an InvalidViewerCertificate (AWS row 12)."""
    nowhere = "arn:aws:acm:us-east-1:123456789012:certificate/none"
    by_arn = {"IAMCertificateId": near.certificates()["web"]}
    for wanted in ({"IAMCertificateId": "ASCA0"}, by_arn, {"ACMCertificateArn": nowhere}):
        with refused("InvalidViewerCertificate", UNUSABLE):
            rebind(near, web, {**wanted, "SSLSupportMethod": "sni-only"})


@pytest.mark.evidence("model: iam.UploadServerCertificate, a path that begins with /cloudfront")
@pytest.mark.parametrize("path", ["/", "/web/cloudfront/"])
def test_path_must_be_cloudfronts(near: Sandbox, issued: Issued, path: str) -> None:
    """CloudFront does not see a server certificate of another path (AWS row 12)."""
    near.upload("web", issued, path=path)
    made = near.distribution()
    with refused("InvalidViewerCertificate", UNUSABLE):
        rebind(near, made.id, iam(near, "web"))


@pytest.mark.evidence("model: iam.UploadServerCertificate, /cloudfront/test/ is an example")
def test_path_may_go_on(near: Sandbox, issued: Issued) -> None:
    """A path below /cloudfront/ is CloudFront's too."""
    near.upload("web", issued, path="/cloudfront/test/")
    assert rebind(near, near.distribution().id, iam(near, "web"))


@pytest.mark.evidence("thread: aws/aws-cdk#3464")
@pytest.mark.evidence("model: cloudfront.ViewerCertificate")
def test_acm_certificate_is_of_us_east_1(aws: Sandbox, issued: Issued) -> None:
    """CloudFront knows no ACM certificate of another region."""
    made = aws.distribution()
    with refused("InvalidViewerCertificate", UNUSABLE):
        rebind(aws, made.id, acm(aws, issued, "eu-west-1"))


@pytest.mark.evidence("model: cloudfront.ViewerCertificate; acm.CertificateStatus")
def test_acm_certificate_is_issued_and_the_accounts_own(near: Sandbox, issued: Issued) -> None:
    """CloudFront takes no ACM certificate of another account, and none that is only requested."""
    made = near.distribution()
    requested = near.client("acm").request_certificate(DomainName=NAME)["CertificateArn"]
    theirs = near.account("222222222222").import_acm(issued)
    for arn in (requested, theirs):
        with refused("InvalidViewerCertificate", UNUSABLE):
            rebind(near, made.id, {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only"})
    near.issue_acm(issued, arn=requested)
    wanted = {"ACMCertificateArn": requested, "SSLSupportMethod": "sni-only"}
    assert rebind(near, made.id, wanted)["ACMCertificateArn"] == requested


def upload(sandbox: Sandbox, issued: Issued) -> str:
    """Upload a certificate through the API and return its ARN."""
    uploaded = sandbox.client("iam").upload_server_certificate(
        ServerCertificateName="web",
        Path=CLOUDFRONT,
        CertificateBody=issued.certificate,
        PrivateKey=issued.private_key,
        CertificateChain=issued.chain,
    )
    return str(uploaded["ServerCertificateMetadata"]["Arn"])


@pytest.mark.evidence("assumption: an upload takes its time to CloudFront as to a load balancer")
def test_upload_takes_time_to_arrive(near: Sandbox, issued: Issued) -> None:
    """A new server certificate is unknown at first, then known (AWS row 1)."""
    near.propagation = Propagation(calls=1)
    upload(near, issued)
    made = near.distribution()
    with refused("InvalidViewerCertificate", UNUSABLE):
        rebind(near, made.id, iam(near, "web"))
    assert rebind(near, made.id, iam(near, "web"))["CertificateSource"] == "iam"


@pytest.mark.evidence("assumption: CloudFront is no region of load balancers")
def test_upload_arrives_at_the_edge_for_itself(near: Sandbox, issued: Issued) -> None:
    """What the load balancers of us-east-1 know already may be unknown to CloudFront."""
    near.propagation = Propagation(calls=1)
    arn = upload(near, issued)
    near.classic("us-east-1", "lb", Listener(443, "HTTPS", arn))
    bind = near.client("elb").set_load_balancer_listener_ssl_certificate
    wanted = {"LoadBalancerName": "lb", "LoadBalancerPort": 443, "SSLCertificateId": arn}
    with refused("CertificateNotFound"):
        bind(**wanted)
    bind(**wanted)
    with refused("InvalidViewerCertificate", UNUSABLE):
        rebind(near, near.distribution().id, iam(near, "web"))


@pytest.mark.evidence("guide: CloudFront, requirements for alternate domain names: valid, trusted")
@pytest.mark.parametrize("flaw", ["expired", "not yet valid", "self-signed", "without its chain"])
def test_certificate_must_be_valid(near: Sandbox, authority: Authority, flaw: str) -> None:
    """An expired, early or self-signed certificate, and one without its chain, is refused."""
    flawed = {
        "expired": lambda: authority.issue(NAME, key="p256", days=-1),
        "not yet valid": lambda: authority.issue(NAME, key="p256", age=-1),
        "self-signed": lambda: authority.self_signed(NAME, key="p256"),
        "without its chain": lambda: authority.issue(NAME, key="p256", chain=False),
    }
    near.upload("web", flawed[flaw](), path=CLOUDFRONT)
    made = near.distribution()
    with refused("InvalidViewerCertificate", UNUSABLE):
        rebind(near, made.id, iam(near, "web"))


@pytest.mark.evidence("guide: CloudFront, requirements for certificates, key type and size in IAM")
@pytest.mark.parametrize(
    ("key", "good"),
    [("rsa1024", True), ("rsa2048", True), ("p256", True), ("rsa3072", False), ("p384", False)],
)
def test_keys_that_cloudfront_takes_from_iam(
    near: Sandbox, authority: Authority, key: str, good: bool
) -> None:
    """RSA up to 2048 bits and P-256 are taken from IAM, others refused (AWS row 6)."""
    near.upload("web", authority.issue(NAME, key=key), path=CLOUDFRONT)
    made = near.distribution()
    if good:
        assert rebind(near, made.id, iam(near, "web"))["CertificateSource"] == "iam"
    else:
        with refused("InvalidViewerCertificate", UNUSABLE):
            rebind(near, made.id, iam(near, "web"))


@pytest.mark.evidence("guide: ACM, prerequisites for importing certificates, keys of CloudFront")
@pytest.mark.parametrize(("key", "good"), [("rsa3072", True), ("p384", False)])
def test_keys_that_cloudfront_takes_from_acm(
    near: Sandbox, authority: Authority, key: str, good: bool
) -> None:
    """From ACM longer RSA keys are taken too (AWS row 6)."""
    made, imported = near.distribution(), acm(near, authority.issue(NAME, key=key))
    if good:
        assert rebind(near, made.id, imported)["CertificateSource"] == "acm"
    else:
        with refused("InvalidViewerCertificate", UNUSABLE):
            rebind(near, made.id, imported)


@pytest.mark.evidence("thread: hashicorp/terraform-provider-aws#13828")
def test_certificate_must_cover_the_aliases(
    aws: Sandbox, authority: Authority, issued: Issued
) -> None:
    """A certificate that misses one alias is an InvalidViewerCertificate."""
    arn = aws.upload("web", issued, path=CLOUDFRONT)
    aws.upload("other", authority.issue("other.test", key="p256"), path=CLOUDFRONT)
    made = aws.distribution(NAME, certificate=arn)
    with refused("InvalidViewerCertificate", "doesn't cover the alternate domain name"):
        rebind(aws, made.id, iam(aws, "other"))
    config = {**read(aws, made.id)[0], "Aliases": aliases(NAME, "shop.example.com")}
    with refused("InvalidViewerCertificate", "doesn't cover the alternate domain name"):
        write(aws, made.id, config)


@pytest.mark.evidence("guide: CloudFront, requirements for alternate domain names, wildcards")
@pytest.mark.parametrize(
    ("alias", "good"),
    [
        ("api.example.com", True),
        ("*.example.com", True),
        ("example.com", False),
        ("a.b.example.com", False),
    ],
)
def test_wildcard_covers_one_level(
    near: Sandbox, authority: Authority, alias: str, good: bool
) -> None:
    """`*.example.com` covers names of its level and the wildcard alias itself."""
    near.upload("wild", authority.issue("*.example.com", key="p256"), path=CLOUDFRONT)
    wanted = {"Aliases": aliases(alias), "ViewerCertificate": iam(near, "wild")}
    client = near.client("cloudfront")
    if good:
        assert client.create_distribution(DistributionConfig=minimal(**wanted))["ETag"]
    else:
        with refused("InvalidViewerCertificate", "doesn't cover"):
            client.create_distribution(DistributionConfig=minimal(**wanted))


@pytest.mark.evidence("thread: cloudposse/terraform-aws-cloudfront-s3-cdn#72")
def test_alias_needs_a_certificate(near: Sandbox) -> None:
    """An alias without a certificate of its own is an InvalidViewerCertificate."""
    made = near.distribution()
    config = {**read(near, made.id)[0], "Aliases": aliases(NAME)}
    with refused("InvalidViewerCertificate", "you must attach a trusted certificate"):
        write(near, made.id, config)


@pytest.mark.evidence("assumption: what does not change is not checked again")
def test_distribution_outlives_its_certificate(near: Sandbox, authority: Authority) -> None:
    """With an expired certificate other things can change, but no alias can be added."""
    names = NAME, "shop.example.com"
    arn = near.upload("web", authority.issue(*names, key="p256", days=-1), path=CLOUDFRONT)
    made = near.distribution(NAME, certificate=arn)
    config = {**read(near, made.id)[0], "Comment": "still here"}
    assert write(near, made.id, config)["DistributionConfig"]["Comment"] == "still here"
    with refused("InvalidViewerCertificate", UNUSABLE):
        write(near, made.id, {**config, "Aliases": aliases(*names)})


@pytest.mark.evidence("thread: klaemo/s3-website#25")
@pytest.mark.evidence("model: cloudfront CNAMEAlreadyExists 409")
def test_alias_belongs_to_one_distribution(aws: Sandbox, issued: Issued) -> None:
    """An alias of another distribution, of any account, is a CNAMEAlreadyExists."""
    other = aws.account("210987654321")
    other.distribution(NAME, certificate=other.upload("web", issued, path=CLOUDFRONT))
    aws.upload("web", issued, path=CLOUDFRONT)
    wanted = {"Aliases": aliases(NAME), "ViewerCertificate": iam(aws, "web")}
    made = aws.distribution()
    with refused("CNAMEAlreadyExists") as failure:
        write(aws, made.id, {**read(aws, made.id)[0], **wanted})
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


@pytest.mark.evidence("guide: CloudFront, restrictions on alternate domain names, overlapping")
def test_wildcard_alias_may_overlap(near: Sandbox, authority: Authority, web: str) -> None:
    """A wildcard alias may hold an alias of another distribution."""
    assert NAME in read(near, web)[0]["Aliases"]["Items"]
    near.upload("wild", authority.issue("*.example.com", key="p256"), path=CLOUDFRONT)
    wanted = {"Aliases": aliases("*.example.com"), "ViewerCertificate": iam(near, "wild")}
    assert near.client("cloudfront").create_distribution(DistributionConfig=minimal(**wanted))


@pytest.mark.evidence("model: cloudfront.Distribution Status")
def test_change_is_in_progress_until_deployed(near: Sandbox) -> None:
    """An update is InProgress for as long as a deployment takes (AWS row 19)."""
    near.deployment = 300
    made = near.distribution()
    client = near.client("cloudfront")
    assert client.get_distribution(Id=made.id)["Distribution"]["Status"] == "Deployed"
    assert write(near, made.id, read(near, made.id)[0])["Status"] == "InProgress"
    near.clock.advance(299)
    (listed,) = client.list_distributions()["DistributionList"]["Items"]
    assert listed["Status"] == "InProgress"
    near.clock.advance(1)
    assert client.get_distribution(Id=made.id)["Distribution"]["Status"] == "Deployed"


@pytest.mark.evidence("design: a hostile account is late")
def test_hostile_account_deploys_late(sandboxes: Any) -> None:
    """The hostile profile has a deployment, the calm one has none."""
    hostile = sandboxes.open(regions=REGIONS, server=False, profile=HOSTILE)
    made = hostile.distribution()
    assert write(hostile, made.id, read(hostile, made.id)[0])["Status"] == "InProgress"
    calm = sandboxes.open(regions=REGIONS, server=False)
    made = calm.distribution()
    assert write(calm, made.id, read(calm, made.id)[0])["Status"] == "Deployed"


@pytest.mark.evidence("thread: hashicorp/terraform#13495")
def test_one_certificate_change_at_a_time(near: Sandbox, authority: Authority, web: str) -> None:
    """While one certificate is being deployed another is an IllegalUpdate; the rest may change."""
    near.upload("new", authority.issue(NAME, key="p256"), path=CLOUDFRONT)
    old = iam(near, "web")
    near.deployment = 300
    rebind(near, web, iam(near, "new"))
    write(near, web, {**read(near, web)[0], "Comment": "meanwhile"})
    with refused("IllegalUpdate", "Only one viewer certificate change may be in progress"):
        rebind(near, web, old)
    near.clock.advance(300)
    assert rebind(near, web, old)["IAMCertificateId"] == old["IAMCertificateId"]


@pytest.mark.evidence("model: cloudfront.CreateDistribution")
def test_created_distribution_is_read_and_updated(aws: Sandbox, issued: Issued) -> None:
    """What a creation left out is filled in, so that what is read can be written back."""
    aws.upload("web", issued, path=CLOUDFRONT)
    wanted = {"Aliases": aliases(NAME), "ViewerCertificate": iam(aws, "web")}
    made = aws.client("cloudfront").create_distribution(DistributionConfig=minimal(**wanted))
    identity = made["Distribution"]["Id"]
    assert made["Location"].endswith(identity)
    assert read(aws, identity) == (made["Distribution"]["DistributionConfig"], made["ETag"])
    assert write(aws, identity, read(aws, identity)[0])["Id"] == identity


@pytest.mark.evidence("thread: cloudposse/terraform-aws-cloudfront-s3-cdn#55")
def test_creation_checks_the_certificate(near: Sandbox, issued: Issued) -> None:
    """A creation is refused for what an update is refused for."""
    near.upload("web", issued)
    client = near.client("cloudfront")
    with refused("InvalidViewerCertificate", UNUSABLE):
        client.create_distribution(
            DistributionConfig=minimal(ViewerCertificate=iam(near, "web"), Aliases=aliases(NAME))
        )
    assert client.list_distributions()["DistributionList"]["Quantity"] == 0


@pytest.mark.evidence("model: cloudfront.Distribution Status")
@pytest.mark.evidence("thread: hashicorp/terraform#13495")
def test_creation_is_deployed_like_a_change(near: Sandbox, issued: Issued) -> None:
    """A new distribution is InProgress, and its certificate cannot change meanwhile."""
    near.deployment = 300
    near.upload("web", issued, path=CLOUDFRONT)
    made = near.client("cloudfront").create_distribution(DistributionConfig=minimal())
    assert made["Distribution"]["Status"] == "InProgress"
    with refused("IllegalUpdate", "Only one viewer certificate change"):
        rebind(near, made["Distribution"]["Id"], iam(near, "web"))


@pytest.mark.evidence("model: cloudfront.DistributionConfig CallerReference")
def test_caller_reference_is_used_once(near: Sandbox) -> None:
    """A CallerReference that made a distribution is a DistributionAlreadyExists."""
    client = near.client("cloudfront")
    client.create_distribution(DistributionConfig=minimal("one"))
    with refused("DistributionAlreadyExists"):
        client.create_distribution(DistributionConfig=minimal("one"))
    assert client.create_distribution(DistributionConfig=minimal("two"))


@pytest.mark.evidence("model: cloudfront.CreateDistributionWithTags, ListTagsForResource")
def test_tags_are_kept(near: Sandbox) -> None:
    """Tags given to a creation, or to the sandbox, are listed."""
    client = near.client("cloudfront")
    tags = {"Items": [{"Key": "team", "Value": "web"}]}
    config = {"DistributionConfig": minimal(), "Tags": tags}
    made = client.create_distribution_with_tags(DistributionConfigWithTags=config)
    seeded = near.distribution(tags={"team": "web"})
    for arn in (made["Distribution"]["ARN"], seeded.arn):
        assert client.list_tags_for_resource(Resource=arn)["Tags"] == tags


@pytest.mark.evidence("model: cloudfront.DeleteDistribution")
def test_deletion_wants_a_disabled_distribution(near: Sandbox) -> None:
    """A distribution is deleted by its version once it is disabled."""
    made = near.distribution()
    client = near.client("cloudfront")
    config, version = read(near, made.id)
    with refused("InvalidIfMatchVersion"):
        client.delete_distribution(Id=made.id)
    with refused("DistributionNotDisabled"):
        client.delete_distribution(Id=made.id, IfMatch=version)
    write(near, made.id, {**config, "Enabled": False})
    with refused("PreconditionFailed"):
        client.delete_distribution(Id=made.id, IfMatch=version)
    client.delete_distribution(Id=made.id, IfMatch=read(near, made.id)[1])
    assert client.list_distributions()["DistributionList"]["Quantity"] == 0


@pytest.mark.evidence("model: iam DeleteConflict, resources that are attached")
def test_certificate_in_use_cannot_be_deleted(
    near: Sandbox, authority: Authority, web: str
) -> None:
    """DeleteServerCertificate names the distribution until it serves another (AWS row 10)."""
    near.upload("new", authority.issue(NAME, key="p256"), path=CLOUDFRONT)
    client = near.client("iam")
    with refused("DeleteConflict", f"distribution/{web}"):
        client.delete_server_certificate(ServerCertificateName="web")
    near.detach_lag = 60
    rebind(near, web, iam(near, "new"))
    with refused("DeleteConflict", f"distribution/{web}"):
        client.delete_server_certificate(ServerCertificateName="web")
    near.clock.advance(60)
    client.delete_server_certificate(ServerCertificateName="web")


@pytest.mark.evidence("assumption: what the edge still serves is in use")
def test_certificate_is_in_use_until_the_change_is_deployed(
    near: Sandbox, authority: Authority, web: str
) -> None:
    """The old certificate cannot be deleted while its successor is being deployed."""
    near.upload("new", authority.issue(NAME, key="p256"), path=CLOUDFRONT)
    near.deployment = 300
    rebind(near, web, iam(near, "new"))
    client = near.client("iam")
    for name in ("web", "new"):
        with refused("DeleteConflict", f"distribution/{web}"):
            client.delete_server_certificate(ServerCertificateName=name)
    near.clock.advance(300)
    client.delete_server_certificate(ServerCertificateName="web")


@pytest.mark.evidence("assumption: what is not changed is not looked at")
def test_update_survives_a_certificate_that_is_gone(
    near: Sandbox, authority: Authority, web: str
) -> None:
    """A distribution whose certificate is gone can change in other ways, and get another."""
    near.upload("new", authority.issue(NAME, key="p256"), path=CLOUDFRONT)
    near.discard("web")
    near.deployment = 300
    assert write(near, web, {**read(near, web)[0], "Comment": "one"})["Status"] == "InProgress"
    assert rebind(near, web, iam(near, "new"))["CertificateSource"] == "iam"


@pytest.mark.evidence("design: the sandbox puts only what exists into an account")
def test_distribution_of_no_certificate_is_a_mistake(near: Sandbox) -> None:
    """A distribution made by hand with an unknown certificate raises LookupError."""
    with pytest.raises(LookupError, match="no server certificate ASCA0"):
        near.distribution(NAME, certificate="ASCA0")


@pytest.mark.evidence("assumption: a distribution that is deleted lets go of its certificate")
def test_deleted_distribution_lets_its_certificate_go(near: Sandbox, web: str) -> None:
    """The certificate of a deleted distribution counts as used for the detach lag alone."""
    near.detach_lag = 60
    write(near, web, {**read(near, web)[0], "Enabled": False})
    near.client("cloudfront").delete_distribution(Id=web, IfMatch=read(near, web)[1])
    client = near.client("iam")
    with refused("DeleteConflict", f"distribution/{web}"):
        client.delete_server_certificate(ServerCertificateName="web")
    near.clock.advance(60)
    client.delete_server_certificate(ServerCertificateName="web")
