"""The next safe step for a lineage."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from c7n_certrenew.core.held import Hold
from c7n_certrenew.core.page import page_for
from c7n_certrenew.report.bindings import applying, binding_shape
from c7n_certrenew.report.outcomes import UNFINISHED
from c7n_certrenew.report.places import explained
from c7n_certrenew.report.status import WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.status import Member, Status

_REFUSED = frozenset({"REFUSED", "UNDONE"})
_FAILED = _REFUSED | {"INCOMPLETE", UNFINISHED}


@dataclass(frozen=True)
class NextStep:
    """What to do: nothing, look, plan, renew or change; why; and the command, if there is one.

    What is to be changed is not ours: it is where a listener's owner keeps its certificate. `page`
    says what to do about a renewal that failed.
    """

    action: str
    reason: str
    command: str = ""
    details: tuple[str, ...] = ()
    page: str = ""

    @property
    def shape(self) -> Shape:
        """Return it as JSON."""
        shape = {"Action": self.action, "Reason": self.reason, "Command": self.command}
        return shape | applying({"Details": list(self.details), "Page": self.page})


def next_step(status: Status, policy: Path) -> NextStep:
    """Decide from what is served now. `policy` is the file that renews.

    A plan changes nothing; a renewal is named only where one was begun, and completes it. Where
    the last one failed the step says on which page that is explained.
    """
    failed = status.last is not None and status.last.state in _FAILED
    page = page_for(status.last.state) if status.last and failed else ""
    return replace(_step(status, policy), page=page)


def _step(status: Status, policy: Path) -> NextStep:
    if status.due:
        return _renewal(status, policy)
    if status.reverted:
        reason = (
            f"{_names(status.reverted)} was replaced and is served again: find what puts it back"
        )
        return NextStep("look", reason)
    if status.unread:
        reason = (
            "ask again for what could not be looked at, and allow what was denied; "
            "this prints what is needed"
        )
        return NextStep("look", reason, "certrenew permissions")
    return NextStep("nothing", _waiting(status))


def _renewal(status: Status, policy: Path) -> NextStep:
    due, file = _names(status.due), shlex.quote(_shown(policy))
    newer = [m for m in status.members if status.state(m) == "healthy" and not m.rejected]
    refused = status.last is not None and status.last.state in _REFUSED
    if newer and not refused:
        if details := _elsewhere(status, newer[0]):
            reason = f"{due} is still served where a renewal leaves it; name {newer[0].name} there"
            return NextStep("change", reason, details=details)
        reason = f"{due} is still served though {newer[0].name} is there; complete the renewal"
        if status.reverted:
            reason = f"{due} was replaced and is served again: find what puts it back, then renew"
        return NextStep("renew", reason, f"custodian run -s renew {file}", _unowned(status))
    reason = f"{due} is served and due; see what a renewal would do, it changes nothing"
    plan = f"custodian run --dryrun -s plan {file} && certrenew plan plan"
    return NextStep("plan", reason, plan, _unowned(status))


def _unowned(status: Status) -> tuple[str, ...]:
    """Return where it is not known who owns a listener, and why: a renewal may leave it."""
    held = [one for member in status.due for one in member.held]
    unknown = [one for one in held if one.kind is Hold.OWNER_UNKNOWN]
    return explained((binding_shape(one.binding), one.why) for one in unknown)


def _elsewhere(status: Status, newer: Member) -> tuple[str, ...]:
    """Return what to change where a renewal would change nothing; empty where it would."""
    held = [one for member in status.due for one in member.held]
    stays = [one for one in held if one.kind is not Hold.OWNER_UNKNOWN]
    if len(stays) < sum(len(member.bindings) for member in status.due):
        return ()
    reasons = [(binding_shape(one.binding), one.reason(newer.certificate.arn)) for one in stays]
    return explained(reasons)


def _waiting(status: Status) -> str:
    serving, idle = status.serving, [m for m in status.members if not m.bindings]
    if not serving:
        return f"nobody serves {_names(idle)}: there is nothing to renew"
    until = min(member.certificate.expiration for member in serving) - WINDOW
    later = f"; nobody serves {_names(idle)}: prune later" if idle else ""
    return f"nothing to do before {until:%Y-%m-%d}{later}"


def _names(members: Iterable[Member]) -> str:
    return ", ".join(member.name for member in members)


def _shown(policy: Path) -> str:
    """Return the path as short as it can be said from here."""
    here = Path.cwd()
    return str(policy.relative_to(here) if policy.is_relative_to(here) else policy)
