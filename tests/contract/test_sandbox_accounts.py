"""Accounts of the sandbox, roles that trust their callers, and sessions that end."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError
from roles import BLOG, SHOP, assume, signing

from c7n_certrenew.sandbox import Issued, Listener, Sandbox

HOME = "123456789012"
HERE = "eu-west-1"
TAG = [{"Key": "team", "Value": "home"}]
ASSUME = "model: sts AssumeRole"
ROLE = f"arn:aws:iam::{SHOP}:role/certrenew"
DENIED = r"\(AccessDenied\).* is not authorized to perform: sts:AssumeRole on resource: "


@pytest.mark.evidence("model: iam ListServerCertificates, sts AssumeRole")
def test_accounts_are_apart(aws: Sandbox, web: Issued) -> None:
    """What is in one account is in no other, whatever its name."""
    shop = aws.account(SHOP)
    ours, theirs = aws.upload("web", web), shop.upload("web", web)
    aws.classic(HERE, "front", Listener(443, "HTTPS", ours))
    shop.classic(HERE, "front", Listener(443, "HTTPS", theirs))
    assert theirs == f"arn:aws:iam::{SHOP}:server-certificate/web"
    assert (aws.bound("front", HERE, 443), shop.bound("front", HERE, 443)) == (
        (ours, ()),
        (theirs, ()),
    )
    listed = shop.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert [metadata["Arn"] for metadata in listed] == [theirs]
    aws.client("iam").tag_server_certificate(ServerCertificateName="web", Tags=TAG)
    assert not shop.client("iam").list_server_certificate_tags(ServerCertificateName="web")["Tags"]


@pytest.mark.evidence("design: the sandbox is one organization with a home account")
def test_an_account_is_the_same_one_each_time_and_a_reset_empties_it(
    aws: Sandbox, web: Issued
) -> None:
    """An account keeps its clients; it can be filled again after a reset."""
    shop = aws.account(SHOP)
    assert aws.account(SHOP) is shop
    assert aws.account(HOME) is aws
    for _ in range(2):
        assert shop.certificates() == {}
        shop.application(HERE, "front", Listener(443, "HTTPS", shop.upload("web", web)))
        aws.reset()


@pytest.mark.evidence(ASSUME)
def test_a_role_acts_in_its_own_account(aws: Sandbox, web: Issued) -> None:
    """Calls with a role's credentials are its account's; STS was called by the caller's."""
    role = assume(aws, aws.account(SHOP).role("certrenew"))
    aws.account(SHOP).upload("web", web)
    [listed] = role.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    assert listed["Arn"] == f"arn:aws:iam::{SHOP}:server-certificate/web"
    assert [(c.account_id, c.operation) for c in aws.journal] == [
        (HOME, "AssumeRole"),
        (SHOP, "ListServerCertificates"),
    ]


@pytest.mark.evidence("model: sts GetCallerIdentity")
def test_callers_are_told_who_they_are(aws: Sandbox) -> None:
    """A session is an assumed role, without the role's path; a user is a user."""
    role = assume(aws, aws.account(SHOP).role("ops/certrenew"))
    identity = role.client("sts").get_caller_identity()
    assert identity["Arn"] == role.arn == f"arn:aws:sts::{SHOP}:assumed-role/certrenew/test"
    assert identity["Account"] == SHOP
    assert re.fullmatch(r"AROA[A-Z0-9]{17}:test", identity["UserId"])
    ours = aws.client("sts").get_caller_identity()
    assert (ours["Account"], ours["Arn"]) == (HOME, f"arn:aws:iam::{HOME}:user/sandbox")


@pytest.mark.evidence("design: so that a test need not declare what it is not about")
def test_until_a_role_is_declared_any_can_be_assumed(aws: Sandbox) -> None:
    """An account that declares no role lets anyone do everything in it; then it is strict."""
    role = assume(aws, ROLE, ExternalId="any")
    role.client("iam").list_server_certificates()
    aws.account(SHOP).role("other")
    with pytest.raises(ClientError, match=DENIED):
        assume(aws, ROLE)
    with pytest.raises(ClientError, match=r"\(AccessDenied\)"):
        role.client("iam").list_server_certificates()


