"""Listeners of both generations of load balancers, seen in one way, straight from the backends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.elb.models import elb_backends
from moto.elbv2.models import elbv2_backends

from . import elb, elbv2
from .world import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.core.base_backend import BackendDict

    from .world import World


@dataclass(frozen=True)
class Place:
    """Name one listener that serves a certificate, whatever its load balancer's generation."""

    account_id: str
    region: str
    load_balancer: str
    dns_name: str
    port: int


def places() -> Iterator[Place]:
    """Yield every TLS listener of every account and region."""
    yield from _classic_places()
    for account_id, region, balancer in _balancers(elbv2_backends):
        for listener in list(balancer.listeners.values()):
            if listener.protocol in elbv2.SECURE:
                port = int(listener.port)
                yield Place(account_id, region, balancer.name, balancer.dns_name, port)


def _classic_places() -> Iterator[Place]:
    for account_id, region, balancer in _balancers(elb_backends):
        for listener in balancer.listeners:
            if listener.protocol in elb.SECURE:
                port = int(listener.load_balancer_port)
                yield Place(account_id, region, balancer.name, balancer.dns_name, port)


def _balancers(backends: BackendDict[Any]) -> Iterator[tuple[str, str, Any]]:
    for account_id, of_account in list(backends.items()):
        for region, backend in list(of_account.items()):
            for balancer in list(backend.load_balancers.values()):
                yield account_id, region, balancer


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
