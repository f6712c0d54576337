"""A plan as Markdown, for a pull request: every name in it stays text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from c7n_certrenew.report.plain import cell, code
from c7n_certrenew.report.plan_lines import expires_on, plan_lines, quota_lines, targets
from c7n_certrenew.report.plan_listeners import cells, headers, listed, turns
from c7n_certrenew.report.plan_terminal import closing

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.plan_lines import Lines
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
    if planned.quota:
        yield from ("", *_listed(quota_lines(planned.quota)))
    if len(planned.plans) > 1:
        yield from _overview(planned.plans, now)
    for plan in planned.plans:
        yield from ("", f"### {code(plan['ServerCertificateName'])}: {plan['Verdict']}", "")
        yield from _listed([*plan_lines(plan, now), *listed(plan)])
        yield from () if listed(plan) else _listeners(plan)


def _overview(plans: Iterable[Shape], now: datetime) -> Iterator[str]:
    yield from _head(("Certificate", "Verdict", "Expires", "Listeners", "Replaced by"))
    for plan in plans:
        names = dict.fromkeys(target["NewName"] for target in targets(plan))
        new = ", ".join(names) if plan["Verdict"] == "ready" else ""
        name, count = plan["ServerCertificateName"], str(len(turns(plan)))
        yield _row((name, plan["Verdict"], expires_on(plan, now), count, new))


def _listeners(plan: Shape) -> Iterator[str]:
    every = turns(plan)
    columns = headers(every)
    yield from _head(columns)
    yield from (_row(cells(turn, columns)) for turn in every)


def _listed(said: Iterable[Lines]) -> Iterator[str]:
    for label, values in said:
        if len(values) == 1:
            yield f"- {label}: {code(values[0])}"
        else:
            yield from (f"- {label}:", *(f"  - {code(value)}" for value in values))


def _head(columns: Sequence[str]) -> Iterator[str]:
    yield from ("", f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}")


def _row(values: Iterable[str]) -> str:
    return f"| {' | '.join(cell(value) if value else '' for value in values)} |"
