"""IAM policies at the sandbox's gate: what a caller may do to which resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError
from roles import SHOP, Assumed, assume

from c7n_certrenew.sandbox import Issued, Listener, Sandbox

HERE, THERE = "eu-west-1", "us-east-1"
PREFIX = f"arn:aws:iam::{SHOP}:server-certificate"
LOGIC = "guide: IAM, Policy evaluation logic"
WORDS = "guide: IAM, Troubleshoot access denied error messages"
REFERENCE = "guide: Service Authorization Reference, "

Allowed = Callable[..., Assumed]


def allow(action: str | list[str], resource: str | list[str] = "*", **conditions: Any) -> Any:
    """Return a policy of one permission; a condition's operator is a keyword."""
    return statement("Allow", Action=action, Resource=resource, Condition=conditions)


def deny(action: str | list[str], resource: str | list[str] = "*", **conditions: Any) -> Any:
    """Return a policy of one denial."""
    return statement("Deny", Action=action, Resource=resource, Condition=conditions)


def statement(effect: str, **elements: Any) -> dict[str, Any]:
    """Return a policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, **elements}]}


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process: what is allowed does not depend on the way."""
    sandbox: Sandbox = sandboxes.open(regions=(THERE, HERE), server=False)
    return sandbox


@pytest.fixture
def may(near: Sandbox) -> Allowed:
    """Assume a role of the shop's account with policies."""

    def assumed(*policies: Mapping[str, Any], **options: Any) -> Assumed:
        return assume(near, near.account(SHOP).role("certrenew", *policies), **options)

    return assumed


def parameters(issued: Issued, name: str = "web", **more: Any) -> dict[str, Any]:
    """Return the parameters of an upload."""
    return {
        "ServerCertificateName": name,
        "CertificateBody": issued.certificate,
        "PrivateKey": issued.private_key,
        "CertificateChain": issued.chain,
        **more,
    }


