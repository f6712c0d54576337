"""Change listeners: look, rebind in place, look again, and put back what is shown bad."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from c7n_certrenew.aws.budget import RunTimeoutError
from c7n_certrenew.aws.faults import FAULTS, is_gone
from c7n_certrenew.core.outcome import BindingOutcome, BindingState
from c7n_certrenew.renewal.convergence import Convergence
from c7n_certrenew.renewal.exchange import Change, Exchange
from c7n_certrenew.renewal.judging import TIMEOUT, Judge, any_in, why
from c7n_certrenew.renewal.putting_back import Back, PuttingBack, undone
from c7n_certrenew.renewal.verification import (
    Confirmation,
    Finding,
    Watch,
    wait_together,
    watch,
)

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import Listener, Role

log = logging.getLogger("custodian.certrenew.rebinding")

_WORKERS = 16
_FIRST_LOOK = 10.0
"""Seconds in which a listener shows a bad certificate before the next ones are begun."""

_Outcomes = tuple[BindingOutcome, ...]


@dataclass(frozen=True)
class _Changed:
    """A listener that the API shows changed, or failed; `confirmation` is what clients say."""

    listener: Listener
    shown: _Outcomes
    change: Change
    confirmation: Confirmation


@dataclass
class Rebinder:
    """Changes listeners from one certificate to another. Threads may share it.

    `begun`, on the monotonic clock, is when the certificate was on its way to all regions:
    from then on all listeners together wait for `propagation_timeout` seconds until it is known.
    With `swaps` a full list may lack both for a moment.
    """

    clients: Clients
    exchange: Exchange
    verify: str
    propagation_timeout: float
    swaps: bool = False
    begun: float = field(default_factory=lambda: time.monotonic())
    _changes: dict[Listener, Change] = field(default_factory=dict)
    _judge: Judge = field(init=False)
    _convergence: Convergence = field(init=False)

    def __post_init__(self) -> None:
        self._judge, self._convergence = Judge(self.exchange), Convergence(self.clients)

    @property
    def shown_bad(self) -> str:
        """Return why the new certificate must not stay anywhere, empty while it is good."""
        return self._judge.shown_bad

    @property
    def accepted(self) -> bool:
        """Say whether a listener has taken the new certificate, so that a rejection is its own."""
        return self._judge.accepted

    def accept(self) -> None:
        """Know that listeners of another certificate have taken the new one."""
        self._judge.accepted = True

    def condemn(self, reason: str) -> None:
        """Call the new certificate bad, because listeners of others have shown it."""
        self._judge.shown_bad = self._judge.shown_bad or reason

    @property
    def _may_swap(self) -> bool:
        """Say whether a full list may lack both: one that has expired is nothing to lose."""
        expiration = self.exchange.old.certificate.expiration
        return self.swaps or expiration <= datetime.now(timezone.utc)

    def change(self, listener: Listener, roles: Iterable[Role]) -> _Outcomes:
        """Rebind one listener, wait for its clients; return how each of its bindings ended.

        Never raises.
        """
        changed = self._change(listener, tuple(roles))
        if not isinstance(changed, _Changed):
            return changed
        return self._judged(changed, changed.confirmation.wait(self._deadline()))

    def change_all(self, listeners: Mapping[Listener, tuple[Role, ...]]) -> _Outcomes:
        """Rebind listeners side by side; all of them together wait for their clients.

        One that shows the certificate bad at once keeps the next ones from being begun. Never
        raises.
        """
        with ThreadPoolExecutor(_WORKERS) as pool:
            begun = list(pool.map(self._begin, listeners, listeners.values()))
        waiting = [one for one in begun if isinstance(one, _Changed)]
        confirmations = [one.confirmation for one in waiting]
        found = wait_together(confirmations, self._deadline(), lambda: bool(self.shown_bad))
        ended = {place: self._judged(waiting[place], finding) for place, finding in found}
        late = (ended[place] for place in range(len(waiting)))
        return tuple(
            outcome
            for one in begun
            for outcome in (next(late) if isinstance(one, _Changed) else one)
        )

    def undo(self, outcomes: Iterable[BindingOutcome]) -> _Outcomes:
        """Put back what this run bound, each listener only while it still holds it."""
        touched = [listener for listener, change in self._changes.items() if change.roles]
        with ThreadPoolExecutor(_WORKERS) as pool:
            back = dict(zip(touched, pool.map(self._put_back, touched), strict=True))
        return tuple(undone(one, back.get(one.binding.listener)) for one in outcomes)

    def _begin(self, listener: Listener, roles: tuple[Role, ...]) -> _Changed | _Outcomes:
        changed = self._change(listener, roles)
        if not isinstance(changed, _Changed):
            return changed
        until = min(self._deadline(), time.monotonic() + _FIRST_LOOK)
        finding = changed.confirmation.glimpse(until)
        return self._judged(changed, finding) if finding else changed

    def _change(self, listener: Listener, planned: tuple[Role, ...]) -> _Changed | _Outcomes:
        if self.shown_bad:
            return self._judge.ended(listener, planned, BindingState.DEFERRED, self.shown_bad)
        if self.clients.budget.over:
            return self._judge.ended(listener, planned, BindingState.DEFERRED, TIMEOUT)
        try:
            return self._rebound(listener, planned)
        except Exception as fault:  # the other listeners must still be finished, or put back
            return self._ended(listener, planned, fault)

    def _rebound(self, listener: Listener, planned: tuple[Role, ...]) -> _Changed | _Outcomes:
        old = self.exchange.old.leaf
        names = old.names if self.verify != "api" else ()
        seen = watch(
            listener, names, old.fingerprint, self.exchange.leaf.fingerprint, old.key.algorithm
        )
        change = self._changes[listener] = Change(may_swap=self._may_swap)
        references, deadline = self.exchange.references(listener), self.begun
        deadline += self.propagation_timeout
        try:
            serving = self._convergence.converge(listener, *references, change, deadline)
        except Exception as fault:
            if not _gone(fault):
                self._suspect(listener, seen, change)
            raise
        roles = dict.fromkeys((*planned, *sorted(change.roles)))
        shown = self._judge.shown(listener, roles, serving, change)
        if any_in(BindingState.FAILED, shown):
            self._suspect(listener, seen, change)
            return self._judge.judged(listener, shown, change, self._judge.failure(change))
        if not any_in(BindingState.API_VERIFIED, shown):
            return shown
        confirmation = Confirmation(
            None if self.verify == "api" else seen,
            (lambda: True) if serving.settled else (lambda: self._settled(listener)),
            self.verify == "tls",
        )
        return _Changed(listener, shown, change, confirmation)

    def _suspect(self, listener: Listener, seen: Watch, change: Change) -> None:
        """Look once at a listener that may have been changed: what is bad must not stay there."""
        if change.roles and (finding := Confirmation(seen).wait(time.monotonic())).bad:
            self._judge.condemn(listener, finding.reason)

    def _ended(self, listener: Listener, planned: tuple[Role, ...], fault: Exception) -> _Outcomes:
        change = self._changes.get(listener, Change())
        touched = change.roles and not _gone(fault)
        state, reason = BindingState.UNKNOWN if touched else BindingState.FAILED, why(fault)
        if isinstance(fault, RunTimeoutError) and not touched:
            state, reason = BindingState.DEFERRED, TIMEOUT
        log.info("%s %s: %s", listener, state.value, reason)
        return self._judge.ended(listener, planned, state, reason, change.request_ids)

    def _judged(self, changed: _Changed, finding: Finding) -> _Outcomes:
        return self._judge.judged(changed.listener, changed.shown, changed.change, finding)

    def _settled(self, listener: Listener) -> bool:
        """Say whether the service has brought a change everywhere; what cannot be read has not."""
        try:
            return self._convergence.serving(listener).settled
        except (*FAULTS, LookupError):
            return False

    def _deadline(self) -> float:
        now = time.monotonic()
        return min(now + self.propagation_timeout, self.clients.budget.deadline)

    def _put_back(self, listener: Listener) -> Back | None:
        deadline = time.monotonic() + self.propagation_timeout
        with_all = PuttingBack(self._convergence, self._judge, deadline)
        return with_all.put_back(listener, self._changes[listener])


def _gone(fault: Exception) -> bool:
    return is_gone(fault) or type(fault) is LookupError
