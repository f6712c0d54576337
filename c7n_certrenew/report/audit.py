"""What an audit found, as JSON and on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew import __version__
from c7n_certrenew.core.page import PAGE
from c7n_certrenew.report.findings import finding_shape, totals, unread
from c7n_certrenew.report.places import place, scopes
from c7n_certrenew.report.plain import plain
from c7n_certrenew.report.plans import count
from c7n_certrenew.report.rules import DATES, Rule, rule_parts, rule_shape
from c7n_certrenew.report.tables import audit_certificates
from c7n_certrenew.report.terminal import text

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.findings import Finding

SCHEMA = "certrenew-audit/1"
_ALARM = "bold red"


@dataclass(frozen=True)
class Audit:
    """One account, at one moment: every certificate with what the policies say of it."""

    account_id: str
    partition: str
    checked: datetime
    policies: tuple[str, ...]
    found: tuple[Finding, ...]
    gone: tuple[Shape, ...] = ()
    """Classic listeners whose certificate does not exist: a binding, Status and Certificate."""
    unread_besides: tuple[Shape, ...] = ()
    rules: tuple[Rule, ...] = ()
    not_run: tuple[str, ...] = ()
    """Shipped detect policies that an audit does not run."""

    @property
    def due(self) -> bool:
        """Say whether a certificate expires within 30 days, has expired, or is gone."""
        return bool(self.gone) or any(one.state != "healthy" for one in self.found)

    def matters(self, least: str) -> bool:
        """Say whether a rule that is at least as severe as this has found somebody.

        What the certificates' verdicts say already is not asked again.
        """
        return any(one.matters(least) for one in self.rules if one.policy not in DATES)

    @property
    def unread(self) -> list[Shape]:
        """Return what could not be looked at."""
        found = unread(self.found)
        return found + [scope for scope in self.unread_besides if scope not in found]

    @property
    def shape(self) -> Shape:
        """Return it as JSON."""
        return {
            "Schema": SCHEMA,
            "Version": __version__,
            "AccountId": self.account_id,
            "Partition": self.partition,
            "Checked": self.checked.isoformat(timespec="seconds"),
            "Policies": list(self.policies),
            "Certificates": [finding_shape(one) for one in self.found],
            "Rules": [rule_shape(one) for one in self.rules],
            "NotRun": list(self.not_run),
            "Gone": list(self.gone),
            "Unread": self.unread,
            "Totals": totals(self.found) | {"Unread": len(self.unread)},
        }

    def parts(self) -> Iterator[RenderableType]:
        """Yield what to print for a person."""
        when = f"{self.checked:%Y-%m-%d %H:%M} UTC"
        yield text(f"Account {self.account_id}, partition {self.partition}, {when}", "bold")
        yield ""
        if self.found:
            yield audit_certificates(self.found, self.checked)
            yield ""
        yield from rule_parts(self.rules)
        yield from _gone_parts(self.gone)
        yield from unread_parts(self.unread)
        if self.not_run:
            number = count(len(self.not_run), "shipped rule")
            yield text(
                f"Not run here: {number} on other resources or on a source of yours (--json)."
            )
        if self.due:
            yield text(f"Next: certrenew status NAME; if its renewal failed, see {PAGE}")
        yield _closing(totals(self.found))


def _gone_parts(gone: Sequence[Shape]) -> Iterator[RenderableType]:
    if gone:
        yield text("Bind another certificate now: these listeners name one that is gone.", _ALARM)
        for one in gone:
            yield text(plain(f"  {place(one)} ({one['Status']}): {one['Certificate']}"))
        yield ""


def unread_parts(unread: list[Shape]) -> Iterator[RenderableType]:
    """Yield what could not be looked at, and what that means."""
    if unread:
        yield text("Not looked at, so who serves what there is not known:", "bold yellow")
        yield from (text(f"  {scope}") for scope in scopes(unread))
        yield ""


def _closing(totals: Shape) -> str:
    if not totals["Certificates"]:
        return "No server certificate is in IAM."
    due = totals["Expiring"] + totals["Expired"]
    said = [f"{count(totals['Certificates'], 'server certificate')}: {totals['Healthy']} healthy"]
    said += [f"{totals['Expiring']} expiring within 30 days, {totals['Expired']} expired"]
    if due:
        unknown = f", {totals['DueUnknown']} perhaps in use" if totals["DueUnknown"] else ""
        use = f"{totals['DueInUse']} in use, {totals['DueUnused']} unused{unknown}"
        said.append(f"of the {due} due {use}")
    return f"{', '.join(said[:2])}{'; ' + said[2] if due else ''}."
