"""What AWS holds, and clients are served, at one moment of a sandbox."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from integration.conftest import fingerprint

from c7n_certrenew.sandbox import Issued, Sandbox
from c7n_certrenew.sandbox.listeners import AT_THE_EDGE, Place, places, served_at

SERVICES = {"classic": "elb", "application": "elbv2", "network": "elbv2"}
"""The service of each kind of load balancer, as outcomes name it."""
EDGE = "us-east-1"
"""The region where outcomes have distributions."""


class Spot(NamedTuple):
    """One place in one role, as outcomes name it."""

    service: str
    region: str
    name: str
    port: int
    role: str


class View(NamedTuple):
    """What a client asks for: a port of a place, by a server name, or by none.

    A distribution is called by its first alias here: its id is another in each world.
    """

    place: str
    port: int
    server_name: str | None


@dataclass(frozen=True)
class Lineage:
    """A certificate in IAM that is due, and the renewed one at the source."""

    name: str
    old: Issued
    new: Issued


@dataclass(frozen=True)
class Moment:
    """The certificates (ARNs) of every spot, the fingerprint of every view, names in IAM."""

    held: Mapping[Spot, frozenset[str]]
    served: Mapping[View, str]
    certificates: Mapping[str, str]

    def holding(self, arn: str) -> frozenset[Spot]:
        """Return where a certificate is bound."""
        return frozenset(spot for spot, arns in self.held.items() if arn in arns)


class Observer:
    """Looks at everything, with a real handshake for each place, name and without a name.

    What clients are served is asked for once for each state in which AWS is found: the front
    ends serve what is bound.
    """

    def __init__(self, sandbox: Sandbox, server_names: Iterable[str]) -> None:
        self._sandbox = sandbox
        self._names = (None, *server_names)
        self._served: dict[object, dict[View, str]] = {}

    def look(self) -> Moment:
        """Return what AWS holds and what clients are served."""
        held: dict[Spot, frozenset[str]] = {}
        state: list[object] = [frozenset(self._sandbox.certificates().items())]
        there = list(places(self._sandbox._world))
        for place in there:
            here = dict(_held(self._sandbox, place))
            held.update(here)
            bound = frozenset((spot.role, arns) for spot, arns in here.items())
            state.append((place.kind, _label(place), place.port, bound))
        key = frozenset(state)
        if key not in self._served:
            self._served[key] = dict(self._views(there))
        return Moment(held, self._served[key], self._sandbox.certificates())

    def _views(self, there: Iterable[Place]) -> Iterator[tuple[View, str]]:
        for place in there:
            [address, *_] = self._sandbox.front_ends.addresses(place.dns_name, place.port)
            for name in (*self._names, _label(place)):
                yield View(_label(place), place.port, name), _served(address, name)


def _label(place: Place) -> str:
    """Return what a place is called here; at the edge a name to ask for, whose id varies."""
    return place.aliases[0] if place.kind in AT_THE_EDGE else place.name


def _held(sandbox: Sandbox, place: Place) -> Iterator[tuple[Spot, frozenset[str]]]:
    """Yield what a place holds in each role; at the edge there is one role."""
    bound = served_at(sandbox._world, place)
    if bound is None:
        return
    default = frozenset({bound.default} if bound.default else ())
    if place.kind in AT_THE_EDGE:
        yield Spot(*_at_edge(place), place.port, "default"), default.union(bound.sni)
        return
    where = (SERVICES[place.kind], place.region, place.name, place.port)
    yield Spot(*where, "default"), default
    if bound.sni:
        yield Spot(*where, "sni"), frozenset(bound.sni)


def _at_edge(place: Place) -> tuple[str, str, str]:
    if place.kind == "distribution":
        return "cloudfront", EDGE, place.name
    return "appsync", place.region, place.aliases[0]


def _served(address: tuple[str, int], server_name: str | None) -> str:
    """Return the fingerprint that a client is served, "" where the handshake fails."""
    try:
        with (
            socket.create_connection(address, timeout=5) as plain,
            _context().wrap_socket(plain, server_hostname=server_name) as secure,
        ):
            return fingerprint(secure.getpeercert(binary_form=True) or b"")
    except (ssl.SSLError, ConnectionError):
        return ""


@cache
def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
