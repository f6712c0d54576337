"""The tables of an audit and of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c7n_certrenew.report.places import served_by
from c7n_certrenew.report.plan_lines import expires
from c7n_certrenew.report.terminal import Fitting, coloured, headed, lines, table, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.findings import Finding


def audit_certificates(found: Iterable[Finding], now: datetime) -> Fitting:
    """Show every certificate, what the policies say of it, and who serves it."""
    every = tuple(found)
    return Fitting(audit_table(every), tuple(_block(one, now) for one in every))


def _block(one: Finding, now: datetime) -> RenderableType:
    rows = [("expires", text(expires(one.expiration, now))), ("served by", _served(one))]
    if one.replaced_by:
        rows.append(("replaced by", text(f"{one.replaced_by}, and served again")))
    return headed(one.name, one.verdict, rows)


def _served(one: Finding) -> Text:
    return lines(served_by(one.listeners), empty=_SEEN.get(one.in_use, "nobody"))


_SEEN = {"unknown": "nobody, as far as could be seen"}


def audit_table(found: Iterable[Finding]) -> Table:
    """Show the same as a table."""
    made = table("Certificate", "Expires", "Days left>", "Verdict", "Served by")
    for one in found:
        made.add_row(
            text(one.name),
            f"{one.expiration:%Y-%m-%d}",
            str(one.days_left),
            coloured(one.verdict),
            _served(one),
        )
    return made


def _set_apart(plan: Shape) -> Iterator[str]:
    """Yield how many bindings would stay as they are, and how many went back."""
    bindings = plan.get("Bindings", ())
    for key, said in (("Held", "held back"), ("Reverted", "reverted")):
        if number := sum(key in bound for bound in bindings):
            yield f"{number} {said}"


def plan_table(plans: Iterable[Shape]) -> Table:
    """Show what a renewal would do, or every reason against it."""
    made = table("Certificate", "Replaced by", "Valid until", "Bindings>", "Verdict")
    for plan in plans:
        reasons = [refusal["Message"] for refusal in plan.get("Refusals", ())]
        reasons += _set_apart(plan)
        made.add_row(
            text(plan["ServerCertificateName"]),
            text(plan.get("NewName", "")),
            plan.get("Candidate", {}).get("NotAfter", "")[:10],
            str(len(plan.get("Bindings", ()))),
            coloured("; ".join([plan["Verdict"], *reasons])),
        )
    return made
