"""The page on installing says what is so: versions, commands, headings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from c7n_certrenew import __version__
from c7n_certrenew.cli import certrenew

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "install.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")


def test_versions_are_those_that_are_required() -> None:
    """The oldest Custodian, the oldest c7n-org and the wheel's name are those of the project."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    floors = dict(re.findall(r'"(c7n|c7n-org)>=([\d.]+)"', project))
    assert f"{floors['c7n']} or newer (c7n-org\n{floors['c7n-org']} or newer)" in PAGE
    assert f"c7n_certrenew-{__version__}-py3-none-any.whl" in PAGE


def test_commands_exist() -> None:
    """Every `certrenew` command on the page is one."""
    named = set(re.findall(r"^\$ certrenew ([a-z0-9-]+)", PAGE, re.MULTILINE))
    assert named
    assert named <= set(certrenew.commands)


@pytest.mark.parametrize("pattern", [r"\]\(#([^)]+)\)", r"install\.md#([^)]+)\)"])
def test_anchors_are_headings(pattern: str) -> None:
    """Links into the page lead to one of its headings."""
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    named = re.findall(pattern, PAGE + README)
    assert named
    assert set(named) <= anchors
