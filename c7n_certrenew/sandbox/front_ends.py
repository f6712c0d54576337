"""TLS servers on loopback that serve what is bound at the moment of each handshake."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import edge
from .acceptor import Acceptor
from .certificates import material
from .listeners import AT_THE_EDGE, Place, places, served_at
from .tls import Keys, best_matches, server_context
from .viewer_certificate import ACM_REGION
from .world import Bound

if TYPE_CHECKING:
    import socket

    from .certificates import Material
    from .world import World

NETWORK_KEYS = Keys(rsa=3072, curves=frozenset({"secp256r1", "secp384r1", "secp521r1"}))
"""Keys that a network load balancer can serve; it takes others and breaks (AWS row 6)."""


@dataclass
class _Behaviour:
    rejected: set[str] = field(default_factory=set)
    lag: float = 0
    lagging: int | None = None


class FrontEnds:
    """Be the data plane: for each TLS listener, distribution and custom domain, some sockets.

    They are `addresses` on ephemeral ports, opened when somebody asks for an address, and closed
    by :meth:`clear`. A listener that is gone, a certificate that is gone or cannot be served: the
    handshake is aborted.
    """

    def __init__(self, world: World, addresses: int) -> None:
        self._world = world
        self._addresses = addresses
        self._behaviour = _Behaviour()
        self._sockets: dict[Place, list[socket.socket]] = {}
        self._contexts: dict[tuple[Material, ...], ssl.SSLContext] = {}
        self._acceptor: Acceptor | None = None

    def addresses(self, dns_name: str, port: int) -> list[tuple[str, int]]:
        """Return where a name can be reached, nothing for one that serves no TLS."""
        for place in places(self._world):
            if dns_name in place.dns_names and place.port == port:
                return self._opened(place)
        return []

    def resolve(self) -> str:
        """Return the value of CERTRENEW_RESOLVE for all names there are now."""
        return " ".join(
            f"{name}:{place.port}:{host}:{port}"
            for place in places(self._world)
            for name in place.dns_names
            for host, port in self._opened(place)
        )

    def reject(self, arn: str) -> None:
        """Fail every handshake that would serve this certificate, with a TLS alert."""
        self._behaviour.rejected.add(arn)

    def lag(self, seconds: float, addresses: int | None = None) -> None:
        """Serve an earlier binding for some seconds after a change, on all or the last addresses.

        The data plane lags behind the API (AWS row 19).
        """
        self._behaviour.lag, self._behaviour.lagging = seconds, addresses

    def clear(self) -> None:
        """Close every socket and forget rejections, lag and contexts."""
        self._behaviour = _Behaviour()
        for opened in self._sockets.values():
            for listening in opened:
                self._listener().forget(listening)
        self._sockets.clear()
        self._contexts.clear()

    def close(self) -> None:
        """Close every socket and end the thread."""
        self.clear()
        if self._acceptor is not None:
            self._acceptor.close()
            self._acceptor = None

    def _opened(self, place: Place) -> list[tuple[str, int]]:
        if place not in self._sockets:
            self._sockets[place] = [
                self._listener().listen(self._context_of(place, number))
                for number in range(self._addresses)
            ]
        return [listening.getsockname() for listening in self._sockets[place]]

    def _listener(self) -> Acceptor:
        if self._acceptor is None:
            self._acceptor = Acceptor()
        return self._acceptor

    def _context_of(self, place: Place, number: int) -> ssl.SSLContext:
        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            served = self._served(place, number, name)
            if isinstance(served, ssl.AlertDescription):
                return served
            connection.context = served
            return None

        context = server_context()
        context.sni_callback = choose
        return context

    def _served(
        self, place: Place, number: int, server_name: str | None
    ) -> ssl.SSLContext | ssl.AlertDescription:
        seen = self._seen(number)
        chosen = self._choice(place, self._bound(place, seen), server_name, seen)
        breaks = place.kind == "network" and not all(
            NETWORK_KEYS.hold(one.certificate) for one in chosen.values()
        )
        if self._behaviour.rejected.intersection(chosen) or breaks:
            return ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        try:
            return self._context(tuple(chosen.values()))
        except (ssl.SSLError, ValueError):
            return ssl.AlertDescription.ALERT_DESCRIPTION_INTERNAL_ERROR

    def _context(self, chosen: tuple[Material, ...]) -> ssl.SSLContext:
        if not chosen:
            raise ValueError("no certificate to serve")
        if chosen not in self._contexts:
            self._contexts[chosen] = server_context(*chosen)
        return self._contexts[chosen]

    def _choice(
        self, place: Place, bound: Bound, server_name: str | None, seen: float
    ) -> dict[str, Material]:
        """Return what may be served, by ARN: of twins for a name the client has the choice."""
        if place.kind in AT_THE_EDGE:
            arn, found = self._at_edge(place, bound, server_name, seen)
            return {arn or "": found} if found else {}
        by_name = {arn: self._material(place, arn, seen) for arn in bound.sni}
        known = [found for found in by_name.values() if found is not None]
        best = best_matches(server_name, known) if server_name else ()
        if best:
            arns = {found: arn for arn, found in reversed(by_name.items()) if found in best}
            return {arns[found]: found for found in best}
        default = self._material(place, bound.default, seen) if bound.default else None
        return {bound.default: default} if bound.default and default else {}

    def _at_edge(
        self, place: Place, bound: Bound, server_name: str | None, seen: float
    ) -> tuple[str | None, Material | None]:
        arn = edge.chosen(place, bound, server_name)
        if arn is None or arn == edge.OWN:
            return arn, edge.own_material() if arn else None
        return arn, material(self._world, place.account_id, ACM_REGION, arn, seen)

    def _material(self, place: Place, arn: str, seen: float) -> Material | None:
        return material(self._world, place.account_id, place.region, arn, seen)

    def _bound(self, place: Place, seen: float) -> Bound:
        live = served_at(self._world, place)
        if live is None:
            return Bound(None)
        changes = self._world.changes.get((place.dns_name, place.port), ())
        return next((before for over, before in changes if over > seen), live)

    def _seen(self, number: int) -> float:
        """Return the moment whose bindings an address serves: now, or earlier where it lags."""
        lagging = self._behaviour.lagging
        lags = lagging is None or number >= self._addresses - lagging
        return self._world.monotonic() - (self._behaviour.lag if lags else 0)
