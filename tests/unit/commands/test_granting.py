"""The IAM policy that policies need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c7n_certrenew.cli import main
from c7n_certrenew.commands.granting import PURPOSES, document

Print = Callable[..., dict[str, Any]]


@pytest.fixture
def granted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Print:
    """Return what the command prints for policies of these filters and actions."""

    def printed(*policies: dict[str, Any], options: tuple[str, ...] = ()) -> dict[str, Any]:
        named = [
            {"name": f"p{number}", "resource": "aws.iam-certificate", **policy}
            for number, policy in enumerate(policies)
        ]
        (tmp_path / "policy.json").write_text(json.dumps({"policies": named}))
        assert main(["permissions", str(tmp_path / "policy.json"), *options]) == 0
        return dict(json.loads(capsys.readouterr().out))

    return printed


def statements(shown: dict[str, Any]) -> dict[str, list[str]]:
    """Return the actions by purpose."""
    return {statement["Sid"]: statement["Action"] for statement in shown["Statement"]}


def test_only_what_is_needed_is_allowed(granted: Print) -> None:
    """Statements without an action are left out; a policy of stock words alone lists."""
    shown = granted({"filters": [{"type": "value", "key": "Path", "value": "/"}]})
    assert shown["Version"] == "2012-10-17"
    assert statements(shown) == {"Audit": ["iam:ListServerCertificates"]}


def test_filters_inside_or_count(granted: Print) -> None:
    """c7n itself forgets them, and the policy would then be denied."""
    shown = granted({"filters": [{"or": [{"and": [{"type": "listener"}]}]}]})
    assert "ec2:DescribeRegions" in statements(shown)["Audit"]


def test_stock_actions_and_other_resources_count(granted: Print) -> None:
    """What no purpose names is allowed everywhere, and can be seen to be."""
    bucket = {"resource": "aws.s3"}
    shown = statements(granted({"actions": ["delete"]}, bucket))
    assert shown["Cleanup"] == ["iam:DeleteServerCertificate"]
    assert "s3:ListAllMyBuckets" in shown["Other"]


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_arns_are_those_of_the_partition(granted: Print, partition: str) -> None:
    """Every resource that is named is in it."""
    source = {"type": "files", "certificate": "c", "private-key": "k"}
    action = {"type": "replace-certificate", "source": source}
    shown = granted({"actions": [action]}, options=("--partition", partition, "--json"))
    resources = {s["Sid"]: s["Resource"] for s in shown["Statement"]}
    assert resources == {
        "Audit": "*",
        "AuditCertificates": f"arn:{partition}:iam::*:server-certificate/*",
        "Plan": "*",
        "Upload": f"arn:{partition}:iam::*:server-certificate/*",
        "RebindClassic": f"arn:{partition}:elasticloadbalancing:*:*:loadbalancer/*",
        "Rebind": f"arn:{partition}:elasticloadbalancing:*:*:listener/*",
    }


def test_each_action_has_one_purpose() -> None:
    """So that each is allowed once."""
    actions = [action for purpose in PURPOSES for action in purpose.actions]
    assert len(actions) == len(set(actions))
    every = document(actions, "aws")["Statement"]
    assert [statement["Sid"] for statement in every] == [purpose.sid for purpose in PURPOSES]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "Invalid path"),
        ("{", "policy.yml: "),
        ("[]", "should be a mapping"),
        ("policies: []", "policy.yml: no policies in it"),
        ("policies: [{name: a, resource: aws.iam-certificate, filters: [nope]}]", "nope"),
    ],
)
def test_what_is_no_policy_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    """It names the file and exits with 1."""
    path = tmp_path / "policy.yml"
    if text is not None:
        path.write_text(text)
    assert main(["permissions", str(path)]) == 1
    shown = capsys.readouterr()
    assert said in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)
