"""The IAM policies that policies need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.cli import main
from c7n_certrenew.commands.granting import PURPOSES, Extent, document, needed, without_role
from c7n_certrenew.commands.permissions import CLEANUP, ROLES

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


RENEW = {
    "type": "replace-certificate",
    "source": {"type": "files", "certificate": "c", "private-key": "k"},
}


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_arns_are_those_of_the_partition(granted: Print, partition: str) -> None:
    """Every resource that is named is in it; GovCloud has no CloudFront to allow anything on."""
    shown = granted({"actions": [RENEW]}, options=("--partition", partition, "--json"))
    resources = {s["Sid"]: s["Resource"] for s in shown["Statement"]}
    assert resources == {
        "Audit": "*",
        "AuditCertificates": f"arn:{partition}:iam::*:server-certificate/*",
        "Plan": "*",
        "Upload": f"arn:{partition}:iam::*:server-certificate/*",
        **{
            f"Rebind{service.capitalize()}": consumer.arns.format(partition=partition)
            for service, consumer in CONSUMERS.items()
            if consumer.writes and (service, partition) != ("cloudfront", "aws-us-gov")
        },
    }
    assert ("cloudfront" in str(shown)) is (partition != "aws-us-gov")
    assert resources["RebindElbv2"] == f"arn:{partition}:elasticloadbalancing:*:*:listener/*"


def test_roles_together_are_the_whole(granted: Print) -> None:
    """Every statement is in exactly one role, as it is in the document of all."""
    whole = granted({"actions": [RENEW]})["Statement"]
    roles = [granted({"actions": [RENEW]}, options=("--role", role)) for role in ROLES]
    assert [statement for role in roles for statement in role["Statement"]] == whole
    assert [len(role["Statement"]) > 0 for role in roles] == [True, False, True, False, False]


def test_telling_others_has_a_role_of_its_own(granted: Print) -> None:
    """It writes to topics; that `notify` reads the account's alias, an audit may anyhow."""
    told = {"type": "notify", "to": ["a"], "transport": {"type": "sns", "topic": "t"}}
    notify, audit = (
        granted({"actions": [told]}, options=("--role", role))["Statement"]
        for role in ("notify", "audit")
    )
    [statement] = notify
    assert statement["Action"] == ["sns:Publish"]
    assert statement["Resource"] == "arn:aws:sns:*:*:*"
    assert "iam:ListAccountAliases" in str(audit)


def test_no_role_reads_a_key_deletes_or_audits_by_changing() -> None:
    """IAM has no action that returns a key; only `cleanup` deletes; an audit lists and gets."""
    actions = needed([])
    every = [
        action.partition(":")[2]
        for role in ROLES
        if role != CLEANUP
        for statement in document(actions, role=role)["Statement"]
        for action in statement["Action"]
    ]
    assert not [a for a in every if a.startswith(("Delete", "Untag", "Create", "Put", "Pass", "*"))]
    audit = document(actions, role="audit")["Statement"]
    for action in (action for statement in audit for action in statement["Action"]):
        assert action.partition(":")[2].startswith(("List", "Get", "Describe")), action


def test_what_stock_actions_need_is_in_no_role(
    granted: Print, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The line on standard error names it; what deletes certificates is in `cleanup` alone."""
    granted({"actions": ["delete"]}, {"resource": "aws.s3"})
    for role in ROLES:
        assert main(["permissions", str(tmp_path / "policy.json"), "--role", role]) == 0
        shown = capsys.readouterr()
        assert ("iam:DeleteServerCertificate" in shown.out) is (role == CLEANUP)
        assert "s3:" not in shown.out
        assert "in no role, as stock words need it: s3:" in shown.err
    assert without_role(
        {"iam:UpdateServerCertificate", "s3:GetObject", "iam:DeleteServerCertificate"}
    ) == (
        "iam:UpdateServerCertificate",
        "s3:GetObject",
    )


def test_files_need_no_source_reader(capsys: pytest.CaptureFixture[str]) -> None:
    """They are read on this machine, and the command says so beside an empty document."""
    assert main(["permissions", "--role", "source-reader"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == {"Version": "2012-10-17", "Statement": []}
    assert shown.err == (
        "nothing to allow on AWS for source-reader: what is read with its key is not on AWS; "
        "attach no policy for it\n"
    )


@pytest.mark.parametrize("retry", [False, True])
@pytest.mark.parametrize("resource", ["aws.iam-certificate", "aws.acm-certificate"])
def test_what_is_retried_in_acm_may_be_called_good(
    granted: Print, resource: str, retry: bool
) -> None:
    """Only there a tag is taken off, as what is served would stay called bad."""
    action = {"type": "replace-certificate", "source": RENEW["source"], "retry": retry}
    store = {"store": "acm"} if resource == "aws.iam-certificate" else {}
    shown = statements(granted({"resource": resource, "actions": [{**action, **store}]}))
    assert ("acm:RemoveTagsFromCertificate" in shown["Import"]) is retry


def test_a_tag_limits_changes_of_listeners_and_nothing_else(granted: Print) -> None:
    """AWS knows the tags of listeners, load balancers and distributions that are changed."""
    options = ("--role", "renew", "--opt-in-tag", "certrenew=on=1")
    shown = granted({"actions": [RENEW]}, options=options)
    condition = {"StringEquals": {"aws:ResourceTag/certrenew": "on=1"}}
    limited = {s["Sid"]: s.get("Condition") for s in shown["Statement"]}
    assert limited.pop("Upload") is None
    assert limited
    assert set(map(str, limited.values())) == {str(condition)}


def test_account_and_regions_narrow_arns(granted: Print) -> None:
    """A service without regions keeps none; what AWS knows no resource for stays everywhere."""
    options = ("--account", "123456789012", "--region", "eu-west-1", "--region", "us-east-1")
    shown = granted({"actions": [RENEW]}, options=options)
    resources = {s["Sid"]: s["Resource"] for s in shown["Statement"]}
    assert resources["Audit"] == "*"
    assert resources["Upload"] == "arn:aws:iam::123456789012:server-certificate/*"
    assert resources["RebindElb"] == [
        "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/*",
        "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/*",
    ]
    global_one = "arn:{partition}:cloudfront::*:distribution/*"
    here = Extent("aws-cn", "1" * 12, ("cn-north-1",))
    assert here.arns(global_one) == f"arn:aws-cn:cloudfront::{'1' * 12}:distribution/*"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--account", "12"), ("--region", "*"), ("--opt-in-tag", "on"), ("--role", "admin")],
)
def test_options_of_another_form_are_refused(
    capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    """The message names the option and the value; nothing is printed that could be attached."""
    assert main(["permissions", option, value]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"Invalid value for '{option}': " in shown.err
    assert value in shown.err


def test_each_action_has_one_purpose() -> None:
    """So that each is allowed once."""
    actions = [action for purpose in PURPOSES for action in purpose.actions]
    assert len(actions) == len(set(actions))
    every = document(actions)["Statement"]
    assert [statement["Sid"] for statement in every] == [purpose.sid for purpose in PURPOSES]
    assert all(purpose.sid.isalnum() for purpose in PURPOSES)


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
