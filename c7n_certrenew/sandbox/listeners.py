"""Everything that serves TLS, seen in one way, straight from the backends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.elb.models import elb_backends
from moto.elbv2.models import elbv2_backends

from . import cloudfront, elb_listeners, elbv2
from .world import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.core.base_backend import BackendDict

    from .world import World

AT_THE_EDGE = frozenset({"distribution", "domain"})
"""The kinds of places that CloudFront's edge serves."""


@dataclass(frozen=True)
class Place:
    """Name one place that serves certificates: a listener, a distribution or a custom domain.

    `kind` is classic, application, network, distribution or domain; `name` is what the service
    knows it by.
    """

    kind: str
    account_id: str
    region: str
    name: str
    dns_name: str
    port: int
    aliases: tuple[str, ...] = field(default=(), compare=False)

    @property
    def dns_names(self) -> tuple[str, ...]:
        """Return the names that lead here; wildcards are no names to connect to."""
        return (self.dns_name, *(alias for alias in self.aliases if not alias.startswith("*")))


def places(world: World) -> Iterator[Place]:
    """Yield every place of every account and region."""
    yield from _classic_places()
    for account_id, region, balancer in _balancers(elbv2_backends):
        for listener in list(balancer.listeners.values()):
            if listener.protocol in elbv2.SECURE:
                names = balancer.name, balancer.dns_name
                yield Place(balancer.type, account_id, region, *names, int(listener.port))
    for found in cloudfront.distributions():
        names, aliases = (found.id, found.domain_name), found.aliases
        yield Place("distribution", found.account_id, "", *names, cloudfront.PORT, aliases)
    for domain in list(world.domains.values()):
        names, aliases = (domain.arn, domain.dns_name), (domain.name,)
        owner = domain.account_id, domain.region
        yield Place("domain", *owner, *names, cloudfront.PORT, aliases)


def _classic_places() -> Iterator[Place]:
    for account_id, region, balancer in _balancers(elb_backends):
        for listener in balancer.listeners:
            if listener.protocol in elb_listeners.SECURE:
                names, port = (balancer.name, balancer.dns_name), int(listener.load_balancer_port)
                yield Place("classic", account_id, region, *names, port)


def _balancers(backends: BackendDict[Any]) -> Iterator[tuple[str, str, Any]]:
    for account_id, of_account in list(backends.items()):
        for region, backend in list(of_account.items()):
            for balancer in list(backend.load_balancers.values()):
                yield account_id, region, balancer


def served_at(world: World, place: Place) -> Bound | None:
    """Return what a place holds by its API, None where it is gone."""
    if place.kind == "distribution":
        found = (d.bound for d in cloudfront.distributions() if d.id == place.name)
        return next(found, None)
    if place.kind == "domain":
        domain = world.domains.get(place.name)
        return domain.bound if domain else None
    return bound_at(world, place.account_id, place.region, place.name, place.port)


def bound_at(world: World, account_id: str, region: str, name: str, port: int) -> Bound | None:
    """Return what the listener of a load balancer holds, None where there is no such listener."""
    classic = elb_backends[account_id][region].load_balancers.get(name)
    for old in classic.listeners if classic else ():
        if int(old.load_balancer_port) == port:
            return Bound(old.ssl_certificate_id)
    for balancer in list(elbv2_backends[account_id][region].load_balancers.values()):
        for listener in list(balancer.listeners.values()) if balancer.name == name else ():
            if int(listener.port) == port:
                return elbv2.bound(world, listener)
    return None
