"""Each row of the page on AWS's behaviour is something we do, and tests of it name the row."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/reference/aws-behaviour.md").read_text("utf-8")
ROWS = {
    int(row): [cell.strip() for cell in cells.split(" | ")]
    for row, cells in re.findall(r"^\| (\d+) \| (.*) \|$", PAGE, re.M)
}
_NAMED = re.compile(r"AWS rows? (\d+(?:(?:, | and )\d+)*)")


def rows_in(docstring: str) -> set[int]:
    """Return the rows that a docstring names: "AWS row 2" or "AWS rows 1, 2 and 4"."""
    found = _NAMED.findall(" ".join(docstring.split()))
    return {int(number) for rows in found for number in re.findall(r"\d+", rows)}


def docstrings(module: ast.Module) -> Iterator[str]:
    """Yield what a module of tests says it shows, and what each of its tests says."""
    yield ast.get_docstring(module) or ""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield ast.get_docstring(node) or ""


@cache
def modules_by_row() -> dict[int, set[str]]:
    """Return the modules with a test that names a row; what the sandbox does is no test of us."""
    found = defaultdict(set)
    for path in TESTS.rglob("test_*.py"):
        if not path.name.startswith("test_sandbox_"):
            for row in rows_in(" ".join(docstrings(ast.parse(path.read_text("utf-8"))))):
                found[row].add(path.name)
    return found


def test_rows_are_found_in_docstrings() -> None:
    """One row, several, and over the end of a line."""
    assert rows_in("It waits (AWS row 1), adds and removes (AWS rows 2, 3\n    and 14).") == {
        1,
        2,
        3,
        14,
    }
    assert rows_in("A row of AWS.") == set()


def test_there_are_23_rows() -> None:
    """In order, each with what AWS does, what we do, and the tests of it."""
    assert list(ROWS) == list(range(1, 24))
    assert {len(cells) for cells in ROWS.values()} == {3}


@pytest.mark.parametrize("row", ROWS)
def test_row_has_tests_that_name_it(row: int) -> None:
    """The page names test modules, and each of them has a test that names the row."""
    named = set(re.findall(r"`(test_\w+\.py)`", ROWS[row][2]))
    assert named, "no test on the page"
    assert named <= modules_by_row()[row]


@pytest.mark.parametrize(
    "page", sorted((TESTS.parent / "docs").rglob("*.md")), ids=lambda page: page.name
)
def test_modules_that_a_page_names_exist(page: Path) -> None:
    """A page that names a module of tests as evidence names one that is there."""
    named = set(re.findall(r"`(test_\w+\.py)`", page.read_text("utf-8")))
    assert named <= {path.name for path in TESTS.rglob("test_*.py")}
