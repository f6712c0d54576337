"""The sweep: who serves which certificate, everywhere in the account."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.regions import enabled_regions
from c7n_certrenew.core.model import Binding, Inventory, Unread

SERVICES = tuple(CONSUMERS)
_FRESH_SECONDS = 300.0
_WORKERS = 36

_Scope = tuple[str, str, str, str, str]
_kept: dict[_Scope, tuple[float, tuple[Binding, ...]]] = {}
_kept_regions: dict[tuple[str, str, str], tuple[float, tuple[str, ...]]] = {}
_lock = threading.Lock()


def read_inventory(
    clients: Clients,
    services: Iterable[str] = (),
    regions: Iterable[str] = (),
    fresh: bool = False,
) -> Inventory:
    """Return every binding of the scope, and each scope that could not be read.

    All services and all enabled regions unless narrowed, in parallel. What was read stays in
    process memory for five minutes, so that the policies of one run share one sweep; what
    could not be read is asked for again, and with `fresh` everything is.
    """
    with _lock:
        where, unread = _regions(clients, tuple(regions))
        scopes = [(s, r) for r in where for s in dict.fromkeys(services) or SERVICES]
        for service, region in scopes:
            clients.get(service, region)
        with ThreadPoolExecutor(_WORKERS) as pool:
            found = list(pool.map(lambda at: _scope(clients, at[0], at[1], fresh), scopes))
    return Inventory(
        bindings=tuple(b for part in found for b in part.bindings),
        unread=(*unread, *(u for part in found for u in part.unread)),
    )


def forget(clients: Clients, service: str, region: str) -> None:
    """Drop what is kept of a scope, because it was changed."""
    _kept.pop((*clients.identity, service, region), None)


def forget_everything() -> None:
    """Drop every sweep this process keeps."""
    _kept.clear()
    _kept_regions.clear()


def _regions(
    clients: Clients, declared: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[Unread, ...]]:
    read_at, kept = _kept_regions.get(clients.identity, (0.0, ()))
    if not declared and kept and time.monotonic() - read_at < _FRESH_SECONDS:
        return kept, ()
    regions, unread = enabled_regions(clients, declared)
    if not declared and not unread:
        _kept_regions[clients.identity] = (time.monotonic(), regions)
    return regions, unread


def _scope(clients: Clients, service: str, region: str, fresh: bool) -> Inventory:
    key = (*clients.identity, service, region)
    read_at, kept = _kept.get(key, (0.0, ()))
    if read_at and not fresh and time.monotonic() - read_at < _FRESH_SECONDS:
        return Inventory(kept)
    try:
        found = list(CONSUMERS[service].read(clients.get(service, region), region))
    except FAULTS as fault:
        return Inventory(unread=(Unread(service, region, explain(fault)),))
    bindings = tuple(f for f in found if isinstance(f, Binding))
    unread = tuple(f for f in found if isinstance(f, Unread))
    if not unread:
        _kept[key] = (time.monotonic(), bindings)
    return Inventory(bindings, unread)
