"""The page of each source: its options, policies that load, what is allowed, what errors say."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from c7n_certrenew.commands.granting import EVERYWHERE, loaded
from c7n_certrenew.commands.granting_sources import source_statements, sources_of
from c7n_certrenew.commands.permissions import SOURCE_READER
from c7n_certrenew.sources import SOURCES, source_class

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/reference/sources"
PAGES = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*") if path.stem != "index"}


def blocks(page: str, language: str) -> list[str]:
    """Return what a page has in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


@cache
def said() -> str:
    """Return every text of the package, those of f-strings without their values."""
    trees = (ast.parse(path.read_text("utf-8")) for path in (ROOT / "c7n_certrenew").rglob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return "\0".join(str(node.value) for node in nodes if isinstance(node, ast.Constant))


def test_each_source_has_a_page() -> None:
    """A new source cannot be added without one, nor a page be left behind."""
    assert sorted(PAGES) == sorted(SOURCES)


@pytest.mark.parametrize("kind", SOURCES)
def test_every_option_is_on_the_page(kind: str) -> None:
    """The table of options has all of them, and no others."""
    rows = re.findall(r"^\| (`.*?`) \|", PAGES[kind].split("\n## ")[0], re.MULTILINE)
    named = {option for row in rows for option in re.findall(r"`([a-z-]+)`", row)}
    assert named == set(source_class(kind).schema["properties"]) - {"type"}


@pytest.mark.parametrize("kind", SOURCES)
def test_policies_load_and_take_what_is_printed(kind: str, tmp_path: Path) -> None:
    """The first JSON that is a list is what `certrenew permissions` prints for the first policy."""
    policies = []
    for number, block in enumerate(blocks(PAGES[kind], "yaml")):
        (tmp_path / f"{number}.yml").write_text(block)
        policies += loaded([tmp_path / f"{number}.yml"])
    assert policies
    printed = source_statements(sources_of(policies[:1]), EVERYWHERE, SOURCE_READER)
    shown = [json.loads(block) for block in blocks(PAGES[kind], "json") if block.startswith("[")]
    assert shown == ([printed] if printed else [])


@pytest.mark.parametrize("kind", SOURCES)
def test_errors_are_those_of_the_code(kind: str) -> None:
    """What is quoted from an error stands in the package, or in what AWS and Vault answer."""
    rows = re.findall(r"^\| `(.+?)` \| ", PAGES[kind].partition("## Errors")[2], re.MULTILINE)
    elsewhere = ("AccessDenied", "AccessDeniedException", "BadGateway", "Forbidden", "VaultDown")
    elsewhere += ("permission denied", "Vault is sealed")
    for row in rows:
        for part in re.split(r"…|:(?= )|; ", row):
            words = part.strip(" :")
            answered = any(words.endswith(word) for word in elsewhere)
            assert answered or len(words) < 9 or words in said(), words
