"""Ask for one listener's change until the listener holds it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from threading import Semaphore
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws.consumers import CONSUMERS, Serving
from c7n_certrenew.aws.faults import FAULTS, is_ambiguous, is_full, is_gone, is_transient_refusal
from c7n_certrenew.core.model import Role
from c7n_certrenew.renewal.verification import pauses

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import Listener
    from c7n_certrenew.renewal.exchange import Change

log = logging.getLogger("custodian.certrenew.rebinding")

_REPEATS = 4
"""How often a change is asked for again whose answer was lost or that does not show yet."""
_AT_ONCE = 3
"""How many listeners of a region are between their read and their write at a time."""
_AFTER_SWAP = 60.0
"""Seconds between two attempts that take a certificate out of a full list for a moment."""


@dataclass
class Convergence:
    """Exchanges certificates of listeners, as often as it takes. Threads may share it."""

    clients: Clients
    _turns: dict[tuple[str, str], Semaphore] = field(default_factory=dict)

    def serving(self, listener: Listener) -> Serving:
        """Read what a listener holds. Raises what its consumer raises."""
        return CONSUMERS[listener.service].serving(self._client(listener), listener)

    def converge(
        self,
        listener: Listener,
        old: str,
        new: str,
        change: Change,
        deadline: float,
        roles: Collection[Role] = tuple(Role),
    ) -> Serving:
        """Replace `old` in these roles until none holds it; return what the listener holds then.

        The listener is read right before each attempt: what somebody else changes meanwhile is
        kept. Few do so at once, as a write may have to wait for its turn. A refusal that may
        pass is waited for until the deadline (AWS rows 1 and 12). What was begun is read once
        more after the run's time-out. Raises what the consumer's reads raise, and RunTimeoutError
        where nothing was begun.
        """
        patience = _Patience(deadline, self.clients.budget.sleep)
        while True:
            with self._turn(listener):
                serving = self._seen(listener, change)
                due = tuple(role for role in serving.roles(old) if role in roles)
                if not due or patience.over or (change.roles and self.clients.budget.over):
                    return serving
                self.clients.budget.check()
                change.roles.update(due)
                change.bridged = Role.DEFAULT in due or serving.default == new
                change.fault = self._replace(listener, due, old, new, change)
            if change.swapped and change.fault:
                self._refill(listener, old, new, change)
            patience.wait_after(change)

    def _seen(self, listener: Listener, change: Change) -> Serving:
        if not change.roles:
            return self.serving(listener)
        with self.clients.budget.grace():
            return self.serving(listener)

    def _replace(
        self, listener: Listener, roles: tuple[Role, ...], old: str, new: str, change: Change
    ) -> Exception | None:
        """Make one attempt, in a list without room for both by way of the default (AWS row 5).

        Without the default nothing is taken out, unless the change may swap: a process that is
        killed at that moment leaves neither in the list.
        """
        fault = self._rebind(listener, roles, old, new, change)
        if fault is None or not is_full(fault) or Role.SNI not in roles:
            return fault
        if Role.DEFAULT in roles and (
            refused := self._rebind(listener, (Role.DEFAULT,), old, new, change)
        ):
            return refused
        if not (change.bridged or change.may_swap):
            return fault
        log.warning("%s: its SNI list is full, %s is taken out to add %s", listener, old, new)
        change.swapped = True
        consumer, client = CONSUMERS[listener.service], self._client(listener)
        with self.clients.budget.grace(insist=True):
            return _fault(lambda: consumer.swap(client, listener, old, new, change.call))

    def _rebind(
        self, listener: Listener, roles: tuple[Role, ...], old: str, new: str, change: Change
    ) -> Exception | None:
        consumer, client = CONSUMERS[listener.service], self._client(listener)
        return _fault(lambda: consumer.rebind(client, listener, roles, old, new, change.call))

    def _refill(self, listener: Listener, old: str, new: str, change: Change) -> None:
        """Bring one of both back into a list that neither is in, within the run's time-out."""
        with self.clients.budget.grace(insist=True):
            for pause in pauses(longest=10.0):
                if not self._lacks(listener, old, new):
                    return
                sni = (Role.SNI,)
                change.fault = self._rebind(listener, sni, old, new, change)
                if change.fault and self._rebind(listener, sni, new, old, change):
                    if is_gone(change.fault) or self.clients.budget.left < pause:
                        return
                    self.clients.budget.sleep(pause)

    def _lacks(self, listener: Listener, old: str, new: str) -> bool:
        """Say whether neither is in the list; what cannot be read may lack both."""
        try:
            held = self.serving(listener).sni
        except FAULTS as fault:
            return not is_gone(fault)
        return old not in held and new not in held

    def _turn(self, listener: Listener) -> Semaphore:
        return self._turns.setdefault((listener.service, listener.region), Semaphore(_AT_ONCE))

    def _client(self, listener: Listener) -> Any:
        return self.clients.get(listener.service, listener.region)


@dataclass
class _Patience:
    """Decides how long one listener is tried again, and waits in between."""

    deadline: float
    sleep: Callable[[float], None]
    over: bool = False
    _repeats: int = 0
    _pauses: Iterator[float] = field(default_factory=lambda: pauses(longest=10.0))

    def wait_after(self, change: Change) -> None:
        """Wait as long as an answer asks for; over when it is final or time is up."""
        fault, pause = change.fault, 0.0
        if fault is not None and is_transient_refusal(fault):
            pause = max(next(self._pauses), _AFTER_SWAP if change.swapped else 0.0)
            self.over = time.monotonic() + pause > self.deadline
        elif fault is None or is_ambiguous(fault):
            self._repeats += 1
            pause = 0.0 if self._repeats == 1 else next(self._pauses)
            self.over = self._repeats > _REPEATS
        else:
            self.over = True
        if not self.over:
            self.sleep(pause)


def _fault(call: Callable[[], None]) -> Exception | None:
    try:
        call()
    except FAULTS as fault:
        return fault
    return None
