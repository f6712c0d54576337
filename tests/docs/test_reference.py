"""The generated pages are what policies, docstrings, schemas, roles and `--help` say now."""

from __future__ import annotations

from pathlib import Path

import pytest
from reference import pages
from reference.elements import elements
from reference.options import options_table

from c7n_certrenew import register


@pytest.fixture(scope="module")
def wanted() -> dict[Path, str]:
    """Give every generated page."""
    return pages.pages()


def test_pages_are_up_to_date(wanted: dict[Path, str]) -> None:
    """The pages are what `make reference` writes, and none is left over."""
    found = [path.relative_to(pages.ROOT).as_posix() for path in pages.differing(wanted)]
    assert found == [], "run `make reference`"


def test_a_page_that_is_left_over_is_noticed(
    wanted: dict[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A page of a policy that is gone, one that was changed by hand, one that is missing."""
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    left, changed, missing = (tmp_path / "docs/reference/policies" / f"{n}.md" for n in "abc")
    left.parent.mkdir(parents=True)
    for path in (left, changed):
        path.write_text("by hand")
    assert pages.differing({changed: "generated", missing: "generated"}) == [left, changed, missing]


def test_every_element_has_a_page() -> None:
    """Whatever this package registers with Custodian, on any resource."""
    named = {one.name for one in elements()}
    assert {*register.FILTERS, *register.ACTIONS, "server-certificate"} <= named


def test_defaults_are_those_that_the_docstring_states() -> None:
    """In brackets after the option, behind a value, or the first of alternatives."""
    schema = {
        "properties": {
            "days": {"type": "number", "minimum": 0},
            "wait": {"type": "number"},
            "trust": {"enum": ["same", "any"]},
            "expired": {"enum": ["include", "only"]},
            "key": {"type": "string"},
        },
        "required": ["key"],
    }
    said = (
        "`days: 30` (the default) is the rule. `wait` (seconds, 900) and `trust: same | any`; "
        "`expired` says what becomes of it: `include` (default) or `only`."
    )
    assert options_table(schema, said).splitlines()[2:] == [
        "| `days` | a number from 0 | `30` |",
        "| `wait` | a number | `900` |",
        "| `trust` | `same` or `any` | `same` |",
        "| `expired` | `include` or `only` | `include` |",
        "| `key` | text | required |",
        "",
    ]
