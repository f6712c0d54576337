"""Watch what a listener's clients are served, before and after it is changed."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from c7n_certrenew.core.model import Listener
from c7n_certrenew.core.outcome import BindingState
from c7n_certrenew.renewal.handshake import (
    Glance,
    Sight,
    View,
    addresses,
    glance,
    server_name,
)

_WORKERS = 8
_REFUSALS = 3
"""Handshakes in a row that must fail before the new certificate is held to be the cause."""


@dataclass(frozen=True)
class Finding:
    """What the clients' side says of a change. `bad`: handshakes fail because of it."""

    state: BindingState
    reason: str = ""
    bad: bool = False


@dataclass(frozen=True)
class Watch:
    """The views of one listener in which clients were served the old certificate."""

    views: tuple[View, ...]
    old: str
    new: str

    def confirm(self, deadline: float, must_reach: bool) -> Finding:
        """Wait until every view shows the new certificate.

        `deadline` is on the monotonic clock. A view that still shows the old one then is
        unconfirmed and never a reason to undo (AWS row 19). A view that showed the old one
        and now fails its handshake several times in a row is.
        """
        if not self.views:
            state = BindingState.UNCONFIRMED if must_reach else BindingState.API_VERIFIED
            return Finding(state, "no address of it could be reached with a handshake")
        waiting = dict.fromkeys(self.views, 0)
        for pause in pauses(longest=5.0):
            seen = _look(waiting)
            last = {view: at for view, at in seen.items() if at.fingerprint != self.new}
            waiting = {v: _refusals(waiting[v], at) for v, at in last.items()}
            refused = next((v for v, times in waiting.items() if times >= _REFUSALS), None)
            if refused:
                reason = f"the handshake for {refused} fails: {last[refused].reason}"
                return Finding(BindingState.FAILED, reason, bad=True)
            if not waiting:
                return Finding(BindingState.VERIFIED)
            if time.monotonic() + pause > deadline:
                return Finding(BindingState.UNCONFIRMED, self._still(last))
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def _still(self, last: dict[View, Glance]) -> str:
        view, at = next(iter(last.items()))
        shows = "the old certificate" if at.fingerprint == self.old else "another certificate"
        return f"{view} {at.reason or f'still serves {shows}'} at the deadline"


def watch(listener: Listener, names: Iterable[str], old: str, new: str) -> Watch:
    """Look at a listener before it is changed; names and addresses that show `old` count."""
    asked = [server_name(name) for name in sorted(names) if not _is_address(name)]
    found = addresses(listener.dns_name, listener.port) if asked else ()
    probes = _look(View(address, asked[0]) for address in found)
    reached = [v.address for v, at in probes.items() if at.sight is not Sight.UNREACHABLE]
    views = [View(address, name) for address in reached for name in asked]
    seen = _look(views)
    return Watch(tuple(v for v, at in seen.items() if at.fingerprint == old), old, new)


def pauses(longest: float) -> Iterator[float]:
    """Yield waiting times in seconds for ever: growing, jittered, at most `longest`."""
    pause = 0.25
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311  # jitter, not a secret
        pause = min(pause * 1.6, longest)


def _look(views: Iterable[View]) -> dict[View, Glance]:
    wanted = list(views)
    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip(wanted, pool.map(glance, wanted), strict=True))


def _refusals(before: int, at: Glance) -> int:
    return before + 1 if at.sight is Sight.REFUSED else 0


def _is_address(name: str) -> bool:
    return ":" in name or name.rpartition(".")[2].isdigit()