@pytest.mark.evidence("thread: awslabs/aws-msk-iam-auth#108; aws/aws-sdk-js#3869")
def test_external_id_must_match_where_it_is_asked_for(aws: Sandbox) -> None:
    """A missing or wrong ExternalId is AccessDenied; one that nobody asked for does not matter."""
    shop = aws.account(SHOP)
    asking, open_to_us = shop.role("asking", external_id="xyz"), shop.role("open")
    for options in ({}, {"ExternalId": "abc"}):
        with pytest.raises(ClientError, match=DENIED + asking):
            assume(aws, asking, **options)
    assume(aws, asking, ExternalId="xyz")
    assume(aws, open_to_us, ExternalId="abc")


@pytest.mark.evidence("guide: IAM, AWS JSON policy elements: Principal")
@pytest.mark.parametrize(
    ("trusted", "assumed"),
    [
        (HOME, True),
        (f"arn:aws:iam::{HOME}:root", True),
        (f"arn:aws:iam::{HOME}:user/sandbox", True),
        ("*", True),
        (BLOG, False),
        (f"arn:aws:iam::{HOME}:user/other", False),
        (f"arn:aws:iam::{HOME}:role/sandbox", False),
    ],
)
def test_a_role_trusts_whom_it_names(near: Sandbox, trusted: str, assumed: bool) -> None:
    """The caller's account, its root, or the caller itself must be named."""
    arn = near.account(SHOP).role("certrenew", trusts=[trusted])
    if assumed:
        assume(near, arn)
        return
    caller = f"User: arn:aws:iam::{HOME}:user/sandbox is not authorized"
    with pytest.raises(ClientError, match=f"{caller} to perform: sts:AssumeRole on .*: {arn}"):
        assume(near, arn)


@pytest.mark.evidence("design: the sandbox is one organization with a home account")
def test_a_role_trusts_the_home_account_unless_it_names_others(near: Sandbox) -> None:
    """Users of other accounts cannot assume a role that says nothing of trust."""
    arn = near.account(SHOP).role("certrenew")
    assume(near, arn)
    with pytest.raises(ClientError, match=DENIED):
        assume(near, arn, near.account(BLOG).client("sts"))


@pytest.mark.evidence("guide: IAM, Roles terms and concepts: role chaining")
def test_a_role_can_assume_a_role_that_trusts_it(near: Sandbox) -> None:
    """A trust can name a role or one session of it; such a session lasts an hour at most."""
    first = near.account(SHOP).role("first")
    session = f"arn:aws:sts::{SHOP}:assumed-role/first/test"
    blog = near.account(BLOG)
    second = blog.role("second", trusts=[first], max_session=7200)
    third = blog.role("third", trusts=[session])
    sts = assume(near, first).client("sts")
    assert assume(near, second, sts).arn == f"arn:aws:sts::{BLOG}:assumed-role/second/test"
    assume(near, third, sts)
    with pytest.raises(ClientError, match=r"\(ValidationError\).* 1 hour .* role chaining"):
        assume(near, second, sts, DurationSeconds=7200)
    with pytest.raises(ClientError, match=DENIED):
        assume(near, second)


@pytest.mark.evidence("guide: IAM, Cross-account policy evaluation logic")
def test_a_caller_must_be_allowed_to_assume(near: Sandbox) -> None:
    """The role's trust is not enough: the caller's own policy must allow it, for that role."""
    shop = near.account(SHOP)
    mine, other = shop.role("certrenew"), shop.role("other")
    near.restrict({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": mine}})
    assume(near, mine)
    with pytest.raises(ClientError, match=rf"{DENIED}{other} because no identity-based policy"):
        assume(near, other)


@pytest.mark.evidence("thread: boto/boto3#1431; aws/aws-sdk-go-v2#1674")
@pytest.mark.evidence("thread: cloud-custodian/cloud-custodian#9216")
@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_server_certificates", "ExpiredToken"),
        ("sts", "get_caller_identity", "ExpiredToken"),
        ("elb", "describe_load_balancers", "ExpiredToken"),
        ("elbv2", "describe_load_balancers", "ExpiredToken"),
        ("cloudfront", "list_distributions", "ExpiredToken"),
        ("acm", "list_certificates", "ExpiredTokenException"),
        ("ec2", "describe_regions", "RequestExpired"),
    ],
)
def test_sessions_expire(near: Sandbox, service: str, operation: str, code: str) -> None:
    """A session ends when its time is over, by the sandbox's clock, in each service's words."""
    role = assume(near, ROLE, DurationSeconds=900)
    call = getattr(role.client(service), operation)
    near.clock.stop()
    near.advance(890)
    call()
    near.advance(10)
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        call()
    assert near.journal[-1].account_id == SHOP
    getattr(assume(near, ROLE).client(service), operation)()


