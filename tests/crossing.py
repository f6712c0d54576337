"""Calls that wait for each other at the sandbox's gate, and what each of them changed."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from c7n_certrenew.sandbox import gate
from c7n_certrenew.sandbox.listeners import Place, places, served_at

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from c7n_certrenew.sandbox import Sandbox
    from c7n_certrenew.sandbox.request import Request
    from c7n_certrenew.sandbox.world import Bound

    State = dict[Place | str, Bound | bool | None]

PATIENCE = 120.0
"""Seconds that a call waits for another one before the test fails."""


@dataclass(frozen=True)
class Effect:
    """One call that changed a listener, or what is in IAM."""

    operation: str
    changed: tuple[str, ...]


@dataclass
class Crossing:
    """Stands before the gate, where a call that waits keeps no lock that others need.

    `effects` are the calls that changed what a listener holds or which certificates there are:
    one that finds everything as it wants it is none. After each of them `look` is
    called with what it changed, such as `alb:443`.
    """

    sandbox: Sandbox
    look: Callable[[tuple[str, ...]], object] = lambda changed: None
    effects: list[Effect] = field(default_factory=list)
    _holds: list[Callable[[Request], object]] = field(default_factory=list)
    _stock: Callable[..., Any] = gate.through

    def stand(self, monkeypatch: pytest.MonkeyPatch) -> Crossing:
        """Stand there until the test ends."""
        monkeypatch.setattr(gate, "through", self._through)
        return self

    def each(self, hold: Callable[[Request], object]) -> None:
        """Have every call do something, such as wait, before it comes to the gate."""
        self._holds.append(hold)

    def meet(self, operation: str, place: str = "", parties: int = 2) -> threading.Barrier:
        """Let the first calls of an operation, with `place` in a parameter, go at once."""
        barrier, left = threading.Barrier(parties, timeout=PATIENCE), [parties]
        lock = threading.Lock()

        def hold(request: Request) -> None:
            if request.operation != operation or place not in str(dict(request.parameters)):
                return
            with lock:
                left[0] -= 1
                due = left[0] >= 0
            if due:
                barrier.wait()

        self.each(hold)
        return barrier

    def stop(self, operation: str) -> tuple[threading.Event, threading.Event]:
        """Keep the first call of an operation; return when it has come, and what lets it go."""
        come, go = threading.Event(), threading.Event()

        def hold(request: Request) -> None:
            if request.operation == operation and not come.is_set():
                come.set()
                assert go.wait(PATIENCE)

        self.each(hold)
        return come, go

    def _through(self, world: Any, response: Any, request: Request, effect: Any) -> Any:
        if not world.script.is_playing:
            for hold in self._holds:
                hold(request)
        with world.lock:
            before = self._state(world)
            answer = self._stock(world, response, request, effect)
            after = self._state(world)
        differing = (key for key in {*before, *after} if before.get(key) != after.get(key))
        changed = tuple(sorted(map(_name, differing)))
        if changed:
            self.effects.append(Effect(request.operation, changed))
            self.look(changed)
        return answer

    def _state(self, world: Any) -> State:
        held: State = {place: served_at(world, place) for place in places(world)}
        return {**held, **dict.fromkeys(self.sandbox.certificates(), True)}


def _name(key: Place | str) -> str:
    return key if isinstance(key, str) else f"{key.name}:{key.port}"
