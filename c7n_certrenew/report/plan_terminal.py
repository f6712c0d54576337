"""A plan as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.padding import Padding

from c7n_certrenew.report.plan_lines import expires_on, plan_lines, quota_lines, targets
from c7n_certrenew.report.plan_listeners import cells, headers, listed, turns
from c7n_certrenew.report.plans import tally
from c7n_certrenew.report.terminal import Fitting, block, coloured, headed, lines, table, text

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.plans import Planned

_BELOW = (1, 0, 0, 2)
"""Blank lines and columns around a table: above, right, below, left."""


def plan_parts(found: Sequence[Planned], now: datetime) -> Iterator[RenderableType]:
    """Yield what to print: each policy, each certificate of it, and the count of all."""
    for planned in found:
        if planned.failure:
            continue
        yield text(planned, "bold")
        yield from _overview(planned.plans, now)
        for plan in planned.plans:
            yield ""
            yield from _certificate(plan, now)
        if planned.quota:
            yield ""
            yield block((label, lines(values)) for label, values in quota_lines(planned.quota))
        yield ""
    yield closing([plan for planned in found for plan in planned.plans])


def closing(plans: Sequence[Shape]) -> str:
    """Say what it comes to."""
    return tally(plans) if plans else "Nothing is due: no certificate matched."


def _overview(plans: Sequence[Shape], now: datetime) -> Iterator[RenderableType]:
    """Yield a line for each certificate where there are several, if they fit."""
    if len(plans) < 2:
        return
    made = table("Certificate", "Verdict", "Expires", "Listeners>", "Replaced by")
    for plan in plans:
        names = dict.fromkeys(target["NewName"] for target in targets(plan))
        made.add_row(
            text(plan["ServerCertificateName"]),
            coloured(plan["Verdict"]),
            expires_on(plan, now),
            str(len(turns(plan))),
            text(", ".join(names) if plan["Verdict"] == "ready" else ""),
        )
    yield Fitting(Padding(made, _BELOW), ())


def _certificate(plan: Shape, now: datetime) -> Iterator[RenderableType]:
    said = [*plan_lines(plan, now), *listed(plan)]
    rows = [(label, lines(values)) for label, values in said]
    yield headed(plan["ServerCertificateName"], plan["Verdict"], rows)
    if not listed(plan):
        every = block([("listeners", lines(turns(plan)))])
        yield Fitting(_table(plan), (Padding(every, (1, 0, 0, 0)),))


def _table(plan: Shape) -> Padding:
    every = turns(plan)
    columns = headers(every)
    made = table(*columns)
    for turn in every:
        made.add_row(*map(text, cells(turn, columns)))
    return Padding(made, _BELOW)
