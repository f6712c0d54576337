"""The page of controls: which policies are evidence for which control of which framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import c7n_certrenew
from reference.markdown import GENERATED, heading, paragraph, table
from reference.rules import rules

FILE = Path(c7n_certrenew.__file__).parent / "report" / "controls.yml"
_INTRO = """\
Which policies of the [rule pack](policies/index.md) are evidence for which control. *Published*:
the publisher of the framework, or AWS, lists the control for the same check. *Ours*: the mapping is
ours; whether it satisfies your auditor is for your auditor to say.

"""


@cache
def frameworks() -> dict[str, Any]:
    """Return the frameworks with their controls, by the name that policies give them."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))["frameworks"]
    return found


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of the page."""
    parts = [heading("Controls"), GENERATED, _INTRO]
    for name, framework in frameworks().items():
        rows = [
            (control, about["title"], ", ".join(_policies(f"{name}/{control}")) or "none yet")
            for control, about in framework["controls"].items()
        ]
        title = f"{framework['title']}, {framework['version']}"
        parts += heading(title, 2), paragraph(f"[{framework['publisher']}]({framework['link']})")
        parts += [table(("control", "title", "policies"), rows)]
    yield "docs/reference/controls.md", "".join(parts).rstrip() + "\n"


def _policies(control: str) -> Iterator[str]:
    for one in rules():
        if control in one.metadata.controls:
            yield f"[{one.name}](policies/{one.name}.md) ({_by(control, one.name)})"


def table_of(controls: Sequence[str], policy: str) -> str:
    """Return the table of a policy's controls."""
    rows = []
    for control in controls:
        name, _, number = control.partition("/")
        framework = frameworks()[name]
        shown = f"{framework['title']}, {framework['version']}"
        rows.append((shown, number, framework["controls"][number]["title"], _by(control, policy)))
    return table(("framework", "control", "title", "mapping"), rows)


def _by(control: str, policy: str) -> str:
    name, _, number = control.partition("/")
    return (
        "published"
        if policy in frameworks()[name]["controls"][number].get("published-for", ())
        else "ours"
    )
