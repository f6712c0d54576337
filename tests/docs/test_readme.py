"""README says what is so: its YAML validates, its permissions suffice, its paths exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from c7n.resources.iam import ServerCertificate

from c7n_certrenew.cli import certrenew
from c7n_certrenew.commands.granting import document, needed
from c7n_certrenew.commands.permissions import ROLES
from c7n_certrenew.elements import permissions
from c7n_certrenew.register import ACTIONS, FILTERS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def test_policies_are_valid(tmp_path: Path) -> None:
    """The stock command accepts every policy that the README shows."""
    policies = [policy for block in blocks("yaml") for policy in yaml.safe_load(block)["policies"]]
    assert policies
    (tmp_path / "readme.yml").write_text(yaml.safe_dump({"policies": policies}))
    command = [Path(sys.executable).with_name("custodian"), "validate", "readme.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_first_policy_is_the_shipped_one() -> None:
    """The first policy does what the pack's policy of the same name does."""
    (shown,) = yaml.safe_load(blocks("yaml")[0])["policies"]
    shipped = ROOT / "policies" / "renew" / f"{shown['name']}.yml"
    (packed,) = yaml.safe_load(shipped.read_text("utf-8"))["policies"]
    assert {key: packed[key] for key in shown} == shown


def test_permissions_are_those_that_are_declared() -> None:
    """The role is what the command prints, and all roles grant what elements declare."""
    (role,) = (json.loads(block) for block in blocks("json"))
    actions = needed([])
    assert role == document(actions, role="audit")
    documents = [document(actions, role=each) for each in ROLES]
    granted = {
        a for each in documents for statement in each["Statement"] for a in statement["Action"]
    }
    declared = {
        p for element in (*FILTERS.values(), *ACTIONS.values()) for p in element.permissions
    }
    resource = ServerCertificate.resource_type.enum_spec[0]
    assert resource == "list_server_certificates"
    listing = {  # of Custodian's own: certificates, and classic load balancers with their tags
        "iam:ListServerCertificates",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "tag:GetResources",
    }
    in_acm = {*permissions.ACM_READS, *permissions.ACM_WRITES}  # for what says store: acm
    assert granted == declared | listing | in_acm


def test_startup_line_is_the_one_installed() -> None:
    """The README shows the very line that Python runs at start-up."""
    line = (ROOT / "c7n_certrenew" / "c7n_certrenew_autoload.pth").read_text("utf-8")
    assert line in blocks("text")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file or folder of the repository."""
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_named_exist(page: Path) -> None:
    """Every file of ours that a page names in code is there."""
    for named in re.findall(
        r"`((?:c7n_certrenew|tests|docs|policies)/[\w./-]+)`", page.read_text()
    ):
        assert (ROOT / named).exists(), named


def test_commands_exist() -> None:
    """Every `certrenew` command that the README names is one."""
    named = set(re.findall(r"`certrenew ([a-z0-9-]+)", README))
    assert named
    assert named <= set(certrenew.commands)
