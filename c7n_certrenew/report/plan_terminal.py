"""A plan as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from c7n_certrenew.report.plan_lines import plan_lines
from c7n_certrenew.report.plans import tally
from c7n_certrenew.report.terminal import block, coloured, lines, text

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.plans import Planned


def plan_parts(found: Sequence[Planned], now: datetime) -> Iterator[RenderableType]:
    """Yield what to print: each policy, each certificate of it, and the count of all."""
    for planned in found:
        if planned.failure:
            continue
        yield text(planned, "bold")
        for plan in planned.plans:
            yield (
                Text("\n")
                + text(plan["ServerCertificateName"], "bold")
                + ": "
                + coloured(plan["Verdict"])
            )
            yield block((label, lines(values)) for label, values in plan_lines(plan, now))
        yield ""
    yield closing([plan for planned in found for plan in planned.plans])


def closing(plans: Sequence[Shape]) -> str:
    """Say what it comes to."""
    return tally(plans) if plans else "Nothing is due: no certificate matched."
