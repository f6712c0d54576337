"""The page of controls: which policies are evidence for which control of which framework."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from c7n_certrenew.report.controls import Control, controls
from reference.markdown import GENERATED, heading, paragraph, table
from reference.rules import rules

_INTRO = """\
Which policies of the [rule pack](policies/index.md) are evidence for which control. *Publisher*:
the publisher of the framework, or AWS, lists the control for the same check. *Ours*: the mapping is
ours; whether it satisfies your auditor is for your auditor to say.

"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of the page."""
    parts = [heading("Controls"), GENERATED, _INTRO]
    for framework, found in groupby(controls().values(), key=lambda one: one.framework):
        rows = [(one.id, one.title, ", ".join(_policies(one)) or "none yet") for one in found]
        parts += heading(f"{framework.title}, {framework.version}", 2)
        parts += paragraph(f"[{framework.publisher}]({framework.link})")
        parts += table(("control", "title", "policies"), rows)
    yield "docs/reference/controls.md", "".join(parts).rstrip() + "\n"


def _policies(control: Control) -> Iterator[str]:
    for one in rules():
        if control.name in one.metadata.controls:
            yield f"[{one.name}](policies/{one.name}.md) ({control.mapping(one.name)})"


def table_of(names: Sequence[str], policy: str) -> str:
    """Return the table of a policy's controls. Raises KeyError for one that is in no framework."""
    found = [controls()[name] for name in names]
    rows = [
        (f"{c.framework.title}, {c.framework.version}", c.id, c.title, c.mapping(policy))
        for c in found
    ]
    return table(("framework", "control", "title", "mapping"), rows)