def refused(
    call: Callable[..., Any], *words: str, code: str = "AccessDenied", **given: Any
) -> None:
    """Check that a call is denied, in these words."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    assert error["Code"] == code
    assert [word for word in words if word not in error["Message"]] == []


@pytest.mark.evidence(WORDS)
def test_what_no_policy_allows_is_denied_without_effect(aws: Sandbox, web: Issued) -> None:
    """The message names caller, action, resource and the kind of policy; nothing happens."""
    shop = aws.account(SHOP)
    role = assume(aws, shop.role("certrenew", allow("iam:List*")))
    action = "iam:UploadServerCertificate"
    refused(
        role.client("iam").upload_server_certificate,
        f"User: arn:aws:sts::{SHOP}:assumed-role/certrenew/test is not authorized to perform: ",
        f"{action} on resource: {PREFIX}/web because no identity-based policy allows the {action} ",
        **parameters(web),
    )
    assert role.client("iam").list_server_certificates()["ServerCertificateMetadataList"] == []
    denied, listed = aws.journal[-2:]
    assert (denied.account_id, denied.error_code) == (SHOP, "AccessDenied")
    assert (listed.account_id, listed.error_code) == (SHOP, None)


@pytest.mark.evidence(REFERENCE + "AWS Identity and Access Management")
def test_uploads_can_be_limited_to_a_path(near: Sandbox, may: Allowed, web: Issued) -> None:
    """An upload is on the ARN that the certificate is to have, with its path."""
    iam = may(allow("iam:UploadServerCertificate", f"{PREFIX}/cloudfront/*")).client("iam")
    iam.upload_server_certificate(**parameters(web, Path="/cloudfront/prod/"))
    refused(iam.upload_server_certificate, f"{PREFIX}/web2 ", **parameters(web, "web2"))
    assert list(near.account(SHOP).certificates()) == ["web"]


@pytest.mark.evidence(REFERENCE + "AWS Identity and Access Management")
def test_certificates_are_told_apart_by_their_arn(near: Sandbox, may: Allowed, web: Issued) -> None:
    """Read, tag and delete one certificate and no other; lists are on everything."""
    shop = near.account(SHOP)
    for name, path in (("ours", "/ours/"), ("theirs", "/theirs/")):
        shop.upload(name, web, path=path)
    iam = may(allow("iam:*ServerCertificate*", f"{PREFIX}/ours/*")).client("iam")
    tags = [{"Key": "team", "Value": "shop"}]
    for operation, more in (
        (iam.get_server_certificate, {}),
        (iam.list_server_certificate_tags, {}),
        (iam.tag_server_certificate, {"Tags": tags}),
        (iam.untag_server_certificate, {"TagKeys": ["team"]}),
        (iam.delete_server_certificate, {}),
    ):
        refused(operation, f"{PREFIX}/theirs/theirs", ServerCertificateName="theirs", **more)
        operation(ServerCertificateName="ours", **more)
    refused(iam.list_server_certificates, "on resource: * ")
    refused(iam.get_account_summary, "on resource: * ")


@pytest.mark.evidence("guide: IAM API Reference, UpdateServerCertificate")
def test_renaming_needs_the_old_and_the_new_name(near: Sandbox, may: Allowed, web: Issued) -> None:
    """The source and the target must both be allowed."""
    near.account(SHOP).upload("old", web)
    iam = may(allow("iam:UpdateServerCertificate", f"{PREFIX}/old")).client("iam")
    change = {"ServerCertificateName": "old", "NewServerCertificateName": "new"}
    refused(iam.update_server_certificate, f"{PREFIX}/new", **change)
    assert list(near.account(SHOP).certificates()) == ["old"]


@pytest.mark.evidence("assumption: as creating a role with tags needs iam:TagRole")
def test_an_upload_with_tags_needs_tagging_too(may: Allowed, web: Issued) -> None:
    """Tags on upload are refused to who may upload only."""
    tagged = parameters(web, Tags=[{"Key": "team", "Value": "shop"}])
    upload = "iam:UploadServerCertificate"
    iam = may(allow(upload)).client("iam")
    refused(iam.upload_server_certificate, "iam:TagServerCertificate", **tagged)
    both = may(allow([upload, "iam:TagServerCertificate"])).client("iam")
    both.upload_server_certificate(**tagged)


@pytest.mark.evidence("guide: IAM, Controlling access to AWS resources using tags")
def test_tags_of_a_request_can_be_required(may: Allowed, web: Issued) -> None:
    """aws:RequestTag and aws:TagKeys are those that the request brings."""
    wanted = {
        "StringEquals": {"aws:RequestTag/team": "shop"},
        "ForAllValues:StringLike": {"aws:TagKeys": ["team", "certrenew:*"]},
    }
    iam = may(allow(["iam:Upload*", "iam:Tag*"], **wanted)).client("iam")
    upload, team = iam.upload_server_certificate, {"Key": "team", "Value": "shop"}
    refused(upload, **parameters(web))
    refused(upload, **parameters(web, Tags=[{"Key": "team", "Value": "blog"}]))
    refused(upload, **parameters(web, Tags=[team, {"Key": "stage", "Value": "x"}]))
    upload(**parameters(web, Tags=[team, {"Key": "certrenew:lineage", "Value": "web"}]))


@pytest.mark.evidence("guide: IAM, Controlling access to AWS resources using tags")
def test_keys_of_tags_to_remove_can_be_limited(near: Sandbox, may: Allowed, web: Issued) -> None:
    """aws:TagKeys holds for untagging as well."""
    near.account(SHOP).upload("web", web, tags={"team": "shop", "stage": "prod"})
    only = {"ForAllValues:StringEquals": {"aws:TagKeys": "stage"}}
    iam = may(allow("iam:UntagServerCertificate", **only)).client("iam")
    refused(iam.untag_server_certificate, ServerCertificateName="web", TagKeys=["team"])
    iam.untag_server_certificate(ServerCertificateName="web", TagKeys=["stage"])


@pytest.mark.evidence(REFERENCE + "AWS Identity and Access Management")
def test_tags_of_a_certificate_can_be_required(near: Sandbox, may: Allowed, web: Issued) -> None:
    """aws:ResourceTag is what the certificate is tagged with at this moment."""
    shop = near.account(SHOP)
    shop.upload("web", web, tags={"certrenew:replaced-by": "new"})
    shop.upload("live", web)
    superseded = {"Null": {"aws:ResourceTag/certrenew:replaced-by": "false"}}
    iam = may(allow("iam:DeleteServerCertificate", **superseded)).client("iam")
    refused(iam.delete_server_certificate, ServerCertificateName="live")
    refused(iam.delete_server_certificate, ServerCertificateName="none")
    iam.delete_server_certificate(ServerCertificateName="web")
    assert list(shop.certificates()) == ["live"]


@pytest.mark.evidence(REFERENCE + "Elastic Load Balancing")
def test_classic_load_balancers_are_told_apart(near: Sandbox, may: Allowed, web: Issued) -> None:
    """Setting a certificate is on the load balancer, by name and by tag; describing on all."""
    shop = near.account(SHOP)
    old, new = shop.upload("old", web), shop.upload("new", web)
    for name in ("front", "back", "side"):
        tags = {"team": "shop"} if name != "side" else {}
        shop.classic(HERE, name, Listener(443, "HTTPS", old), tags=tags)
    action = "elasticloadbalancing:SetLoadBalancerListenerSSLCertificate"
    prefix = f"arn:aws:elasticloadbalancing:{HERE}:{SHOP}:loadbalancer"
    tagged = {"StringEquals": {"elasticloadbalancing:ResourceTag/team": "shop"}}
    named = allow(action, [f"{prefix}/front", f"{prefix}/side"], **tagged)
    elb = may(named, allow("elasticloadbalancing:Describe*")).client("elb", HERE)
    change = {"LoadBalancerPort": 443, "SSLCertificateId": new}
    for name in ("back", "side"):
        refused(
            elb.set_load_balancer_listener_ssl_certificate,
            f"{action} on resource: {prefix}/{name} ",
            LoadBalancerName=name,
            **change,
        )
    elb.set_load_balancer_listener_ssl_certificate(LoadBalancerName="front", **change)
    assert [shop.bound(name, HERE, 443)[0] for name in ("front", "back")] == [new, old]
    assert len(elb.describe_load_balancers()["LoadBalancerDescriptions"]) == 3


@pytest.mark.evidence(REFERENCE + "Elastic Load Balancing V2")
def test_listeners_are_told_apart(near: Sandbox, may: Allowed, web: Issued) -> None:
    """Changes of a listener are on its ARN, and on its own tags: not its load balancer's."""
    shop = near.account(SHOP)
    old, new = shop.upload("old", web), shop.upload("new", web)
    https = Listener(443, "HTTPS", old)
    arns = []
    for name in ("front", "back"):
        balancer = shop.application(HERE, name, https, tags={"team": "shop"})
        described = shop.client("elbv2", HERE).describe_listeners(LoadBalancerArn=balancer.arn)
        arns.append(described["Listeners"][0]["ListenerArn"])
    listeners = f"arn:aws:elasticloadbalancing:{HERE}:{SHOP}:listener/app/front/*"
    changes = [f"elasticloadbalancing:{verb}*" for verb in ("Modify", "Add", "Remove")]
    elbv2 = may(allow(changes, listeners)).client("elbv2", HERE)
    given = {"Certificates": [{"CertificateArn": new}]}
    operations = (
        elbv2.modify_listener,
        elbv2.add_listener_certificates,
        elbv2.remove_listener_certificates,
    )
    for operation in operations:
        refused(operation, f"on resource: {arns[1]} ", ListenerArn=arns[1], **given)
    elbv2.add_listener_certificates(ListenerArn=arns[0], **given)
    refused(elbv2.describe_listener_certificates, "on resource: * ", ListenerArn=arns[0])
    tagged = {"StringEquals": {"aws:ResourceTag/team": "shop"}}
    by_tag = may(allow(changes, **tagged)).client("elbv2", HERE)
    refused(by_tag.modify_listener, f"on resource: {arns[0]} ", ListenerArn=arns[0], **given)
    tags = [{"Key": "team", "Value": "shop"}]
    shop.client("elbv2", HERE).add_tags(ResourceArns=[arns[0]], Tags=tags)
    by_tag.modify_listener(ListenerArn=arns[0], **given)
    assert (shop.bound("front", HERE, 443)[0], shop.bound("back", HERE, 443)[0]) == (new, old)


