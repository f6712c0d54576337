"""The sweep: who serves which certificate, everywhere in the account."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from c7n_certrenew.aws import owners, pacing
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.aws.reading import Found, Reading
from c7n_certrenew.aws.regions import enabled_regions
from c7n_certrenew.aws.workers import Task, Workers
from c7n_certrenew.core.model import Inventory, Unread

SERVICES = tuple(CONSUMERS)
_FRESH_SECONDS = 300.0


@dataclass
class _Kept:
    """What a service in a region showed, and when it was read in full (monotonic)."""

    read_at: float
    found: Found
    changed: bool = False


_Identity = tuple[str, str, str]
_kept: dict[tuple[_Identity, str, str], _Kept] = {}
_kept_regions: dict[_Identity, tuple[float, tuple[str, ...]]] = {}
_lock = threading.Lock()


def read_inventory(
    clients: Clients,
    services: Iterable[str] = (),
    regions: Iterable[str] = (),
    fresh: bool = False,
) -> Inventory:
    """Return every binding of the scope, and each scope that could not be read.

    All services and all enabled regions unless narrowed, in parallel; a global service whatever
    the regions. What was read stays in process memory for five minutes, so that the policies of
    one run share one sweep; what could not be read is asked for again.

    With `fresh`, and where this process changed something, load balancers are listed again and
    the listeners that are known are read again. What is not seen then is a TLS listener that a
    load balancer got since it was read in full, less than five minutes ago, and to which port a
    known one was moved.
    """
    with _lock:
        identity = clients.identity  # once: a role's session may be renewed meanwhile
        where, unread = _regions(clients, identity, tuple(regions))
        scopes = [
            (service, region)
            for service in dict.fromkeys(services) or SERVICES
            for region in CONSUMERS[service].regions(clients, where)
        ]
        scopes.sort(key=lambda scope: scope[1])
        read = [_scope(clients, identity, service, region, fresh) for service, region in scopes]
        _sweep(identity, [one for one in read if isinstance(one, Reading)])
    return Inventory(
        bindings=tuple(b for one in read for part in one.found.values() for b in part),
        unread=(*unread, *(u for one in read if isinstance(one, Reading) for u in one.unread)),
        parts=frozenset(name for one in read for name in one.found if name),
    )


def forget(clients: Clients, service: str, region: str) -> None:
    """Have what is kept of a scope read again, because it was changed."""
    kept = _kept.get((clients.identity, service, region))
    if kept:
        kept.changed = True


def forget_sweep() -> None:
    """Have everything listed and read again, new listeners and regions as well."""
    _kept.clear()
    _kept_regions.clear()


def forget_everything() -> None:
    """Drop every sweep and all tags this process keeps, and what it noted to keep its pace."""
    forget_sweep()
    owners.forget_everything()
    pacing.forget_everything()


def _scope(
    clients: Clients, identity: _Identity, service: str, region: str, fresh: bool
) -> _Kept | Reading:
    """Return what is kept of a scope, or a reading that is to be carried out."""
    kept = _kept.get((identity, service, region))
    if kept and time.monotonic() - kept.read_at > _FRESH_SECONDS:
        kept = None
    if kept and not fresh and not kept.changed:
        return kept
    client = clients.get(service, region)
    return Reading(CONSUMERS[service], client, region, kept.found if kept else {})


def _sweep(identity: _Identity, readings: Sequence[Reading]) -> None:
    """Carry out readings, each region in its own share of the connections, and keep them."""
    started = time.monotonic()
    tasks: dict[str, list[Task]] = defaultdict(list)
    for reading in readings:
        tasks[reading.region].append(reading.begin)
    Workers(tasks).run()
    for reading in readings:
        key = identity, reading.consumer.service, reading.region
        read_at = _kept[key].read_at if reading.known else started
        if reading.unread:
            _kept.pop(key, None)
        else:
            _kept[key] = _Kept(read_at, reading.found)


def _regions(
    clients: Clients, identity: _Identity, declared: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[Unread, ...]]:
    read_at, kept = _kept_regions.get(identity, (0.0, ()))
    if not declared and kept and time.monotonic() - read_at < _FRESH_SECONDS:
        return kept, ()
    regions, unread = enabled_regions(clients, declared)
    if not declared and not unread:
        _kept_regions[identity] = (time.monotonic(), regions)
    return regions, unread
