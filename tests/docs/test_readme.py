"""README says what is so: its policy, its permissions, its startup line."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from c7n.resources.iam import ServerCertificate

from c7n_certrenew.commands.granting import document, needed
from c7n_certrenew.commands.permissions import ROLES
from c7n_certrenew.elements import permissions
from c7n_certrenew.register import ACTIONS, FILTERS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_first_policy_is_the_shipped_one() -> None:
    """The first policy does what the pack's policy of the same name does."""
    (shown,) = yaml.safe_load(blocks("yaml")[0])["policies"]
    shipped = ROOT / "policies" / "renew" / f"{shown['name']}.yml"
    (packed,) = yaml.safe_load(shipped.read_text("utf-8"))["policies"]
    assert {key: packed[key] for key in shown} == shown


def test_permissions_are_those_that_are_declared() -> None:
    """All roles together grant what elements declare."""
    actions = needed([])
    documents = [document(actions, role=each) for each in ROLES]
    granted = {
        a for each in documents for statement in each["Statement"] for a in statement["Action"]
    }
    declared = {
        p for element in (*FILTERS.values(), *ACTIONS.values()) for p in element.permissions
    }
    resource = ServerCertificate.resource_type.enum_spec[0]
    assert resource == "list_server_certificates"
    listing = {  # of Custodian's own: accounts, certificates, classic load balancers, their tags
        "iam:ListAccountAliases",
        "iam:ListServerCertificates",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "tag:GetResources",
    }
    told = {"sqs:SendMessage"}  # what the stock action notify of a shipped policy needs
    in_acm = {*permissions.ACM_READS, *permissions.ACM_WRITES}  # for what says store: acm
    assert granted == declared | listing | told | in_acm


def test_startup_line_is_the_one_installed() -> None:
    """The README shows the very line that Python runs at start-up."""
    line = (ROOT / "c7n_certrenew" / "c7n_certrenew_autoload.pth").read_text("utf-8")
    assert line in blocks("text")