@pytest.mark.evidence(REFERENCE + "Amazon CloudFront; AWS AppSync")
def test_distributions_and_domains_are_told_apart(near: Sandbox, may: Allowed, web: Issued) -> None:
    """What is read or changed of one distribution or domain is on its ARN; lists on everything."""
    shop = near.account(SHOP)
    arn = shop.upload("web", web, path="/cloudfront/")
    ours = shop.distribution("www.example.com", certificate=arn)
    theirs = shop.distribution(certificate=arn)
    names = ("www.example.com", "api.example.com")
    domains = [shop.domain(THERE, name, arn).arn for name in names]
    role = may(allow(["cloudfront:*", "appsync:*"], [ours.arn, domains[0]]))
    cloudfront, appsync = role.client("cloudfront"), role.client("appsync")
    cloudfront.get_distribution_config(Id=ours.id)
    cloudfront.list_tags_for_resource(Resource=ours.arn)
    appsync.get_domain_name(domainName=names[0])
    refused(cloudfront.get_distribution_config, theirs.arn, Id=theirs.id)
    refused(cloudfront.list_tags_for_resource, theirs.arn, Resource=theirs.arn)
    refused(cloudfront.list_distributions, "on resource: * ")
    denied = "AccessDeniedException"
    refused(appsync.get_domain_name, domains[1], code=denied, domainName=names[1])
    refused(appsync.list_domain_names, "on resource: * ", code=denied)


