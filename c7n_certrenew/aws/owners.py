"""Who owns load balancers, by their tags."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS, Consumer
from c7n_certrenew.aws.consumers.base import TAGGED_AT_ONCE
from c7n_certrenew.aws.faults import FAULTS, code, explain, is_gone
from c7n_certrenew.core.held import Held, hold
from c7n_certrenew.core.model import Binding, Listener, Unread
from c7n_certrenew.core.owner import owner_of

_WORKERS = 8
_FRESH_SECONDS = 300.0
_NO_DISTRIBUTION = "NoSuchResource"
"""CloudFront's code for the tags of what is gone (botocore model cloudfront)."""
_NOT_ASKED = "its tags were not read"

_Identity = tuple[str, str, str]
_Tags = tuple[float, Mapping[str, str]]
"""When tags were read (monotonic), and the tags."""

_kept: dict[tuple[_Identity, Listener], _Tags] = {}


@dataclass(frozen=True)
class Owners:
    """Who owns the listeners that were asked about, and why that is not known of some."""

    names: dict[Listener, str] = field(default_factory=dict)
    unread: dict[Listener, str] = field(default_factory=dict)

    def named(self, binding: Binding) -> Binding:
        """Return the binding with its listener's owner, where it has one."""
        owner = self.names.get(binding.listener)
        if not owner:
            return binding
        return replace(binding, listener=replace(binding.listener, managed_by=owner))

    def unknown(self, bindings: Iterable[Binding]) -> tuple[Unread, ...]:
        """Return those listeners whose owner is not known, each once, with the reason."""
        found = dict.fromkeys(b.listener for b in bindings if b.listener not in self.names)
        return tuple(
            Unread(one.service, one.region, f"{one.load_balancer_name}: {self._why(one)}")
            for one in found
        )

    def held(self, bindings: Iterable[Binding], rebind: bool = False) -> tuple[Held, ...]:
        """Return those bindings that must be left as they are."""
        found = (self._held(binding, rebind) for binding in bindings)
        return tuple(one for one in found if one)

    def _held(self, binding: Binding, rebind: bool) -> Held | None:
        listener = binding.listener
        unread = "" if listener in self.names else self._why(listener)
        return hold(binding, CONSUMERS[listener.service].obstacle, unread, rebind)

    def _why(self, listener: Listener) -> str:
        return self.unread.get(listener, _NOT_ASKED)


def read_owners(
    clients: Clients,
    listeners: Iterable[Listener],
    managed_tags: Collection[str] = (),
    fresh: bool = False,
) -> Owners:
    """Read the tags of what the listeners belong to, and nothing else's.

    One call for twenty load balancers of a region, several regions at a time; tags stay in process
    memory for five minutes unless `fresh`. Never raises: what AWS refuses to show is in `unread`.
    What cannot be rebound is not asked about.
    """
    asked = [one for one in dict.fromkeys(listeners) if not CONSUMERS[one.service].obstacle]
    identity = clients.identity
    tags = {} if fresh else {one: kept for one in asked if (kept := _recent(identity, one))}
    unread: dict[Listener, str] = {}
    with ThreadPoolExecutor(_WORKERS) as pool:
        for found, missed in pool.map(_read, _tasks(clients, [o for o in asked if o not in tags])):
            tags.update(found)
            unread.update(missed)
            _kept.update({(identity, one): kept for one, kept in found.items()})
    return Owners({one: owner_of(of, managed_tags) for one, (_, of) in tags.items()}, unread)


def forget_everything() -> None:
    """Drop the tags that this process keeps."""
    _kept.clear()


@dataclass(frozen=True)
class _Task:
    """Some load balancers of a region whose tags are read in one call."""

    consumer: Consumer
    client: Any
    listeners: Sequence[Listener]


def _tasks(clients: Clients, listeners: Iterable[Listener]) -> list[_Task]:
    """Divide listeners by region, and into so many load balancers as one call takes."""
    regions: dict[tuple[str, str], dict[str, list[Listener]]] = defaultdict(dict)
    for one in listeners:
        balancers = regions[one.service, one.region]
        balancers.setdefault(one.load_balancer_arn or one.load_balancer_name, []).append(one)
    made = []
    for (service, region), balancers in regions.items():
        client, every = clients.get(service, region), list(balancers.values())
        for start in range(0, len(every), TAGGED_AT_ONCE):
            some = [one for of_it in every[start : start + TAGGED_AT_ONCE] for one in of_it]
            made.append(_Task(CONSUMERS[service], client, some))
    return made


def _recent(identity: _Identity, listener: Listener) -> _Tags | None:
    kept = _kept.get((identity, listener))
    return kept if kept and time.monotonic() - kept[0] < _FRESH_SECONDS else None


def _read(task: _Task) -> tuple[dict[Listener, _Tags], dict[Listener, str]]:
    """Make one call. Where one of several load balancers is gone, each is asked about alone."""
    now = time.monotonic()
    try:
        tags = task.consumer.tags(task.client, task.listeners)
    except FAULTS as fault:
        gone = is_gone(fault) or code(fault) == _NO_DISTRIBUTION
        if not gone or len(task.listeners) == 1:
            return {}, dict.fromkeys(task.listeners, _unread(task.consumer, fault))
        alone = [_read(replace(task, listeners=[one])) for one in task.listeners]
        found = {one: kept for each, _ in alone for one, kept in each.items()}
        return found, {one: why for _, missed in alone for one, why in missed.items()}
    return {one: (now, tags.get(one, {})) for one in task.listeners}, {}


def _unread(consumer: Consumer, fault: Exception) -> str:
    """Say why the owner is not known and, where it was denied, what to allow."""
    why = f"who owns it is not known: {explain(fault)}"
    if not code(fault).startswith("AccessDenied"):
        return why
    allow = ", ".join(action for action in consumer.reads if "Tags" in action)
    return f"{why}; allow {allow}, or say managed: rebind if nobody puts its certificate back"
