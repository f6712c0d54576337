"""Every link of every page leads to a place, and every file and command in its prose is there."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from pages import commands
from pages.blocks import PAGES, ROOT, prose

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")
_FILE = re.compile(r"`((?:c7n_certrenew|tests|docs|policies)/[\w./-]+)`")
_OPTION = re.compile(r"`(--[a-z][a-z-]+)(?:[ =][^`]*)?`")
OTHERS = frozenset(
    ("--build-arg", "--full", "--include-apps", "--resolve", "--with", "--with-executables-from")
)
"""Options of docker, of `make benchmark`, pipx, curl and uv that prose names."""


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return what can be linked to: headings as GitHub calls them, and what has an id."""
    text = page.read_text("utf-8")
    headings = re.findall(r"^#+ (.+?) *$", prose(text), re.MULTILINE)
    named = (re.sub(r"[^\w -]", "", plain(one)).lower().replace(" ", "-") for one in headings)
    return frozenset((*named, *re.findall(r'<a id="([^"]+)">', text)))


def plain(heading: str) -> str:
    """Return a heading without links."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading)


def faults(page: Path, text: str) -> list[str]:
    """Return what of a page's prose leads nowhere or does not exist."""
    found = []
    for target, anchor in _LINK.findall(prose(text)):
        path = (page.parent / target).resolve() if target else page
        if not path.exists():
            found.append(f"no file {target}")
        elif anchor and path.suffix == ".md" and anchor not in anchors(path):
            found.append(f"no anchor {target}#{anchor}")
    found += [f"no file {name}" for name in _FILE.findall(text) if not (ROOT / name).exists()]
    found += [f"no option {o}" for o in _OPTION.findall(text) if o not in _options()]
    for said in re.findall(r"`certrenew ([^`]+)`", prose(text)):
        found.append(commands.named_fault(shlex.split(said.replace("…", " "))))
    for said in re.findall(r"`(aws [^`…]+)`", prose(text)):
        found.append(commands.fault(shlex.split(said)))
    return list(filter(None, found))


@cache
def _options() -> frozenset[str]:
    return commands.options() | OTHERS


@every_page
def test_what_a_page_names_is_there(page: Path) -> None:
    """Files, anchors, commands and options."""
    assert faults(page, page.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "[a page](docs/no-such.md)",
        "[a heading](docs/how-to/install.md#no-such)",
        "[here](#no-such)",
        "`docs/no-such.md`",
        "`certrenew no-such`",
        "`certrenew policies no-such`",
        "`certrenew audit --no-such`",
        "`--no-such`",
        "`aws iam no-such`",
    ],
)
def test_what_is_not_there_is_noticed(wrong: str) -> None:
    """One of each kind."""
    assert len(faults(ROOT / "README.md", f"# Page\n\nSee {wrong} there.\n")) == 1
