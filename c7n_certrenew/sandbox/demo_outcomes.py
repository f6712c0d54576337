"""How the renewals of the demonstration ended, from the records they left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.text import Text

from c7n_certrenew.report.output import read_json
from c7n_certrenew.report.places import place
from c7n_certrenew.report.record import FILE_NAME
from c7n_certrenew.report.terminal import table, text

from .demo_world import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.table import Table

_GOOD = frozenset({"VERIFIED", "API_VERIFIED", "UNCHANGED"})


@dataclass(frozen=True)
class End:
    """How one certificate of an account ended, and each of its bindings, as JSON shapes."""

    account: str
    certificate: str
    state: str
    bindings: tuple[dict[str, Any], ...]

    @property
    def states(self) -> dict[str, str]:
        """Return the end of each binding, by load balancer."""
        return {str(one["LoadBalancerName"]): str(one["State"]) for one in self.bindings}


def ends(out: Path) -> tuple[End, ...]:
    """Return how every certificate ended, by account. Raises OutputError for a broken record."""
    return tuple(
        End(
            account=account,
            certificate=outcome["ServerCertificateName"],
            state=outcome["State"],
            bindings=tuple(outcome.get("Bindings", ())),
        )
        for account in ACCOUNTS
        for record in sorted((out / account).rglob(FILE_NAME))
        for outcome in read_json(record)["Outcomes"]
    )


def ends_table(found: Iterable[End]) -> Table:
    """Show each certificate and each binding with its outcome."""
    made = table("Account", "Certificate", "", "Listener", "Outcome")
    for one in found:
        for number, binding in enumerate(one.bindings):
            first = number == 0
            made.add_row(
                text(one.account if first else ""),
                text(one.certificate if first else ""),
                _coloured(one.state, good=one.state == "RENEWED") if first else "",
                text(f"{place(binding)} {binding['Role']}"),
                _coloured(str(binding["State"]), good=binding["State"] in _GOOD),
            )
    return made


def _coloured(state: str, good: bool) -> Text:
    return text(state, "green" if good else "bold red")
