"""Who owns load balancers, by their tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS, Consumer
from c7n_certrenew.aws.faults import FAULTS, explain, is_gone
from c7n_certrenew.core.held import Held, hold
from c7n_certrenew.core.model import Binding, Listener
from c7n_certrenew.core.owner import owner_of

_WORKERS = 8
_NOT_ASKED = "its tags were not read"


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

    def held(self, bindings: Iterable[Binding], rebind: bool = False) -> tuple[Held, ...]:
        """Return those bindings that must be left as they are."""
        found = (self._held(binding, rebind) for binding in bindings)
        return tuple(one for one in found if one)

    def _held(self, binding: Binding, rebind: bool) -> Held | None:
        listener = binding.listener
        unread = "" if listener in self.names else self.unread.get(listener, _NOT_ASKED)
        return hold(binding, CONSUMERS[listener.service].obstacle, unread, rebind)


def read_owners(
    clients: Clients, listeners: Iterable[Listener], managed_tags: Collection[str] = ()
) -> Owners:
    """Read the tags of what the listeners belong to, and nothing else's.

    One call for twenty load balancers of a region, several regions at a time. Never raises: what
    AWS refuses to show is in `unread`. What cannot be rebound is not asked about.
    """
    scopes: dict[tuple[str, str], list[Listener]] = defaultdict(list)
    for listener in dict.fromkeys(listeners):
        if not CONSUMERS[listener.service].obstacle:
            scopes[listener.service, listener.region].append(listener)
    made = [
        (CONSUMERS[service], clients.get(service, region), asked, managed_tags)
        for (service, region), asked in scopes.items()
    ]
    owners = Owners()
    with ThreadPoolExecutor(_WORKERS) as pool:
        for names, unread in pool.map(lambda one: _read(*one), made):
            owners.names.update(names)
            owners.unread.update(unread)
    return owners


_Read = tuple[dict[Listener, str], dict[Listener, str]]


def _read(
    consumer: Consumer, client: Any, listeners: Sequence[Listener], managed_tags: Collection[str]
) -> _Read:
    """Read one region. Where one of several load balancers is gone, each is asked about alone."""
    try:
        tags = consumer.tags(client, listeners)
    except FAULTS as fault:
        if is_gone(fault) and len(listeners) > 1:
            alone = [_read(consumer, client, [one], managed_tags) for one in listeners]
            names = {one: owner for found, _ in alone for one, owner in found.items()}
            return names, {one: why for _, missed in alone for one, why in missed.items()}
        return {}, dict.fromkeys(listeners, _unread(consumer, fault))
    return {one: owner_of(tags.get(one, {}), managed_tags) for one in listeners}, {}


def _unread(consumer: Consumer, fault: Exception) -> str:
    allow = ", ".join(action for action in consumer.reads if "Tags" in action)
    return (
        f"who owns it is not known: {explain(fault)}; "
        f"allow {allow}, or say managed: rebind if nobody puts its certificate back"
    )
