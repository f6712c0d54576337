"""The page on installing says what is so: versions."""

from __future__ import annotations

import re
from pathlib import Path

from c7n_certrenew import __version__

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "install.md").read_text("utf-8")


def test_versions_are_those_that_are_required() -> None:
    """The oldest Custodian, the oldest c7n-org and the wheel's name are those of the project."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    floors = dict(re.findall(r'"(c7n|c7n-org)>=([\d.]+)"', project))
    assert f"{floors['c7n']} or newer (c7n-org\n{floors['c7n-org']} or newer)" in PAGE
    assert f"c7n_certrenew-{__version__}-py3-none-any.whl" in PAGE
