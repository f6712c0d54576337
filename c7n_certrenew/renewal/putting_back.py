"""Put back what this run bound, each listener only while it still holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from c7n_certrenew.aws.faults import explain, is_gone
from c7n_certrenew.core.model import Role
from c7n_certrenew.core.outcome import CHANGED, BindingOutcome, BindingState
from c7n_certrenew.renewal.exchange import Change
from c7n_certrenew.renewal.judging import SOMEBODY, Judge, why

if TYPE_CHECKING:
    from c7n_certrenew.core.model import Listener
    from c7n_certrenew.renewal.convergence import Convergence

_UNTOUCHED = (BindingState.UNCHANGED, BindingState.SKIPPED, BindingState.DEFERRED)

Back = tuple[BindingState, str]
"""How putting back ended, and why."""


@dataclass(frozen=True)
class PuttingBack:
    """Exchanges the new certificate for the old one again, until a deadline (monotonic)."""

    convergence: Convergence
    judge: Judge
    deadline: float

    def put_back(self, listener: Listener, change: Change) -> Back | None:
        """Return how it ended; None where nothing of this run is bound any more. Never raises."""
        try:
            with self.convergence.clients.budget.grace(insist=True):
                return self._put_back(listener, change)
        except Exception as fault:  # the other listeners must still be put back
            gone = is_gone(fault) or type(fault) is LookupError
            return None if gone else self._failed(why(fault))

    def _put_back(self, listener: Listener, change: Change) -> Back | None:
        old, new = self.judge.exchange.references(listener.service)
        there = self.convergence.serving(listener).roles(new)
        ours = tuple(role for role in there if role in change.roles)
        if not ours:
            return None
        if self.judge.exchange.old.certificate.expiration <= datetime.now(timezone.utc):
            return self._failed("the old one expired", separator=", ")
        back = Change()
        serving = self.convergence.converge(listener, new, old, back, self.deadline, ours)
        if any(role in serving.roles(new) for role in ours):
            refused = explain(back.fault) if back.fault else "the API still shows the new one"
            return self._failed(refused)
        if back.swapped and Role.SNI not in serving.roles(old):
            return self._failed(self.judge.lacking(back))
        return BindingState.UNDONE, self.judge.shown_bad

    def _failed(self, reason: str, separator: str = ": ") -> Back:
        said = f"not put back{separator}{reason} ({self.judge.shown_bad})"
        return BindingState.FAILED, said


def undone(outcome: BindingOutcome, back: Back | None) -> BindingOutcome:
    """Return how a binding ended when what this run bound was put back."""
    if back and outcome.state not in _UNTOUCHED:
        return replace(outcome, state=back[0], reason=back[1])
    if outcome.state in CHANGED:
        return replace(outcome, state=BindingState.SKIPPED, reason=SOMEBODY)
    return outcome
