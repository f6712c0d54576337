"""Watch what a listener's clients are served, before and after it is changed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import repeat

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

    @property
    def too_many(self) -> bool:
        lasting = time.monotonic() - self.since >= _REFUSED_SECONDS
        return self.times >= _REFUSALS and lasting


@dataclass(frozen=True)
class Watch:
    """The views of one listener in which clients were served the old certificate.

    `unreached` are addresses of it that could not be looked at.
    """

    views: tuple[View, ...]
    old: str
    new: str
    unreached: tuple[tuple[str, int], ...] = ()


@dataclass
class Confirmation:
    """Waits until every view shows the new certificate, and the service says it is `settled`.

    `watch` is None where the API's word is enough, `must_reach` says that it is not.
    """

    watch: Watch | None
    settled: Callable[[], bool] = lambda: True
    must_reach: bool = False
    _waiting: dict[View, _Refusals] = field(init=False)
    _settled: bool = False

    def __post_init__(self) -> None:
        self._waiting = dict.fromkeys(self.watch.views if self.watch else (), _Refusals())

    def wait(self, deadline: float) -> Finding:
        """Look until something is found, or until the deadline (monotonic).

        Handshakes that fail then are looked at for some seconds more: a listener must not be
        left broken because time was up before that was certain.
        """
        for pause in pauses(longest=5.0):
            late = time.monotonic() + pause > deadline
            if finding := self.look(late):
                return finding
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def glimpse(self, until: float) -> Finding | None:
        """Look until something is found, or for a while: None means not yet."""
        for pause in pauses(longest=1.0):
            finding = self.look(late=False)
            if finding or time.monotonic() + pause > until:
                return finding
            time.sleep(pause)
        raise AssertionError("pauses never end")

    def look(self, late: bool, final: bool = False) -> Finding | None:
        """Look once; None means not yet, `late` only where handshakes fail and it is not `final`.

        What is not confirmed then is no reason to undo (AWS row 19). A view that showed the old
        certificate and now fails its handshake several times in a row is.
        """
        last = self._not_yet()
        refused = next((v for v, times in self._waiting.items() if times.too_many), None)
        if refused:
            reason = f"the handshake for {refused} fails: {last[refused].reason}"
            return Finding(BindingState.FAILED, reason, bad=True)
        self._settled = self._settled or self.settled()
        if not self._waiting and self._settled:
            return self._confirmed()
        failing = any(refusals.times for refusals in self._waiting.values())
        if not late or (failing and not final):
            return None
        reason = self._still(last) if last else "it is still being deployed at the deadline"
        return Finding(BindingState.UNCONFIRMED, reason)

    def _not_yet(self) -> dict[View, Glance]:
        seen, new = _look(self._waiting), self.watch and self.watch.new
        last = {view: at for view, at in seen.items() if at.fingerprint != new}
        self._waiting = {view: self._waiting[view].after(at) for view, at in last.items()}
        return last

    def _confirmed(self) -> Finding:
        if self.watch is None:
            return Finding(BindingState.API_VERIFIED)
        if self.watch.views and not self.watch.unreached:
            return Finding(BindingState.VERIFIED)
        state = BindingState.UNCONFIRMED if self.must_reach else BindingState.API_VERIFIED
        if not self.watch.views:
            return Finding(state, "no handshake showed the old certificate before")
        where = ", ".join(f"{host}:{port}" for host, port in self.watch.unreached)
        return Finding(state, f"seen on the other addresses, but {where} could not be reached")

    def _still(self, last: dict[View, Glance]) -> str:
        view, at = next(iter(last.items()))
        old = self.watch and self.watch.old
        shows = "the old certificate" if at.fingerprint == old else "another certificate"
        return f"{view} {at.reason or f'still serves {shows}'} at the deadline"


def wait_together(
    confirmations: Sequence[Confirmation], deadline: float, enough: Callable[[], bool]
) -> Iterator[tuple[int, Finding]]:
    """Yield what is found of many, by place, as soon as it is; of all at the deadline (monotonic).

    But for handshakes that fail, as in `Confirmation.wait`. `enough` says that nothing more is
    worth waiting for.
    """
    waiting = dict(enumerate(confirmations))
    for pause in pauses(longest=5.0):
        final = enough()
        late = final or time.monotonic() + pause > deadline
        with ThreadPoolExecutor(_WORKERS) as pool:
            looked = pool.map(Confirmation.look, waiting.values(), repeat(late), repeat(final))
            findings = dict(zip(waiting, looked, strict=True))
        for place, finding in findings.items():
            if finding:
                del waiting[place]
                yield place, finding
        if not waiting:
            return
        time.sleep(pause)


def watch(
    listener: Listener, names: Iterable[str], old: str, new: str, algorithm: str = ""
) -> Watch:
    """Look at a listener before it is changed; names and addresses that show `old` count.

    Where another certificate is served, a client that takes no key but those of `algorithm` may
    be served the old one: its twin is preferred.
    """
    asked = [server_name(name) for name in sorted(names) if not _is_address(name)]
    found = addresses(listener.dns_name, listener.port) if asked else ()
    probes = _look(View(address, asked[0]) for address in found)
    unreached = [v.address for v, at in probes.items() if at.sight is Sight.UNREACHABLE]
    reached = [address for address in found if address not in unreached]
    seen = _look(View(address, name) for address in reached for name in asked)
    others = [v for v, at in seen.items() if at.sight is Sight.SERVED and at.fingerprint != old]
    if algorithm:
        seen |= _look(replace(view, algorithm=algorithm) for view in others)
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
