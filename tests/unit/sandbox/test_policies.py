"""IAM policies: what they say about an action on a resource in a context."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from c7n_certrenew.sandbox.conditions import UnsupportedPolicyError
from c7n_certrenew.sandbox.policies import FULL_ACCESS, Policy, Verdict, verdict

ALLOWED, SILENT, DENIED = Verdict.ALLOWED, Verdict.SILENT, Verdict.DENIED
ACTION = "iam:GetServerCertificate"
ARN = "arn:aws:iam::123456789012:server-certificate/prod/web"
REGION, TAG, KEYS = "aws:RequestedRegion", "aws:ResourceTag/team", "aws:TagKeys"
ROLE = "arn:aws:iam::123456789012:role/ops/certrenew"
BASE = {"Effect": "Allow", "Action": ACTION, "Resource": ARN}

Values = Mapping[str, Sequence[str]]


def said(*statements: Mapping[str, Any], values: Values | None = None) -> Verdict:
    """Return what a policy says about ACTION on ARN."""
    context = {key.casefold(): given for key, given in (values or {}).items()}
    policy = Policy.parse({"Version": "2012-10-17", "Statement": list(statements)})
    return verdict([policy], ACTION, ARN, context.get)


def changed(**changes: Any) -> dict[str, Any]:
    """Return the base statement with some elements changed, removed by None."""
    return {key: value for key, value in {**BASE, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ALLOWED),
        ({"Effect": "Deny"}, DENIED),
        ({"Action": "iam:DeleteServerCertificate"}, SILENT),
        ({"Action": ["iam:Delete*", "iam:Get*"]}, ALLOWED),
        ({"Action": "IAM:getservercertificate"}, ALLOWED),
        ({"Action": "iam:?etServerCertificate"}, ALLOWED),
        ({"Action": "iam:GetServerCertificat"}, SILENT),
        ({"Action": "elasticloadbalancing:*"}, SILENT),
        ({"Action": "*"}, ALLOWED),
        ({"Action": None, "NotAction": "iam:*"}, SILENT),
        ({"Action": None, "NotAction": ["ec2:*", "elasticloadbalancing:*"]}, ALLOWED),
        ({"Effect": "Deny", "Action": None, "NotAction": "sts:*"}, DENIED),
        ({"Resource": "*"}, ALLOWED),
        ({"Resource": "arn:aws:iam::*:server-certificate/prod/*"}, ALLOWED),
        ({"Resource": "arn:aws:iam::123456789012:server-certificate/prod/we?"}, ALLOWED),
        ({"Resource": "arn:aws:iam::123456789012:server-certificate/PROD/web"}, SILENT),
        ({"Resource": "arn:aws:iam::123456789012:server-certificate/web"}, SILENT),
        ({"Resource": "arn:aws:iam::123456789012:server-certificate/[p]rod/web"}, SILENT),
        ({"Resource": None, "NotResource": ARN}, SILENT),
        ({"Resource": None, "NotResource": "arn:aws:iam::*:role/*"}, ALLOWED),
    ],
)
def test_actions_and_resources(changes: dict[str, Any], expected: Verdict) -> None:
    """Patterns take * and ?, actions in any case, resources as they are; Not means all others."""
    assert said(changed(**changes)) is expected


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "given", "holds"),
    [
        ("StringEquals", REGION, "eu-west-1", ["eu-west-1"], True),
        ("StringEquals", REGION, ["us-east-1", "eu-west-1"], ["eu-west-1"], True),
        ("StringEquals", REGION, "EU-WEST-1", ["eu-west-1"], False),
        ("StringEquals", "AWS:requestedregion", "eu-west-1", ["eu-west-1"], True),
        ("StringEquals", TAG, "shop", None, False),
        ("StringEqualsIgnoreCase", TAG, "Shop", ["shop"], True),
        ("StringEqualsIfExists", TAG, "shop", None, True),
        ("StringEqualsIfExists", TAG, "shop", ["blog"], False),
        ("StringNotEquals", REGION, ["us-east-1", "eu-west-1"], ["eu-west-1"], False),
        ("StringNotEquals", REGION, ["us-east-1", "eu-west-1"], ["sa-east-1"], True),
        ("StringNotEquals", TAG, "shop", None, True),
        ("StringNotEqualsIgnoreCase", TAG, "Shop", ["shop"], False),
        ("StringLike", REGION, "eu-*", ["eu-west-1"], True),
        ("StringLike", REGION, "eu-", ["eu-west-1"], False),
        ("StringEquals", REGION, "eu-*", ["eu-west-1"], False),
        ("StringNotLike", REGION, "eu-*", ["eu-west-1"], False),
        ("StringNotLikeIfExists", TAG, "s*", None, True),
        ("Bool", "aws:SecureTransport", False, ["true"], False),
        ("Bool", "aws:SecureTransport", "true", ["true"], True),
        ("Null", TAG, "true", None, True),
        ("Null", TAG, True, ["shop"], False),
        ("Null", TAG, False, ["shop"], True),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ops/*", [ROLE], True),
        ("ArnLike", "aws:PrincipalArn", "arn:*:role/ops/certrenew", [ROLE], False),
        ("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::*:role/*", [ROLE], True),
        ("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/ops/*", [ROLE], False),
        ("ArnNotEquals", "aws:PrincipalArn", "arn:aws:iam::*:user/*", [ROLE], True),
        ("ForAnyValue:StringEquals", KEYS, "team", ["team", "stage"], True),
        ("ForAnyValue:StringEquals", KEYS, "team", ["stage"], False),
        ("ForAnyValue:StringEquals", KEYS, "team", None, False),
        ("ForAnyValue:StringNotEquals", KEYS, "team", ["team", "stage"], True),
        ("ForAnyValue:StringNotEquals", KEYS, "team", None, False),
        ("ForAllValues:StringEquals", KEYS, ["team", "stage"], ["team"], True),
        ("ForAllValues:StringEquals", KEYS, "team", ["team", "stage"], False),
        ("ForAllValues:StringLike", KEYS, "certrenew:*", ["certrenew:lineage"], True),
        ("ForAllValues:StringEquals", KEYS, "team", None, True),
        ("ForAllValues:StringNotEquals", KEYS, "team", ["stage", "team"], False),
    ],
)
def test_conditions(
    operator: str, key: str, wanted: object, given: Sequence[str] | None, holds: bool
) -> None:
    """A statement applies when its condition holds; what is absent meets only negations."""
    statement = changed(Condition={operator: {key: wanted}})
    values = {} if given is None else {key: given}
    assert said(statement, values=values) is (ALLOWED if holds else SILENT)


def test_every_condition_must_hold() -> None:
    """Operators and keys are combined by and, values of one key by or."""
    block = {
        "StringEquals": {REGION: ["eu-west-1", "us-east-1"], TAG: "shop"},
        "Null": {KEYS: True},
    }
    values = {REGION: ["us-east-1"], TAG: ["shop"]}
    assert said(changed(Condition=block), values=values) is ALLOWED
    assert said(changed(Condition=block), values={**values, TAG: ["blog"]}) is SILENT
    assert said(changed(Condition=block), values={**values, KEYS: ["team"]}) is SILENT


def test_a_denial_outweighs_permissions() -> None:
    """One denial that applies is enough, wherever it stands."""
    deny = changed(Effect="Deny", Action="iam:*")
    assert said(deny, BASE) is DENIED
    assert said(BASE, deny) is DENIED
    other = changed(Effect="Deny", Resource="arn:aws:iam::123456789012:server-certificate/other")
    assert said(BASE, other) is ALLOWED


def test_region_deny_as_it_is_usually_written() -> None:
    """Outside its regions everything is denied but global services."""
    guard = {
        "Effect": "Deny",
        "NotAction": ["iam:*", "cloudfront:*", "sts:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {REGION: ["eu-west-1"]}},
    }
    policy = Policy.parse({"Statement": guard})
    far, near = {REGION.casefold(): ["us-east-1"]}, {REGION.casefold(): ["eu-west-1"]}
    describe = "elasticloadbalancing:DescribeLoadBalancers"
    assert verdict([FULL_ACCESS, policy], describe, "*", far.get) is DENIED
    assert verdict([FULL_ACCESS, policy], describe, "*", near.get) is ALLOWED
    assert verdict([FULL_ACCESS, policy], ACTION, ARN, far.get) is ALLOWED


def test_policies_are_read_from_json_too() -> None:
    """A policy can be the text that AWS keeps, with one statement or many."""
    assert Policy.parse(json.dumps({"Statement": BASE})) == Policy.parse({"Statement": [BASE]})


@pytest.mark.parametrize(
    "statement",
    [
        changed(Condition={"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
        changed(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        changed(Condition={"StringEqual": {REGION: "eu-west-1"}}),
        changed(Condition={"ForSomeValues:StringEquals": {KEYS: "team"}}),
        changed(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        changed(Condition={"StringEquals": {"iam:ResourceTag/team": "shop"}}),
        changed(Condition={"StringEquals": {KEYS: "team"}}),
        changed(Condition={"Bool": {"aws:SecureTransport": "yes"}}),
        changed(Condition={"StringEquals": {TAG: "${aws:PrincipalTag/team}"}}),
        changed(Resource="arn:aws:iam::${aws:PrincipalAccount}:server-certificate/*"),
        changed(Principal="*"),
        changed(Effect="allow"),
        changed(NotAction="iam:*"),
        changed(Action=None),
        changed(Resource=None),
    ],
)
def test_what_cannot_be_evaluated_is_refused_at_once(statement: dict[str, Any]) -> None:
    """A policy that the sandbox would misjudge is an error where it is declared."""
    with pytest.raises(UnsupportedPolicyError):
        Policy.parse({"Statement": statement})
