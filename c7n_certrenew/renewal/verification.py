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
_REFUSED_SECONDS = 5.0
"""How many handshakes in a row must fail, and for how long, to be the new certificate's fault."""


@dataclass(frozen=True)
class Finding:
    """What the clients' side says of a change. `bad`: handshakes fail because of it."""

    state: BindingState
    reason: str = ""
    bad: bool = False


@dataclass(frozen=True)
class _Refusals:
    """Handshakes of one view that failed in a row, and since when (monotonic)."""

    times: int = 0
    since: float = 0.0

    def after(self, at: Glance) -> _Refusals:
        if at.sight is not Sight.REFUSED:
            return _Refusals()
        return _Refusals(self.times + 1, self.since or time.monotonic())

    def too_many(self, late: bool) -> bool:
        lasting = time.monotonic() - self.since >= _REFUSED_SECONDS
        return self.times >= _REFUSALS and (lasting or late)


@dataclass(frozen=True)
class Watch:
    """The views of one listener in which clients were served the old certificate.

    `unreached` are addresses of it that could not be looked at.
    """

    views: tuple[View, ...]
    old: str
    new: str
    unreached: tuple[tuple[str, int], ...] = ()

    def confirm(self, deadline: float, must_reach: bool) -> Finding:
        """Wait until every view shows the new certificate.

        `deadline` is on the monotonic clock. A view that still shows the old one then is
        unconfirmed and never a reason to undo (AWS row 19). A view that showed the old one
        and now fails its handshake several times in a row is.
        """
        if not self.views:
            state = BindingState.UNCONFIRMED if must_reach else BindingState.API_VERIFIED
            return Finding(state, "no handshake showed the old certificate before")
        waiting = dict.fromkeys(self.views, _Refusals())
        for pause in pauses(longest=5.0):
            seen = _look(waiting)
            last = {view: at for view, at in seen.items() if at.fingerprint != self.new}
            waiting = {view: waiting[view].after(at) for view, at in last.items()}
            late = time.monotonic() + pause > deadline
            refused = next((v for v, times in waiting.items() if times.too_many(late)), None)
            if refused:
                reason = f"the handshake for {refused} fails: {last[refused].reason}"
                return Finding(BindingState.FAILED, reason, bad=True)
            if not waiting:
                return self._confirmed(must_reach)
            if late:
                return Finding(BindingState.UNCONFIRMED, self._still(last))
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def _confirmed(self, must_reach: bool) -> Finding:
        if not self.unreached:
            return Finding(BindingState.VERIFIED)
        state = BindingState.UNCONFIRMED if must_reach else BindingState.API_VERIFIED
        where = ", ".join(f"{host}:{port}" for host, port in self.unreached)
        return Finding(state, f"seen on the other addresses, but {where} could not be reached")

    def _still(self, last: dict[View, Glance]) -> str:
        view, at = next(iter(last.items()))
        shows = "the old certificate" if at.fingerprint == self.old else "another certificate"
        return f"{view} {at.reason or f'still serves {shows}'} at the deadline"


def watch(listener: Listener, names: Iterable[str], old: str, new: str) -> Watch:
    """Look at a listener before it is changed; names and addresses that show `old` count."""
    asked = [server_name(name) for name in sorted(names) if not _is_address(name)]
    found = addresses(listener.dns_name, listener.port) if asked else ()
    probes = _look(View(address, asked[0]) for address in found)
    unreached = [v.address for v, at in probes.items() if at.sight is Sight.UNREACHABLE]
    reached = [address for address in found if address not in unreached]
    seen = _look(View(address, name) for address in reached for name in asked)
    views = tuple(view for view, at in seen.items() if at.fingerprint == old)
    return Watch(views, old, new, tuple(unreached))


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


def _is_address(name: str) -> bool:
    return ":" in name or name.rpartition(".")[2].isdigit()
