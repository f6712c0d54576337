"""What sources need on AWS: which role reads what, and what is said beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c7n_certrenew.cli import main
from c7n_certrenew.commands.permissions import AUDIT, CLEANUP, RENEW, SOURCE_READER

ROLE = "arn:aws:iam::111122223333:role/certificates"
KMS = "arn:aws:kms:eu-west-1:123456789012:key/1"
APART = {"certificate": "certs/<lineage>/cert", "private-key": "certs/<lineage>/key"}
S3 = {"type": "s3", "bucket": "renewed"}
SM = {"type": "secretsmanager"}
SSM = {"type": "ssm"}

Print = Callable[..., tuple[dict[str, Any], str]]


@pytest.fixture
def granted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Print:
    """Return the resources by action of what sources need, and what is said beside."""

    def printed(source: dict[str, Any], *options: str) -> tuple[dict[str, Any], str]:
        action = {"type": "replace-certificate", "source": source}
        policy = {"name": "p", "resource": "aws.iam-certificate", "actions": [action]}
        (tmp_path / "policy.json").write_text(json.dumps({"policies": [policy]}))
        assert main(["permissions", str(tmp_path / "policy.json"), *options]) == 0
        shown = capsys.readouterr()
        statements = json.loads(shown.out)["Statement"]
        assert "Other" not in {statement["Sid"] for statement in statements}
        sources = [one for one in statements if one["Sid"].startswith("Source")]
        assert all(len(one["Action"]) == 1 for one in sources)
        return {one["Action"][0]: one["Resource"] for one in sources}, shown.err

    return printed


@pytest.mark.parametrize(
    ("source", "action", "certificate", "key"),
    [
        (
            {**S3, **APART},
            "s3:GetObject",
            "arn:aws:s3:::renewed/certs/*/cert",
            "arn:aws:s3:::renewed/certs/*/key",
        ),
        (
            {**SM, **APART, "region": "eu-west-1"},
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:*:secret:certs/*/cert-??????",
            "arn:aws:secretsmanager:eu-west-1:*:secret:certs/*/key-??????",
        ),
        (
            {
                **SSM,
                "certificate": "/certs/<lineage>/cert",
                "private-key": "/certs/<lineage>/key:3",
            },
            "ssm:GetParameter",
            "arn:aws:ssm:*:*:parameter/certs/*/cert",
            "arn:aws:ssm:*:*:parameter/certs/*/key",
        ),
    ],
)
def test_a_key_that_is_apart_is_the_readers_alone(
    granted: Print, source: dict[str, Any], action: str, certificate: str, key: str
) -> None:
    """Who plans may read certificates; who changes listeners may read neither."""
    assert granted(source, "--role", AUDIT) == ({action: certificate}, "")
    assert granted(source, "--role", SOURCE_READER) == ({action: [certificate, key]}, "")
    assert granted(source, "--role", RENEW) == ({}, "")
    assert granted(source, "--role", CLEANUP)[0] == {}
    assert granted(source) == ({action: [certificate, key]}, "")


@pytest.mark.parametrize("source", [{**S3, "bundle": "a"}, {**SM, "secret": "a"}])
def test_a_key_that_is_beside_its_certificate_is_no_audits(
    granted: Print, source: dict[str, Any]
) -> None:
    """A plan reads it too, which takes the role that may, and the command says so."""
    shown, said = granted(source, "--role", AUDIT)
    assert shown == {}
    assert "attach source-reader as well" in said
    assert len(granted(source, "--role", SOURCE_READER)[0]) == 1


def test_a_role_that_is_assumed_is_all_that_is_needed(granted: Print) -> None:
    """What it reads is allowed in its own account; who assumes it reads the key, so no audit."""
    source = {**S3, **APART, "assume-role": ROLE, "external-id": "x", "kms-key": KMS}
    shown, said = granted(source, "--role", SOURCE_READER)
    assert shown == {"sts:AssumeRole": ROLE}
    assert said == (
        "what is assumed needs, in its own account, what this prints for the policy without "
        f"assume-role: {ROLE}\n"
    )
    assert granted(source, "--role", AUDIT)[0] == {}


def test_variables_of_an_account_stand_for_all_of_them(granted: Print) -> None:
    """A role, a bucket or an ARN may be each account's own; other braces are a key's."""
    role = "arn:aws:iam::{account_id}:role/reader"
    shown, _ = granted({**S3, "bundle": "a", "assume-role": role})
    assert shown == {"sts:AssumeRole": "arn:aws:iam::*:role/reader"}
    shown, _ = granted({"type": "s3", "bucket": "c-{account_id}-{region}", "bundle": "a/{{b"})
    assert shown == {"s3:GetObject": "arn:aws:s3:::c-*-*/a/{b"}
    shown, _ = granted({**SSM, "region": "{region}", "bundle": "/{account_id}/a"})
    assert shown == {"ssm:GetParameter": "arn:aws:ssm:*:*:parameter/*/a"}


def test_an_access_point_is_a_resource_of_its_own(granted: Print) -> None:
    """S3 knows what is read through one by the access point's ARN."""
    point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/certs"
    shown, _ = granted({"type": "s3", "bucket": point, "bundle": "<lineage>.pem"})
    assert shown == {"s3:GetObject": f"{point}/object/*.pem"}


def test_versions_and_keys_of_kms(granted: Print) -> None:
    """One version is an action of its own; a key is named where it takes a permission."""
    source = {**S3, "bundle": "web.pem", "version-id": "v", "kms-key": KMS}
    shown, _ = granted(source, "--role", SOURCE_READER)
    assert shown == {
        "s3:GetObjectVersion": "arn:aws:s3:::renewed/web.pem",
        "kms:Decrypt": KMS,
    }


def test_arns_are_those_of_the_policy(granted: Print) -> None:
    """A secret's ARN may lack its last characters; account and partition are as everywhere.

    The regions of listeners do not narrow where sources are.
    """
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:certs/<lineage>"
    options = ("--account", "123456789012", "--region", "us-east-1")
    shown, _ = granted({**SM, "secret": arn}, *options)
    found = arn.replace("<lineage>", "*")
    assert shown == {"secretsmanager:GetSecretValue": [f"{found}-??????", found]}
    shown, _ = granted({**SSM, "bundle": "web"}, *options, "--partition", "aws-cn")
    assert shown == {"ssm:GetParameter": "arn:aws-cn:ssm:*:123456789012:parameter/web"}


def test_variables_that_c7n_org_has_still_to_fill(granted: Print) -> None:
    """Each account has its own: the document allows what any of them may be."""
    source = {**S3, "bundle": "a", "bucket": "certs-{env}", "assume-role": "{reader}"}
    shown, _ = granted(source, "--role", SOURCE_READER)
    assert shown == {"sts:AssumeRole": "arn:aws:iam::*:role/*"}
    source.pop("assume-role")
    assert granted(source)[0] == {"s3:GetObject": "arn:aws:s3:::certs-*/a"}
