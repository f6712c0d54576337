"""Put back what this run bound, each listener only while it still holds it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from c7n_certrenew.aws.faults import THROTTLED, code, explain, is_ambiguous, is_gone
from c7n_certrenew.core.model import Role
from c7n_certrenew.core.outcome import CHANGED, BindingOutcome, BindingState
from c7n_certrenew.renewal.exchange import Change
from c7n_certrenew.renewal.judging import SOMEBODY, Judge, why
from c7n_certrenew.renewal.verification import pauses

if TYPE_CHECKING:
    from c7n_certrenew.aws.consumers import Serving
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
        """Return how it ended; None where nothing of this run is bound any more. Never raises.

        Throttling, and what gives no answer, is waited out: clients are served what is bad.
        """
        budget, back, ended = self.convergence.clients.budget, Change(may_swap=True), None
        with budget.grace(insist=True):
            for pause in pauses(longest=10.0):
                ended = self._attempt(listener, change, back)
                late = time.monotonic() + pause > self.deadline or budget.left < pause
                if late or not ended or ended.state is BindingState.UNDONE or not _passes(back):
                    break
                budget.sleep(pause)
        return ended and replace(ended, request_ids=tuple(back.request_ids))

    def _attempt(self, listener: Listener, change: Change, back: Change) -> Back | None:
        back.fault = None
        try:
            return self._put_back(listener, change, back)
        except Exception as fault:  # the other listeners must still be put back
            back.fault = fault
            gone = is_gone(fault) or type(fault) is LookupError
            return None if gone else self._failed(why(fault))

    def _put_back(self, listener: Listener, change: Change, back: Change) -> Back | None:
        old, new = self.judge.exchange.references(listener)
        serving = self.convergence.serving(listener)
        ours = tuple(role for role in serving.roles(new) if role in change.roles)
        if not ours:
            return self._already(listener, serving, old, back)
        if self.judge.exchange.one_way:
            return self._failed("the key of the old one must not be served again", separator=", ")
        if self.judge.exchange.old.certificate.expiration <= datetime.now(timezone.utc):
            return self._failed("the old one expired", separator=", ")
        serving = self.convergence.converge(listener, new, old, back, self.deadline, ours)
        if any(role in serving.roles(new) for role in ours):
            refused = explain(back.fault) if back.fault else "the API still shows the new one"
            return self._failed(refused)
        if back.swapped and Role.SNI not in serving.roles(old):
            return self._failed(self.judge.lacking(listener, back))
        return Back(BindingState.UNDONE, self.judge.shown_bad)

    def _already(self, listener: Listener, serving: Serving, old: str, back: Change) -> Back | None:
        """Say how an earlier attempt ended of which nothing was known."""
        if back.roles and back.roles.issubset(serving.roles(old)):
            return Back(BindingState.UNDONE, self.judge.shown_bad)
        if back.swapped and Role.SNI not in serving.roles(old):
            return self._failed(self.judge.lacking(listener, back))
        return None

    def _failed(self, reason: str, separator: str = ": ") -> Back:
        said = f"not put back{separator}{reason} ({self.judge.shown_bad})"
        return Back(BindingState.FAILED, said)


def _passes(back: Change) -> bool:
    fault = back.fault
    return fault is not None and (code(fault) in THROTTLED or is_ambiguous(fault))


def undone(outcome: BindingOutcome, back: Back | None) -> BindingOutcome:
    """Return how a binding ended when what this run bound was put back."""
    if back and outcome.state not in _UNTOUCHED:
        ids = (*outcome.request_ids, *back.request_ids)
        return replace(outcome, state=back.state, reason=back.reason, request_ids=ids)
    if outcome.state in CHANGED:
        return replace(outcome, state=BindingState.SKIPPED, reason=SOMEBODY)
    return outcome
