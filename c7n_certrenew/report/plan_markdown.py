"""A plan as Markdown, for a pull request: every name in it stays text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from c7n_certrenew.report.plain import code
from c7n_certrenew.report.plan_lines import plan_lines
from c7n_certrenew.report.plan_terminal import closing

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.plans import Planned


def plan_markdown(found: Sequence[Planned], now: datetime) -> str:
    """Return the document. What comes from a certificate, a file or AWS stands in code spans."""
    plans = [plan for planned in found for plan in planned.plans]
    head = ["## Plan of a certificate renewal", "", closing(plans)]
    return "\n".join([*head, *(line for planned in found for line in _policy(planned, now))]) + "\n"


def _policy(planned: Planned, now: datetime) -> Iterator[str]:
    yield from ("", code(planned))
    if planned.failure:
        yield from ("", f"No plan: {code(planned.failure)}")
    for plan in planned.plans:
        yield from ("", f"### {code(plan['ServerCertificateName'])}: {plan['Verdict']}", "")
        yield from _certificate(plan, now)


def _certificate(plan: Shape, now: datetime) -> Iterator[str]:
    for label, values in plan_lines(plan, now):
        if len(values) == 1:
            yield f"- {label}: {code(values[0])}"
        else:
            yield from (f"- {label}:", *(f"  - {code(value)}" for value in values))