@pytest.mark.evidence("thread: boto/boto3#1431")
def test_an_expired_session_is_seen_by_real_clients(aws: Sandbox) -> None:
    """Over the wire as well, and nothing happens: an upload is not there."""
    role = assume(aws, ROLE)
    aws.account(SHOP).expire_sessions()
    with pytest.raises(ClientError, match=r"\(ExpiredToken\)"):
        role.client("iam").delete_server_certificate(ServerCertificateName="web")
    assert aws.journal[-1].error_code == "ExpiredToken"


@pytest.mark.evidence("design: a means of tests")
def test_sessions_of_one_account_can_be_ended(near: Sandbox) -> None:
    """Sessions of other accounts go on; new ones can be had."""
    shop, blog = assume(near, ROLE), assume(near, ROLE.replace(SHOP, BLOG))
    near.account(SHOP).expire_sessions()
    with pytest.raises(ClientError, match=r"\(ExpiredToken\)"):
        shop.client("sts").get_caller_identity()
    blog.client("sts").get_caller_identity()
    assume(near, ROLE).client("sts").get_caller_identity()


@pytest.mark.evidence(ASSUME + ", shape roleDurationSecondsType")
@pytest.mark.evidence("thread: aws/eks-anywhere#9485")
def test_duration_is_given_limited_and_told(near: Sandbox) -> None:
    """900 s at least, at most what the role allows; an hour unless asked otherwise."""
    near.clock.stop()
    arn = near.account(SHOP).role("certrenew", max_session=7200)
    sts = signing(near, "sts", **keys(near))
    for seconds in (899, 7201, 43201):
        with pytest.raises(ClientError, match=r"\(ValidationError\)"):
            assume(near, arn, sts, DurationSeconds=seconds)
    for options, seconds in (({}, 3600), ({"DurationSeconds": 7200}, 7200)):
        ends = assume(near, arn, sts, **options).credentials["Expiration"]
        assert abs(ends - near.clock.now() - dt.timedelta(seconds=seconds)).total_seconds() < 1


@pytest.mark.evidence(ASSUME + ", shapes arnType and roleSessionNameType")
@pytest.mark.parametrize(
    "change", [{"RoleArn": "arn:aws:iam::222222222222:user/web"}, {"RoleSessionName": "a b"}]
)
def test_form_of_role_and_session_is_checked(near: Sandbox, change: dict[str, str]) -> None:
    """What is no role, and names with blanks, are ValidationErrors."""
    sts = signing(near, "sts", **keys(near))
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        sts.assume_role(**{"RoleArn": ROLE, "RoleSessionName": "test", **change})


@pytest.mark.evidence("thread: boto/botocore#1866")
@pytest.mark.evidence("assumption: EC2 and JSON services spell it as for regions that are off")
@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_server_certificates", "InvalidClientTokenId"),
        ("elbv2", "describe_load_balancers", "InvalidClientTokenId"),
        ("acm", "list_certificates", "UnrecognizedClientException"),
        ("ec2", "describe_regions", "AuthFailure"),
    ],
)
@pytest.mark.parametrize("key", ["ASIAUNKNOWN000000001", "AKIAUNKNOWN000000001"])
def test_unknown_keys_are_refused(
    near: Sandbox, key: str, service: str, operation: str, code: str
) -> None:
    """A key that the sandbox gave to nobody opens nothing."""
    stranger = signing(
        near, service, aws_access_key_id=key, aws_secret_access_key="x", aws_session_token="x"
    )
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        getattr(stranger, operation)()


def keys(sandbox: Sandbox) -> dict[str, Any]:
    """Return the sandbox user's own keys."""
    environ = sandbox.environ
    return {
        "aws_access_key_id": environ["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environ["AWS_SECRET_ACCESS_KEY"],
    }


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process: the spelling does not depend on the way."""
    sandbox: Sandbox = sandboxes.open(regions=("us-east-1", HERE), server=False)
    return sandbox
