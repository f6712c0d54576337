"""The pages for 3 in the morning: every word that a failure prints, and commands that exist."""

from __future__ import annotations

import ast
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from botocore import xform_name
from botocore.session import Session
from policies.harness import make_policy

from c7n_certrenew.cli import certrenew
from c7n_certrenew.core.held import Hold
from c7n_certrenew.core.outcome import BindingState, CertificateState
from c7n_certrenew.core.page import PAGE, page_for
from c7n_certrenew.report.outcomes import UNFINISHED

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "c7n_certrenew"
FAILS = (ROOT / PAGE).read_text("utf-8")
UNDO = (ROOT / "docs/how-to/undo-a-renewal.md").read_text("utf-8")
LEAVE = (ROOT / "docs/how-to/leave-iam-for-acm.md").read_text("utf-8")

GOOD = {"VERIFIED", "API_VERIFIED", "UNCHANGED", "RENEWED", "UNUSED"}
STATES = {state.value for kind in (BindingState, CertificateState) for state in kind} - GOOD


def codes() -> Iterator[str]:
    """Yield the code of every reason in the package, by its source."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Reason":
                yield _constant(node.args[0], path)


def _constant(node: ast.expr, path: Path) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    assert isinstance(node, ast.Name), f"{path}: {ast.unparse(node)} is no constant"
    name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
    return str(getattr(import_module(name), node.id))


def anchors(page: str) -> list[str]:
    """Return what can be linked to: headings as GitHub calls them, and what has an id."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    ids: list[str] = re.findall(r'<a id="([^"]+)">', page)
    return [*(heading.lower().replace(" ", "-") for heading in headings), *ids]


def commands() -> list[list[str]]:
    """Return every command of both pages, word by word, without its comment."""
    blocks = re.findall(r"^```console\n(.*?)^```", FAILS + UNDO, re.DOTALL | re.MULTILINE)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    words = [shlex.split(part, comments=True) for line in lines for part in line.split("&&")]
    return [each[: each.index("|")] if "|" in each else each for each in words]


WORDS = sorted({*codes(), *STATES, UNFINISHED, *(kind.value for kind in Hold)})


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_explained(word: str) -> None:
    """Each state that asks for attention and each reason's code has one place on the page."""
    path, _, anchor = page_for(word).partition("#")
    assert (ROOT / path).is_file()
    assert anchors(FAILS).count(anchor) == 1


def test_no_word_is_left_over() -> None:
    """What nothing prints any more is not explained either, and an anchor is of one place."""
    ids = re.findall(r'<a id="([^"]+)">', FAILS)
    assert set(ids) <= set(WORDS)
    assert [one for one, times in Counter(anchors(FAILS)).items() if times > 1] == []


def test_links_lead_to_places() -> None:
    """A link to a part of these pages, from either, leads there."""
    pages = {
        "when-a-renewal-fails.md": FAILS,
        "undo-a-renewal.md": UNDO,
        "leave-iam-for-acm.md": LEAVE,
    }
    for here, page in pages.items():
        for name, anchor in re.findall(r"\]\(([\w.-]*)#([^)]+)\)", page):
            assert anchor in anchors(pages[name or here]), f"{here}: {name}#{anchor}"


def test_policies_are_valid() -> None:
    """Custodian takes each policy of the pages."""
    shown = re.findall(r"^```yaml\n(.*?)^```", FAILS + UNDO, re.DOTALL | re.MULTILINE)
    policies = [one for block in shown for one in yaml.safe_load(block)["policies"]]
    assert policies
    for policy in policies:
        assert make_policy(policy).name == policy["name"]


def test_commands_are_ours() -> None:
    """Each `certrenew` command of the pages exists and takes what it is given."""
    ours = [words[1:] for words in commands() if words[0] == "certrenew"]
    ours += [shlex.split(said) for said in re.findall(r"`certrenew ([^`]+)`", FAILS + UNDO)]
    assert len(ours) > 5
    for words in ours:
        command: click.Command = certrenew
        while isinstance(command, click.Group) and words:
            command, words = command.commands[words[0]], words[1:]
        given = [str(ROOT / "README.md") if one.endswith(".yml") else one for one in words]
        command.make_context("", given)


def test_commands_are_those_of_aws() -> None:
    """Each `aws` command is an operation of botocore's models, with parameters that it has."""
    models: Any = Session()
    said = [shlex.split(one) for one in re.findall(r"`aws ([^`]+)`", FAILS + UNDO)]
    theirs = [words[1:] for words in commands() if words[0] == "aws"] + said
    assert len(theirs) > 5
    for service, operation, *options in theirs:
        model = models.get_service_model(service)
        [name] = [one for one in model.operation_names if xform_name(one, "-") == operation]
        shape = model.operation_model(name).input_shape
        known = {xform_name(member, "-") for member in shape.members} if shape else set()
        assert {one[2:] for one in options if one.startswith("--")} <= known
