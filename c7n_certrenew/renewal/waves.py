"""A certificate on its way to its listeners, wave by wave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.core.model import Binding
from c7n_certrenew.core.outcome import CHANGED, BindingOutcome, BindingState

if TYPE_CHECKING:
    from collections.abc import Callable

    from c7n_certrenew.core.model import Listener
    from c7n_certrenew.core.plan import Plan
    from c7n_certrenew.core.reason import Reason
    from c7n_certrenew.core.waves import Roles
    from c7n_certrenew.renewal.providing import Provided
    from c7n_certrenew.renewal.rebinding import Rebinder

_UNPROVEN = (BindingState.UNCONFIRMED, BindingState.UNKNOWN)
_UNTOUCHED = (BindingState.FAILED, BindingState.DEFERRED)
PROVEN = (BindingState.VERIFIED, BindingState.API_VERIFIED, BindingState.UNCHANGED)
"""How a binding ends of which it is known that it has the new certificate."""


@dataclass
class Part:
    """Listeners that are to get the same certificate, and how those ended that had their turn.

    `canaries` are the listeners that were changed one by one and proved something.
    """

    rebinder: Rebinder
    listeners: Roles
    ended: tuple[BindingOutcome, ...] = ()
    canaries: int = 0

    @property
    def fingerprint(self) -> str:
        """Return that of the new certificate."""
        return self.rebinder.exchange.leaf.fingerprint

    @property
    def name(self) -> str:
        """Return what the new certificate is called."""
        return next(iter(self.rebinder.exchange.new.values())).name

    @property
    def begun(self) -> bool:
        """Say whether any listener may have the new certificate, or had it."""
        return any(one.state not in _UNTOUCHED for one in self.ended)

    def rebind(self, listeners: Roles, canary: int) -> None:
        """Change canaries one by one, then the rest in parallel; undo all if one is shown bad.

        A canary that could not be changed proves nothing, so the next listener is one too. One
        that was changed but not confirmed leaves the others for the next run. Never raises.
        """
        waiting = dict(listeners)
        while waiting and self.canaries < canary and not self.rebinder.shown_bad:
            listener = next(iter(waiting))
            ended = self.rebinder.change(listener, waiting.pop(listener))
            self.ended += ended
            if any(one.state in _UNPROVEN for one in ended):
                self.ended += deferred(waiting, f"the canary {listener} was not confirmed")
                waiting.clear()
            self.canaries += all(one.state in CHANGED for one in ended)
        self.ended += self.rebinder.change_all(waiting)
        if self.rebinder.shown_bad:
            self.ended = self.rebinder.undo(self.ended)

    def put_back(self, why: str) -> None:
        """Put back all that this run bound, because another certificate's listeners show it bad."""
        self.rebinder.condemn(why)
        self.ended = self.rebinder.undo(self.ended)


@dataclass
class Started:
    """A certificate whose replacement is there, and the listeners that are to get it.

    `aside` is how those ended that do not have their turn in this run.
    """

    plan: Plan
    provided: Provided
    parts: tuple[Part, ...]
    aside: tuple[BindingOutcome, ...]

    @property
    def arns(self) -> tuple[str, ...]:
        """Return the new certificate's ARNs."""
        return tuple(dict.fromkeys(one.arn for one in self.provided.new.values()))

    def new(self, listener: Listener) -> str:
        """Return what a listener is to serve: the ARN, or the name where it is not there."""
        target = self.plan.target(listener)
        there = target and self.provided.new.get(target.region)
        return there.arn if there else self.plan.new(listener)

    @property
    def ended(self) -> tuple[BindingOutcome, ...]:
        """Return how bindings ended so far, without those that the plan holds."""
        return (*(one for part in self.parts for one in part.ended), *self.aside)

    @property
    def leaves(self) -> set[str]:
        """Return the fingerprints of what its listeners are to serve."""
        return {part.fingerprint for part in self.parts}

    def shown_bad(self, one: BindingOutcome) -> str:
        """Return why a binding must not have its new certificate, empty while that is good."""
        region = one.binding.listener.region
        mine = (p.rebinder for p in self.parts if p.rebinder.exchange.new.keys() & {"", region})
        return next((rebinder.shown_bad for rebinder in mine), "")

    @property
    def waves(self) -> tuple[int, ...]:
        """Return the waves that have listeners, at least one."""
        wave = self.plan.order.wave
        return tuple(sorted({wave(each) for part in self.parts for each in part.listeners})) or (0,)

    def of(self, part: Part, wave: int) -> Roles:
        """Return a part's listeners of a wave."""
        number = self.plan.order.wave
        return {each: roles for each, roles in part.listeners.items() if number(each) == wave}

    def rebind(self, wave: int, canary: int, known_bad: Callable[[Part], Reason | None]) -> None:
        """Change the listeners of a wave, if every binding of the waves before is proven.

        `known_bad` says why those of a part must not get what another certificate's have shown
        bad.
        """
        stopped = self.stopped(wave)
        for part in self.parts:
            mine = self.of(part, wave)
            if stopped:
                part.ended += deferred(mine, stopped)
            elif bad := known_bad(part):
                part.ended += failed(mine, str(bad))
            else:
                part.rebind(mine, canary)

    def turned(self, region: str) -> bool:
        """Say whether a region had its turn: the waves before its own are proven."""
        return not self.stopped(self.plan.order.wave_of(region))

    def stopped(self, wave: int) -> str:
        """Say why a wave must not be begun: one before it is not proven. Empty if it may be."""
        order = self.plan.order
        open_ones = (o.binding.listener for o in self.ended if o.state not in PROVEN)
        first = min(map(order.wave, open_ones), default=wave)
        return f"not begun: {order.named(first)} is not proven" if first < wave else ""


def deferred(listeners: Roles, reason: str) -> tuple[BindingOutcome, ...]:
    """Say of all bindings of listeners that they are left for the next run."""
    return _all(listeners, BindingState.DEFERRED, reason)


def failed(listeners: Roles, reason: str) -> tuple[BindingOutcome, ...]:
    """Say of all bindings of listeners that they could not be changed."""
    return _all(listeners, BindingState.FAILED, reason)


def _all(listeners: Roles, state: BindingState, reason: str) -> tuple[BindingOutcome, ...]:
    return tuple(
        BindingOutcome(Binding(listener, role, ""), state, reason)
        for listener, roles in listeners.items()
        for role in roles
    )
