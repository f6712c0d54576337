"""The pages for 3 in the morning: every word that a failure prints is explained in one place."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from c7n_certrenew.core.held import Hold
from c7n_certrenew.core.outcome import BindingState, CertificateState
from c7n_certrenew.core.page import PAGE, page_for
from c7n_certrenew.report.outcomes import UNFINISHED

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "c7n_certrenew"
FAILS = (ROOT / PAGE).read_text("utf-8")

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
