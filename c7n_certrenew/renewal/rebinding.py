"""Change one listener: read it, rebind it in place until it holds, look at it, or put it back."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from threading import Semaphore
from typing import Any

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS, Serving
from c7n_certrenew.aws.faults import (
    FAULTS,
    explain,
    is_ambiguous,
    is_rejection,
    is_transient_refusal,
)
from c7n_certrenew.core.model import Binding, Listener, Role, ServerCertificate
from c7n_certrenew.core.outcome import CHANGED, BindingOutcome, BindingState
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.core.x509 import Certificate
from c7n_certrenew.renewal.verification import Finding, Watch, pauses, watch

log = logging.getLogger("custodian.certrenew.rebinding")

_REPEATS = 4
"""How often a change is asked for again whose answer was lost or that does not show yet."""
_AT_ONCE = 3
"""How many listeners of a region are between their read and their write at a time."""
_UNTOUCHED = (BindingState.UNCHANGED, BindingState.SKIPPED, BindingState.DEFERRED)
_SOMEBODY = "somebody else has changed it since"


@dataclass(frozen=True)
class Exchange:
    """The old certificate, and the new one with its X.509 body."""

    old: Stored
    new: ServerCertificate
    leaf: Certificate

    def references(self, service: str) -> tuple[str, str]:
        """Return how a service names the old certificate and the new one."""
        name = CONSUMERS[service].reference
        return name(self.old.certificate), name(self.new)


@dataclass
class _Change:
    """What this run did to one listener: the roles in which it replaced the old certificate."""

    roles: set[Role] = field(default_factory=set)
    request_ids: list[str] = field(default_factory=list)
    fault: Exception | None = None

    def call(self, operation: Any, /, **parameters: Any) -> None:
        """Make one changing call and keep its request id."""
        answer = operation(**parameters)
        self.request_ids.append(answer["ResponseMetadata"].get("RequestId", ""))


@dataclass
class Rebinder:
    """Changes listeners from one certificate to another. Threads may share it.

    `shown_bad` is why the new certificate must not stay anywhere, empty while it is good.
    `begun`, on the monotonic clock, is when the certificate was on its way to all regions:
    from then on all listeners together wait for `propagation_timeout` seconds until it is known.
    """

    clients: Clients
    exchange: Exchange
    verify: str
    propagation_timeout: float
    shown_bad: str = ""
    begun: float = field(default_factory=lambda: time.monotonic())
    _accepted: bool = False
    _changes: dict[Listener, _Change] = field(default_factory=dict)
    _turns: dict[tuple[str, str], Semaphore] = field(default_factory=dict)

    def change(self, listener: Listener, roles: Iterable[Role]) -> tuple[BindingOutcome, ...]:
        """Rebind one listener in place and return how each of its bindings ended. Never raises."""
        planned = tuple(roles)
        if self.shown_bad:
            return self._ended(listener, planned, BindingState.DEFERRED, self.shown_bad)
        try:
            return self._change(listener, planned)
        except Exception as fault:  # the other listeners must still be finished, or put back
            touched = listener in self._changes and self._changes[listener].roles
            state = BindingState.UNKNOWN if touched else BindingState.FAILED
            log.info("%s %s: %s", listener, state.value, _why(fault))
            return self._ended(listener, planned, state, _why(fault))

    def undo(self, outcomes: Iterable[BindingOutcome]) -> tuple[BindingOutcome, ...]:
        """Put back what this run bound, each listener only while it still holds it."""
        touched = [listener for listener, change in self._changes.items() if change.roles]
        back = {listener: self._put_back(listener) for listener in touched}
        return tuple(_undone(one, back.get(one.binding.listener)) for one in outcomes)

    def _change(self, listener: Listener, planned: tuple[Role, ...]) -> tuple[BindingOutcome, ...]:
        seen = self._watch(listener)
        change = self._changes[listener] = _Change()
        serving = self._converge(listener, change)
        roles = dict.fromkeys((*planned, *sorted(change.roles)))
        ended = tuple(self._outcome(listener, role, serving, change) for role in roles)
        return self._judged(listener, ended, seen, change)

    def _converge(self, listener: Listener, change: _Change) -> Serving:
        """Replace the old certificate until the listener no longer holds it; return what it holds.

        The listener is read right before each attempt: what somebody else changes meanwhile is
        kept. Few do so at once, as a write may have to wait for its turn. A certificate that its
        region does not know yet is waited for (AWS row 1).
        """
        patience = _Patience(self.begun + self.propagation_timeout)
        old, new = self.exchange.references(listener.service)
        while True:
            with self._turn(listener):
                serving = self._serving(listener)
                due = serving.roles(old)
                if not due or patience.over:
                    return serving
                change.roles.update(due)
                change.fault = self._rebind(listener, due, old, new, change)
            patience.wait_after(change.fault)

    def _rebind(
        self, listener: Listener, roles: Iterable[Role], old: str, new: str, change: _Change
    ) -> Exception | None:
        consumer, client = CONSUMERS[listener.service], self._client(listener)
        try:
            consumer.rebind(client, listener, tuple(roles), old, new, change.call)
        except FAULTS as fault:
            return fault
        return None

    def _outcome(
        self, listener: Listener, role: Role, serving: Serving, change: _Change
    ) -> BindingOutcome:
        """Return how one binding ended by what the API shows; why it failed is judged apart."""
        state, reason = BindingState.SKIPPED, _SOMEBODY
        old, new = self.exchange.references(listener.service)
        if role in serving.roles(old):
            state, reason = BindingState.FAILED, ""
        elif role in serving.roles(new):
            landed = role in change.roles
            state, reason = BindingState.API_VERIFIED if landed else BindingState.UNCHANGED, ""
        ids = tuple(change.request_ids) if role in change.roles else ()
        return BindingOutcome(self._binding(listener, role), state, reason, ids)

    def _judged(
        self,
        listener: Listener,
        ended: tuple[BindingOutcome, ...],
        seen: Watch,
        change: _Change,
    ) -> tuple[BindingOutcome, ...]:
        """Say what clients see of a change that the API shows whole, and whether it is bad."""
        failed = any(one.state is BindingState.FAILED for one in ended)
        if not failed and not any(one.state is BindingState.API_VERIFIED for one in ended):
            return ended
        finding = self._failure(change) if failed else self._finding(seen)
        if finding.bad:
            self.shown_bad = self.shown_bad or f"{listener}: {finding.reason}"
        elif not failed:
            self._accepted = True
        log.info("%s %s%s", listener, finding.state.value, finding.reason and f": {finding.reason}")
        judged = BindingState.FAILED if failed else BindingState.API_VERIFIED
        return tuple(
            replace(one, state=finding.state, reason=finding.reason) if one.state is judged else one
            for one in ended
        )

    def _failure(self, change: _Change) -> Finding:
        """Judge a listener that did not take the change.

        A consumer that rejects a certificate which no other has taken shows it bad.
        """
        if change.fault is None:
            return Finding(BindingState.FAILED, "the API still shows the old certificate")
        reason = explain(change.fault)
        if is_rejection(change.fault) and not self._accepted:
            return Finding(BindingState.UNDONE, f"rejected: {reason}", bad=True)
        return Finding(BindingState.FAILED, reason)

    def _watch(self, listener: Listener) -> Watch:
        old = self.exchange.old.leaf
        names = old.names if self.verify != "api" else ()
        return watch(listener, names, old.fingerprint, self.exchange.leaf.fingerprint)

    def _finding(self, seen: Watch) -> Finding:
        if self.verify == "api":
            return Finding(BindingState.API_VERIFIED)
        deadline = time.monotonic() + self.propagation_timeout
        return seen.confirm(deadline, must_reach=self.verify == "tls")

    def _put_back(self, listener: Listener) -> tuple[BindingState, str] | None:
        """Return how putting back ended; None where nothing of this run is bound. Never raises."""
        change = self._changes[listener]
        try:
            ours = self._ours(listener, change)
            if ours and self._old_has_expired():
                return BindingState.FAILED, f"not put back, the old one expired ({self.shown_bad})"
            old, new = self.exchange.references(listener.service)
            answer = self._rebind(listener, ours, new, old, _Change()) if ours else None
            left = self._ours(listener, change)
        except Exception as fault:  # the other listeners must still be put back
            return BindingState.FAILED, f"not put back: {_why(fault)} ({self.shown_bad})"
        if left:
            why = explain(answer) if answer else "the API still shows the new one"
            return BindingState.FAILED, f"not put back: {why} ({self.shown_bad})"
        return (BindingState.UNDONE, self.shown_bad) if ours else None

    def _ours(self, listener: Listener, change: _Change) -> tuple[Role, ...]:
        """Return the roles in which the new certificate stands where this run found the old."""
        there = self._serving(listener).roles(self.exchange.references(listener.service)[1])
        return tuple(role for role in there if role in change.roles)

    def _old_has_expired(self) -> bool:
        return self.exchange.old.certificate.expiration <= datetime.now(timezone.utc)

    def _turn(self, listener: Listener) -> Semaphore:
        return self._turns.setdefault((listener.service, listener.region), Semaphore(_AT_ONCE))

    def _client(self, listener: Listener) -> Any:
        return self.clients.get(listener.service, listener.region)

    def _serving(self, listener: Listener) -> Serving:
        return CONSUMERS[listener.service].serving(self._client(listener), listener)

    def _binding(self, listener: Listener, role: Role) -> Binding:
        return Binding(listener, role, self.exchange.references(listener.service)[0])

    def _ended(
        self, listener: Listener, roles: Iterable[Role], state: BindingState, reason: str
    ) -> tuple[BindingOutcome, ...]:
        return tuple(BindingOutcome(self._binding(listener, role), state, reason) for role in roles)


@dataclass
class _Patience:
    """Decides how long one listener is tried again, and waits in between."""

    deadline: float
    over: bool = False
    _repeats: int = 0
    _pauses: Iterator[float] = field(default_factory=lambda: pauses(longest=10.0))

    def wait_after(self, fault: Exception | None) -> None:
        """Wait as long as this answer asks for; over when it is final or time is up."""
        if fault is not None and is_transient_refusal(fault):
            pause = next(self._pauses)
            self.over = time.monotonic() + pause > self.deadline
        elif fault is None or is_ambiguous(fault):
            self._repeats += 1
            pause = 0.0 if self._repeats == 1 else next(self._pauses)
            self.over = self._repeats > _REPEATS
        else:
            self.over = True
        if not self.over:
            time.sleep(pause)


def _undone(outcome: BindingOutcome, back: tuple[BindingState, str] | None) -> BindingOutcome:
    if back and outcome.state not in _UNTOUCHED:
        return replace(outcome, state=back[0], reason=back[1])
    if outcome.state in CHANGED:
        return replace(outcome, state=BindingState.SKIPPED, reason=_SOMEBODY)
    return outcome


def _why(fault: Exception) -> str:
    """Return what went wrong; a plain LookupError is a consumer's own sentence."""
    if isinstance(fault, FAULTS):
        return explain(fault)
    return str(fault) if type(fault) is LookupError else f"{type(fault).__name__}: {fault}"