@pytest.mark.evidence(REFERENCE + "Amazon CloudFront, resource type distribution")
def test_distributions_are_told_apart_by_their_tags(near: Sandbox, may: Allowed) -> None:
    """aws:ResourceTag holds a change of a distribution, and reading its configuration, to tags."""
    shop, tags = near.account(SHOP), {"certrenew": "on"}
    ours, theirs = shop.distribution(tags=tags), shop.distribution(tags={"certrenew": "off"})
    tagged = {"StringEquals": {"aws:ResourceTag/certrenew": "on"}}
    role = may(allow(["cloudfront:Get*", "cloudfront:Update*"], **tagged)).client("cloudfront")
    shown = role.get_distribution_config(Id=ours.id)
    given = {"DistributionConfig": shown["DistributionConfig"], "IfMatch": shown["ETag"]}
    role.update_distribution(Id=ours.id, **given)
    refused(role.get_distribution_config, theirs.arn, Id=theirs.id)
    refused(role.update_distribution, theirs.arn, Id=theirs.id, **given)
    refused(role.list_distributions, "on resource: * ")


@pytest.mark.evidence(REFERENCE + "AWS Certificate Manager")
@pytest.mark.evidence(REFERENCE + "AWS Secrets Manager; AWS Systems Manager")
def test_where_certificates_are_kept_is_told_apart(near: Sandbox, may: Allowed) -> None:
    """ACM's certificates, secrets and parameters are judged by their ARNs and tags."""
    shop = near.account(SHOP)
    secrets, ssm, acm = (shop.client(name) for name in ("secretsmanager", "ssm", "acm"))
    for name in ("web", "other"):
        secrets.create_secret(Name=name, SecretString="x")
        ssm.put_parameter(Name=f"/{name}/key", Value="x", Type="SecureString")
        acm.request_certificate(
            DomainName=name + ".example.com", Tags=[{"Key": "is", "Value": name}]
        )
    here = f"{THERE}:{SHOP}"
    by_arn = [f"arn:aws:secretsmanager:{here}:secret:web-??????", f"arn:aws:ssm:{here}:*/web/*"]
    role = may(
        allow(["secretsmanager:GetSecretValue", "ssm:GetParameter*"], by_arn),
        allow("acm:Describe*", StringEquals={"aws:ResourceTag/is": "web"}),
    )
    read = role.client("secretsmanager").get_secret_value, role.client("ssm").get_parameters
    read[0](SecretId="web")
    read[1](Names=["/web/key"])
    denied = "AccessDeniedException"
    refused(read[0], ":secret:other-", code=denied, SecretId="other")
    refused(read[1], ":parameter/other/key", code=denied, Names=["/web/key", "/other/key"])
    found = acm.list_certificates()["CertificateSummaryList"]
    arns = {each["DomainName"]: each["CertificateArn"] for each in found}
    describe = role.client("acm").describe_certificate
    describe(CertificateArn=arns["web.example.com"])
    other = arns["other.example.com"]
    refused(describe, other, code=denied, CertificateArn=other)


