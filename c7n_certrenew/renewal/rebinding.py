"""Change one listener: read it, rebind it in place, read it back, look at it, or put it back."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS, Serving
from c7n_certrenew.aws.faults import (
    FAULTS,
    NOT_PROPAGATED,
    code,
    explain,
    is_ambiguous,
    is_rejection,
)
from c7n_certrenew.core.model import Binding, Listener, Role
from c7n_certrenew.core.outcome import CHANGED, BindingOutcome, BindingState
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.core.x509 import Certificate
from c7n_certrenew.renewal.verification import Finding, pauses, watch

log = logging.getLogger("custodian.certrenew.rebinding")

_UNTOUCHED = (BindingState.UNCHANGED, BindingState.SKIPPED, BindingState.DEFERRED)


@dataclass(frozen=True)
class Exchange:
    """The old certificate, and the new one under its ARN."""

    old: Stored
    new: Certificate
    new_arn: str

    @property
    def old_arn(self) -> str:
        """Return the ARN that the listeners hold before."""
        return self.old.certificate.arn


@dataclass
class _Calls:
    """Makes changing calls; a certificate not yet known in the region is waited for."""

    deadline: float
    request_ids: list[str] = field(default_factory=list)

    def __call__(self, operation: Any, /, **parameters: Any) -> None:
        for pause in pauses(longest=10.0):
            try:
                answer = operation(**parameters)
            except FAULTS as fault:
                late = time.monotonic() + pause > self.deadline
                if code(fault) != NOT_PROPAGATED or late:
                    raise
                time.sleep(pause)
            else:
                self.request_ids.append(answer["ResponseMetadata"].get("RequestId", ""))
                return


@dataclass
class Rebinder:
    """Changes listeners from one certificate to another. Threads may share it.

    `shown_bad` is why the new certificate must not stay anywhere, empty while it is good.
    """

    clients: Clients
    exchange: Exchange
    verify: str
    propagation_timeout: float
    shown_bad: str = ""
    _touched: dict[Listener, Serving] = field(default_factory=dict)

    def change(self, listener: Listener, roles: Iterable[Role]) -> tuple[BindingOutcome, ...]:
        """Rebind one listener in place and return how each of its bindings ended."""
        planned = tuple(roles)
        if self.shown_bad:
            return self._ended(listener, planned, BindingState.DEFERRED, self.shown_bad)
        try:
            before = self._serving(listener)
        except (*FAULTS, LookupError) as fault:
            return self._ended(listener, planned, BindingState.FAILED, _why(fault))
        due = before.roles(self.exchange.old_arn)
        held = [self._held(listener, role, before) for role in planned if role not in due]
        return (*held, *(self._change(listener, due, before) if due else ()))

    def undo(self, outcomes: Iterable[BindingOutcome]) -> tuple[BindingOutcome, ...]:
        """Put back what this run bound, each listener only while it still holds it."""
        back = {listener: self._put_back(listener) for listener in self._touched}
        return tuple(_undone(one, back.get(one.binding.listener)) for one in outcomes)

    def _change(
        self, listener: Listener, roles: tuple[Role, ...], before: Serving
    ) -> tuple[BindingOutcome, ...]:
        names = self.exchange.old.leaf.names if self.verify != "api" else ()
        seen = watch(
            listener, names, self.exchange.old.leaf.fingerprint, self.exchange.new.fingerprint
        )
        calls = _Calls(time.monotonic() + self.propagation_timeout)
        self._touched[listener] = before
        fault = self._rebind(listener, roles, calls)
        if fault and is_ambiguous(fault):
            fault = self._go_on(listener, fault, calls)
        finding, landed = self._read_back(listener, roles, fault)
        if finding is None:
            deadline = time.monotonic() + self.propagation_timeout
            finding = seen.confirm(deadline, must_reach=self.verify == "tls")
        if finding.bad:
            self.shown_bad = f"{listener}: {finding.reason}"
        log.info("%s %s%s", listener, finding.state.value, finding.reason and f": {finding.reason}")
        ids = tuple(calls.request_ids)
        rest = tuple(role for role in roles if role not in landed)
        return (
            *self._ended(listener, landed, BindingState.API_VERIFIED, "", ids),
            *self._ended(listener, rest, finding.state, finding.reason, ids),
        )

    def _rebind(
        self, listener: Listener, roles: tuple[Role, ...], calls: _Calls
    ) -> Exception | None:
        try:
            CONSUMERS[listener.service].rebind(
                self._client(listener),
                listener,
                roles,
                self.exchange.old_arn,
                self.exchange.new_arn,
                calls,
            )
        except FAULTS as fault:
            return fault
        return None

    def _go_on(self, listener: Listener, lost: Exception, calls: _Calls) -> Exception | None:
        """Do what is left of a change whose answer was lost, from what the listener holds."""
        try:
            left = self._serving(listener).roles(self.exchange.old_arn)
        except (*FAULTS, LookupError):
            return lost
        return self._rebind(listener, left, calls) if left else None

    def _read_back(
        self, listener: Listener, roles: tuple[Role, ...], fault: Exception | None
    ) -> tuple[Finding | None, tuple[Role, ...]]:
        """Return why the API does not show the whole change, and the roles where it does.

        No reason and no roles where all of it is there.
        """
        try:
            after = self._serving(listener)
        except (*FAULTS, LookupError) as unseen:
            lost = fault is None or is_ambiguous(fault)
            state = BindingState.UNKNOWN if lost else BindingState.FAILED
            reason = explain(fault) if fault else f"not read back: {_why(unseen)}"
            return Finding(state, reason), ()
        old = after.roles(self.exchange.old_arn)
        landed = tuple(r for r in after.roles(self.exchange.new_arn) if r not in old)
        if not old and set(landed).issuperset(roles):
            return None, ()
        return _failure(fault), tuple(role for role in roles if role in landed)

    def _held(self, listener: Listener, role: Role, serving: Serving) -> BindingOutcome:
        if role in serving.roles(self.exchange.new_arn):
            state, reason = BindingState.UNCHANGED, ""
        else:
            state, reason = BindingState.SKIPPED, "somebody else has changed it since"
        return self._ended(listener, (role,), state, reason)[0]

    def _put_back(self, listener: Listener) -> tuple[BindingState, str] | None:
        """Return how putting back ended; None where nothing of this run is bound."""
        calls = _Calls(time.monotonic() + self.propagation_timeout)
        try:
            ours = self._ours(listener)
            if ours and self._old_has_expired():
                return BindingState.FAILED, f"not put back, the old one expired ({self.shown_bad})"
            if ours:
                CONSUMERS[listener.service].rebind(
                    self._client(listener),
                    listener,
                    ours,
                    self.exchange.new_arn,
                    self.exchange.old_arn,
                    calls,
                )
            left = ours and self._ours(listener)
        except (*FAULTS, LookupError) as fault:
            return BindingState.FAILED, f"not put back: {_why(fault)} ({self.shown_bad})"
        if left:
            return BindingState.FAILED, f"not put back ({self.shown_bad})"
        return (BindingState.UNDONE, self.shown_bad) if ours else None

    def _ours(self, listener: Listener) -> tuple[Role, ...]:
        """Return the roles in which the new certificate stands because of this run."""
        new = self.exchange.new_arn
        earlier = self._touched[listener].roles(new)
        return tuple(role for role in self._serving(listener).roles(new) if role not in earlier)

    def _old_has_expired(self) -> bool:
        return self.exchange.old.certificate.expiration <= datetime.now(timezone.utc)

    def _client(self, listener: Listener) -> Any:
        return self.clients.get(listener.service, listener.region)

    def _serving(self, listener: Listener) -> Serving:
        return CONSUMERS[listener.service].serving(self._client(listener), listener)

    def _ended(
        self,
        listener: Listener,
        roles: Iterable[Role],
        state: BindingState,
        reason: str = "",
        request_ids: tuple[str, ...] = (),
    ) -> tuple[BindingOutcome, ...]:
        arn = self.exchange.old_arn
        return tuple(
            BindingOutcome(Binding(listener, role, arn), state, reason, request_ids)
            for role in roles
        )


def _failure(fault: Exception | None) -> Finding:
    if fault is None:
        return Finding(BindingState.FAILED, "reading it back shows another certificate")
    if is_rejection(fault):
        return Finding(BindingState.UNDONE, f"rejected: {explain(fault)}", bad=True)
    return Finding(BindingState.FAILED, explain(fault))


def _undone(outcome: BindingOutcome, back: tuple[BindingState, str] | None) -> BindingOutcome:
    if back and outcome.state not in _UNTOUCHED:
        return replace(outcome, state=back[0], reason=back[1])
    if outcome.state in CHANGED:
        reason = "somebody else has changed it since"
        return replace(outcome, state=BindingState.SKIPPED, reason=reason)
    return outcome


def _why(fault: Exception) -> str:
    return str(fault.args[0]) if isinstance(fault, LookupError) else explain(fault)
