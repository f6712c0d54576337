"""The next safe step for a lineage."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from c7n_certrenew.report.status import WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.status import Member, Status

_REFUSED = frozenset({"REFUSED", "UNDONE"})


@dataclass(frozen=True)
class NextStep:
    """What to do: nothing, look, plan or renew; why; and the command, if there is one."""

    action: str
    reason: str
    command: str = ""

    @property
    def shape(self) -> Shape:
        """Return it as JSON."""
        return {"Action": self.action, "Reason": self.reason, "Command": self.command}


def next_step(status: Status, policy: Path) -> NextStep:
    """Decide from what is served now. `policy` is the file that renews.

    A plan changes nothing; a renewal is named only where one was begun, and completes it.
    """
    if status.due:
        return _renewal(status, policy)
    if status.unread:
        reason = "allow what could not be looked at, then ask again; this prints what is needed"
        return NextStep("look", reason, "certrenew permissions")
    return NextStep("nothing", _waiting(status))


def _renewal(status: Status, policy: Path) -> NextStep:
    due, file = _names(status.due), shlex.quote(_shown(policy))
    newer = [m for m in status.members if status.state(m) == "healthy" and not m.rejected]
    refused = status.last is not None and status.last.state in _REFUSED
    if newer and not refused:
        reason = f"{due} is still served though {newer[0].name} is there; complete the renewal"
        return NextStep("renew", reason, f"custodian run -s renew {file}")
    reason = f"{due} is served and due; see what a renewal would do, it changes nothing"
    return NextStep("plan", reason, f"custodian run --dryrun -s plan {file} && certrenew plan plan")


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