@pytest.mark.evidence(REFERENCE + "Amazon S3")
def test_objects_and_buckets_are_told_apart(near: Sandbox, may: Allowed) -> None:
    """Objects are judged by key, listing and HeadBucket by bucket; versions are read apart."""
    s3 = near.account(SHOP).client("s3")
    s3.create_bucket(Bucket="certs")
    s3.put_bucket_versioning(Bucket="certs", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="certs", Key="api/key.pem", Body=b"x")
    version = s3.put_object(Bucket="certs", Key="web/key.pem", Body=b"x")["VersionId"]
    actions = ["s3:GetObject", "s3:PutObject", "s3:GetBucketLocation"]
    bucket, web = "arn:aws:s3:::certs", {"Bucket": "certs", "Key": "web/key.pem"}
    role = may(allow(actions, [bucket, f"{bucket}/web/*"])).client("s3")
    for operation in (role.get_object, role.head_object, role.put_object):
        operation(**web)
    role.get_bucket_location(Bucket="certs")
    refused(role.get_object, f"{bucket}/api/key.pem", Bucket="certs", Key="api/key.pem")
    refused(role.get_object, "s3:GetObjectVersion", **web, VersionId=version)
    refused(role.put_object, "s3:PutObjectAcl", **web, ACL="bucket-owner-full-control")
    refused(role.put_object, "s3:PutObjectTagging", **web, Tagging="team=shop")
    refused(role.list_objects_v2, "s3:ListBucket on", Bucket="certs")
    refused(role.list_object_versions, "s3:ListBucketVersions on", Bucket="certs")
    refused(role.list_buckets, "s3:ListAllMyBuckets on resource: *")
    refused(role.head_bucket, code="403", Bucket="certs")
    may(allow("s3:ListBucket", bucket)).client("s3").head_bucket(Bucket="certs")


@pytest.mark.evidence(LOGIC)
def test_an_explicit_denial_outweighs_a_permission(may: Allowed) -> None:
    """A denial in any policy of a role counts, and the message says so."""
    iam = may(allow("*"), deny("iam:List*")).client("iam")
    refused(iam.list_server_certificates, "with an explicit deny in an identity-based policy")
    iam.get_account_summary()


@pytest.mark.evidence(LOGIC + "; IAM, Session policies")
def test_a_session_policy_can_only_narrow(near: Sandbox, may: Allowed) -> None:
    """What the session may do is what the role and the session's policy both allow."""
    narrow = '{"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "*"}}'
    role = may(allow(["iam:ListServer*", "elasticloadbalancing:*"]), Policy=narrow)
    iam = role.client("iam")
    iam.list_server_certificates()
    refused(iam.get_account_summary, "because no identity-based policy allows")
    refused(role.client("elb").describe_load_balancers, "because no session policy allows")
    near.account(SHOP).client("iam").get_account_summary()


