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


@dataclass(frozen=True)
class Back:
    """How putting back ended, why, and AWS's ids of the calls that it took."""

    state: BindingState
    reason: str
    request_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class PuttingBack:
    """Exchanges the new certificate for the old one again, until a deadline (monotonic)."""

    convergence: Convergence
    judge: Judge
    deadline: float

    def put_back(self, listener: Listener, change: Change) -> Back | None:
        """Return how it ended; None where nothing of this run is bound any more. Never raises."""
        back = Change()
        try:
            with self.convergence.clients.budget.grace(insist=True):
                ended = self._put_back(listener, change, back)
        except Exception as fault:  # the other listeners must still be put back
            gone = is_gone(fault) or type(fault) is LookupError
            ended = None if gone else self._failed(why(fault))
        return ended and replace(ended, request_ids=tuple(back.request_ids))

    def _put_back(self, listener: Listener, change: Change, back: Change) -> Back | None:
        old, new = self.judge.exchange.references(listener.service)
        there = self.convergence.serving(listener).roles(new)
        ours = tuple(role for role in there if role in change.roles)
        if not ours:
            return None
        if self.judge.exchange.old.certificate.expiration <= datetime.now(timezone.utc):
            return self._failed("the old one expired", separator=", ")
        serving = self.convergence.converge(listener, new, old, back, self.deadline, ours)
        if any(role in serving.roles(new) for role in ours):
            refused = explain(back.fault) if back.fault else "the API still shows the new one"
            return self._failed(refused)
        if back.swapped and Role.SNI not in serving.roles(old):
            return self._failed(self.judge.lacking(back))
        return Back(BindingState.UNDONE, self.judge.shown_bad)

    def _failed(self, reason: str, separator: str = ": ") -> Back:
        said = f"not put back{separator}{reason} ({self.judge.shown_bad})"
        return Back(BindingState.FAILED, said)


def undone(outcome: BindingOutcome, back: Back | None) -> BindingOutcome:
    """Return how a binding ended when what this run bound was put back."""
    if back and outcome.state not in _UNTOUCHED:
        ids = (*outcome.request_ids, *back.request_ids)
        return replace(outcome, state=back.state, reason=back.reason, request_ids=ids)
    if outcome.state in CHANGED:
        return replace(outcome, state=BindingState.SKIPPED, reason=SOMEBODY)
    return outcome
