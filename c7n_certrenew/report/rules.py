"""What the rules of the pack found in an account, beside the dates of its certificates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.pack import SEVERITIES
from c7n_certrenew.report.findings import INVENTORY
from c7n_certrenew.report.output import RESOURCES, read_resources
from c7n_certrenew.report.terminal import Fitting, coloured, headed, table, text

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType

    from c7n_certrenew.pack import Shipped
    from c7n_certrenew.report.bindings import Shape

DATES = frozenset(
    f"iam-certificate-{name}"
    for name in (
        *("expiring", "expiring-in-use", "expiring-7-days", "expiring-45-days"),
        *("expired", "expired-in-use", "expired-unused"),
    )
)
"""What the table of certificates says already, with its verdict on each."""


@dataclass(frozen=True)
class Rule:
    """One rule that was run: whom it found, and whom it counts as found but could not look at."""

    policy: str
    id: str
    severity: str
    title: str
    found: tuple[str, ...]
    unknown: tuple[str, ...]

    def matters(self, least: str) -> bool:
        """Say whether it found somebody and is at least as severe as this."""
        return bool(self.found) and SEVERITIES.index(self.severity) >= SEVERITIES.index(least)


def rules(audit: Path, run: Iterable[Shipped]) -> tuple[Rule, ...]:
    """Return what each rule found, the most severe first; the inventory judges nothing.

    Raises OutputError where a policy left nothing.
    """
    judged = [_rule(audit, one) for one in run if one.name != INVENTORY]
    return tuple(sorted(judged, key=lambda one: (-SEVERITIES.index(one.severity), one.id)))


def _rule(audit: Path, one: Shipped) -> Rule:
    found = read_resources(audit / one.name / RESOURCES)
    names = {known: tuple(_name(r) for r in found if _known(r) is known) for known in (True, False)}
    about = one.metadata
    return Rule(one.name, about.id, about.severity, about.title, names[True], names[False])


def _known(resource: Shape) -> bool:
    return not resource.get("c7n:unread")


def _name(resource: Shape) -> str:
    return str(resource.get("ServerCertificateName") or "the account")


def rule_shape(one: Rule) -> Shape:
    """Return a rule as JSON."""
    return {
        "Policy": one.policy,
        "Id": one.id,
        "Severity": one.severity,
        "Title": one.title,
        "Found": list(one.found),
        "Unknown": list(one.unknown),
    }


def rule_parts(every: Sequence[Rule]) -> Iterator[RenderableType]:
    """Yield what the rules found that the table of certificates does not say."""
    shown = [one for one in every if (one.found or one.unknown) and one.policy not in DATES]
    if not shown:
        return
    yield text("Findings", "bold")
    made = table("Severity", "Rule", "Asks for", "Not so")
    for one in shown:
        made.add_row(coloured(one.severity), one.id, text(one.title), text(_seen(one)))
    blocks = (
        headed(one.id, one.severity, [("asks for", text(one.title)), ("not so", text(_seen(one)))])
        for one in shown
    )
    yield Fitting(made, tuple(blocks))
    yield ""


def _seen(one: Rule) -> str:
    return ", ".join([*one.found, *(f"{name} (not looked at)" for name in one.unknown)])