@pytest.mark.evidence("model: sts AssumeRole, MalformedPolicyDocumentException")
def test_a_session_policy_must_be_json(may: Allowed) -> None:
    """Text that is no JSON is MalformedPolicyDocument; what is not simulated is a defect."""
    refused(may, code="MalformedPolicyDocument", Policy="{")
    time = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
    refused(
        may, "DateLessThan", code="SandboxDefect", Policy=str(allow("*", **time)).replace("'", '"')
    )


@pytest.mark.evidence("guide: AWS Organizations, SCP evaluation")
def test_a_service_control_policy_limits_its_account(aws: Sandbox) -> None:
    """A denial holds for everyone in the account, its own user too, and for no other account."""
    shop = aws.account(SHOP)
    shop.scp(deny("iam:ListServerCertificates"))
    words = "with an explicit deny in a service control policy"
    role = assume(aws, shop.role("certrenew"))
    for iam in (role.client("iam"), shop.client("iam")):
        refused(iam.list_server_certificates, words)
        iam.get_account_summary()
    aws.client("iam").list_server_certificates()


@pytest.mark.evidence("guide: AWS Organizations, SCP evaluation")
def test_a_service_control_policy_can_be_a_list_of_what_is_allowed(near: Sandbox) -> None:
    """Each policy must allow a call; none of them gives a permission that a role has not."""
    shop = near.account(SHOP)
    shop.scp(allow(["iam:*", "sts:*"]))
    words = "because no service control policy allows the elasticloadbalancing:Describe"
    refused(shop.client("elb").describe_load_balancers, words)
    role = assume(near, shop.role("certrenew", allow("elasticloadbalancing:*")))
    refused(role.client("iam").list_server_certificates, "no identity-based policy")
    refused(role.client("elb").describe_load_balancers, words)


@pytest.mark.evidence("guide: AWS Organizations, Deny access to AWS based on the requested Region")
def test_regions_can_be_denied_except_to_some_roles(near: Sandbox) -> None:
    """The usual region guard: global services and roles that it excepts are let through."""
    guard = statement(
        "Deny",
        NotAction=["iam:*", "sts:*", "cloudfront:*"],
        Resource="*",
        Condition={
            "StringNotEquals": {"aws:RequestedRegion": [HERE]},
            "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ops/*"},
        },
    )
    shop = near.account(SHOP)
    shop.scp(guard)
    plain, ops = assume(near, shop.role("plain")), assume(near, shop.role("ops/web"))
    plain.client("elbv2", HERE).describe_load_balancers()
    plain.client("iam").list_server_certificates()
    refused(plain.client("elbv2", THERE).describe_load_balancers, "explicit deny in a service")
    ops.client("elbv2", THERE).describe_load_balancers()


@pytest.mark.evidence("guide: AWS Organizations, Deny access to AWS based on the requested Region")
@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("elasticloadbalancing", "DescribeLoadBalancers", "AccessDenied"),
        ("ec2", "DescribeRegions", "UnauthorizedOperation"),
        ("secretsmanager", "ListSecrets", "AccessDeniedException"),
    ],
)
def test_a_denied_region(near: Sandbox, service: str, operation: str, code: str) -> None:
    """An SCP denies everything in a region, for ever, to everyone in the account (AWS row 21)."""
    shop, client = near.account(SHOP), service.replace("asticloadbalancing", "bv2")
    shop.deny_region(HERE)
    role = assume(near, shop.role("certrenew"))
    action = f"{service}:{operation} on resource: * with an explicit deny in a service control"
    for _ in range(2):
        denied = role.client(client, HERE)._make_api_call
        refused(
            denied, "certrenew/test", action, code=code, operation_name=operation, api_params={}
        )
    role.client(client, THERE)._make_api_call(operation, {})
    near.client(client, HERE)._make_api_call(operation, {})


@pytest.mark.evidence("guide: AWS Organizations, Deny access to AWS based on the requested Region")
def test_a_denied_region_spares_global_services(near: Sandbox) -> None:
    """IAM answers although its requests are signed for a denied region."""
    near.deny_region(THERE)
    near.client("iam", THERE).list_server_certificates()
    near.client("sts", THERE).get_caller_identity()
    near.reset()
    near.client("elb", THERE).describe_load_balancers()


@pytest.mark.evidence("guide: IAM, AWS global condition context keys: aws:RequestedRegion")
def test_global_services_are_called_in_their_home_region(aws: Sandbox) -> None:
    """IAM's requested region is us-east-1, wherever the client is."""
    home = {"StringEquals": {"aws:RequestedRegion": THERE}}
    role = assume(aws, aws.account(SHOP).role("certrenew", allow("iam:List*", **home)))
    role.client("iam", HERE).list_server_certificates()


@pytest.mark.evidence(REFERENCE + "Elastic Load Balancing")
def test_keys_of_one_service_are_absent_in_others(near: Sandbox, may: Allowed, web: Issued) -> None:
    """elasticloadbalancing:ResourceTag says nothing of a server certificate's tags."""
    near.account(SHOP).upload("web", web, tags={"team": "shop"})
    foreign = {"StringEquals": {"elasticloadbalancing:ResourceTag/team": "shop"}}
    iam = may(allow("iam:GetServerCertificate", **foreign)).client("iam")
    refused(iam.get_server_certificate, ServerCertificateName="web")


@pytest.mark.evidence("model: appsync, shape AccessDeniedException; AWS row 14")
@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_server_certificates", "AccessDenied"),
        ("elb", "describe_load_balancers", "AccessDenied"),
        ("elbv2", "describe_load_balancers", "AccessDenied"),
        ("cloudfront", "list_distributions", "AccessDenied"),
        ("acm", "list_certificates", "AccessDeniedException"),
        ("ec2", "describe_regions", "UnauthorizedOperation"),
    ],
)
def test_each_service_spells_a_denial(
    may: Allowed, service: str, operation: str, code: str
) -> None:
    """The code goes with the service's protocol."""
    role = may(allow("none:None"))
    refused(getattr(role.client(service), operation), code=code)


@pytest.mark.evidence("guide: AWS STS API Reference, GetCallerIdentity")
def test_anyone_may_ask_who_he_is(may: Allowed) -> None:
    """GetCallerIdentity needs no permission and cannot be denied."""
    may(allow("none:None"), deny("*")).client("sts").get_caller_identity()


@pytest.mark.evidence("design: the own user is an administrator")
def test_own_user_may_do_everything_until_it_is_restricted(near: Sandbox) -> None:
    """Policies can be put on the user of an account; a reset takes them away."""
    iam = near.client("iam")
    iam.get_account_summary()
    near.restrict(allow("iam:ListServerCertificates"))
    iam.list_server_certificates()
    refused(iam.get_account_summary, "User: arn:aws:iam::123456789012:user/sandbox is not")
    near.reset()
    iam.get_account_summary()


@pytest.mark.evidence("design: better a failing test than a wrong verdict")
def test_what_cannot_be_judged_is_a_defect(near: Sandbox, may: Allowed) -> None:
    """Operations that no rule knows fail loudly for who is restricted, and work for others."""
    role = may(allow("*", f"{PREFIX}/*"))
    refused(role.client("iam").list_users, "ListUsers", code="SandboxDefect")
    near.account(SHOP).client("iam").list_users()


@pytest.mark.evidence("design: better a failing test than a wrong verdict")
def test_a_policy_that_cannot_be_judged_is_refused_where_it_is_declared(near: Sandbox) -> None:
    """Roles, users and organizations take no policy that would be misjudged."""
    shop, address = near.account(SHOP), {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    for declare in (lambda policy: shop.role("certrenew", policy), shop.restrict, shop.scp):
        with pytest.raises(ValueError, match="IpAddress is not simulated"):
            declare(allow("*", **address))
