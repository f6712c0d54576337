"""Accounts to measure in: the same at each run, and who serves what is known beforehand."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle, islice
from typing import NamedTuple

HUB = "us-east-1"
REGIONS = (
    *(HUB, "eu-west-1", "eu-central-1", "ap-southeast-2"),
    *("us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
    *("eu-west-2", "eu-west-3", "eu-north-1", "ap-south-1"),
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-southeast-1"),
)
PAGE = 400
"""Load balancers a page, in both generations (DescribeLoadBalancers)."""
TAGGED = 20
"""Load balancers whose tags one call reads, in both generations (DescribeTags)."""
BURST, READS, BURST_WRITES, WRITES = 40, 10.0, 20, 3.0
"""AWS's published throttle of ELB, per account, region and API version; rates a second."""


class Binding(NamedTuple):
    """Name one place that serves a certificate."""

    certificate: str
    service: str
    region: str
    load_balancer: str
    port: int
    role: str


@dataclass(frozen=True)
class Listener:
    """Describe one listener; without TLS it has no certificate."""

    port: int
    protocol: str
    certificate: str | None = None
    sni: tuple[str, ...] = ()


@dataclass(frozen=True)
class Balancer:
    """Describe one load balancer: `classic`, `application` or `network`."""

    kind: str
    region: str
    name: str
    listeners: tuple[Listener, ...]

    @property
    def service(self) -> str:
        """Return the generation whose API describes it: elb or elbv2."""
        return "elb" if self.kind == "classic" else "elbv2"

    @property
    def bindings(self) -> Iterator[Binding]:
        """Yield what its listeners serve, in both roles."""
        for listener in self.listeners:
            place = (self.service, self.region, self.name, listener.port)
            if listener.certificate:
                yield Binding(listener.certificate, *place, "default")
            yield from (Binding(name, *place, "sni") for name in listener.sni)


@dataclass(frozen=True)
class World:
    """Hold an account: its regions, certificates (days left by name) and load balancers."""

    name: str
    regions: tuple[str, ...]
    certificates: dict[str, int]
    balancers: tuple[Balancer, ...]

    @cached_property
    def truth(self) -> frozenset[Binding]:
        """Return every place that serves a certificate."""
        return frozenset(b for balancer in self.balancers for b in balancer.bindings)

    @cached_property
    def reads(self) -> Counter[tuple[str, str]]:
        """Return the fewest calls that read it all, by service and region.

        A page is one call, one of AppSync's domain names too; each ALB and NLB needs
        DescribeListeners, each of their TLS listeners DescribeListenerCertificates. No path is
        one for CloudFront, which needs no call then.
        """
        held = Counter((b.service, b.region) for b in self.balancers)
        scopes = ((s, r) for s in ("elb", "elbv2", "appsync") for r in self.regions)
        reads = Counter({scope: max(1, math.ceil(held[scope] / PAGE)) for scope in scopes})
        for balancer in self.balancers:
            if balancer.service == "elbv2":
                secure = sum(listener.certificate is not None for listener in balancer.listeners)
                reads[balancer.service, balancer.region] += 1 + secure
        return reads

    @property
    def tagged(self) -> int:
        """Return the fewest calls that say who owns what serves: twenty load balancers in one."""
        serving = Counter((b.service, b.region) for b in self.balancers if b.bindings)
        return sum(math.ceil(balancers / TAGGED) for balancers in serving.values())

    @property
    def calls(self) -> int:
        """Return the fewest calls in all, with ListServerCertificates and DescribeRegions."""
        return 2 + sum(self.reads.values()) + self.tagged

    @property
    def floor(self) -> float:
        """Return the seconds that the throttle makes of the calls to the fullest scope."""
        return max(0.0, (max(self.reads.values()) - BURST) / READS)


@dataclass(frozen=True)
class _Mix:
    """Say how many load balancers of each make, and how many of them stand in the hub."""

    certificates: int
    regions: int
    classic: int
    plain: int
    single: int
    double: int
    hub: float | None = None
    soon: int = 12


_MIXES = {
    "small": _Mix(5, 4, classic=4, plain=2, single=4, double=0),
    "medium": _Mix(20, 17, classic=40, plain=20, single=118, double=22, hub=0.35),
    "large-hub": _Mix(100, 17, classic=400, plain=200, single=1136, double=264, hub=0.35),
    "large-even": _Mix(100, 17, classic=400, plain=200, single=1136, double=264),
    "calm": _Mix(5, 4, classic=4, plain=2, single=4, double=0, soon=300),
}
NAMES = (*_MIXES, "renewal")
RENEWED = 80
"""Load balancers that the one certificate of the world `renewal` is on, all in one region."""


def world(name: str) -> World:
    """Return a world by its name; raises KeyError for an unknown one."""
    return _renewal() if name == "renewal" else _mixed(name, _MIXES[name])


def _renewal() -> World:
    listener = Listener(443, "HTTPS", "www")
    balancers = (Balancer("application", HUB, f"app-{n:02}", (listener,)) for n in range(RENEWED))
    return World("renewal", (HUB,), {"www": 12}, tuple(balancers))


def _mixed(name: str, mix: _Mix) -> World:
    chance = random.Random(name)
    names = [f"site-{number:03}" for number in range(mix.certificates)]
    days = {n: mix.soon if number % 4 == 0 else 200 for number, n in enumerate(names)}
    regions = REGIONS[: mix.regions]
    counts = (mix.classic, mix.plain, mix.single, mix.double)
    makes = [make for make, count in zip(_MAKES, counts, strict=True) for _ in range(count)]
    used = names[:-1]  # one is served by nobody
    made: list[Balancer] = []
    for make, place in zip(makes, _places(chance, counts, regions, mix.hub), strict=True):
        made.append(make(chance, used, place, len(made)))
    chance.shuffle(made)
    return World(name, regions, days, tuple(made))


def _places(
    chance: random.Random, counts: tuple[int, ...], regions: tuple[str, ...], hub: float | None
) -> Iterator[str]:
    """Yield a region for each load balancer, so that every make is spread alike."""
    others = cycle(regions if hub is None else regions[1:])
    for count in counts:
        central = round(count * (hub or 0))
        yield from (*(regions[:1] * central), *islice(others, count - central))


def _classic(chance: random.Random, names: list[str], region: str, number: int) -> Balancer:
    secure = Listener(443, chance.choice(("HTTPS", "SSL")), chance.choice(names))
    second = Listener(8443, "HTTPS", chance.choice(names))
    listeners = (Listener(80, "HTTP"), secure, second)[: 2 + (number % 3 == 0)]
    return Balancer("classic", region, f"clb-{number:04}", listeners)


def _plain(chance: random.Random, names: list[str], region: str, number: int) -> Balancer:
    kind, protocol = (("application", "HTTP"), ("network", "TCP"))[number % 2]
    return Balancer(kind, region, f"plain-{number:04}", (Listener(80, protocol),))


def _single(chance: random.Random, names: list[str], region: str, number: int) -> Balancer:
    if number % 4 == 0:
        return Balancer(
            "network", region, f"nlb-{number:04}", (_secure(chance, names, 443, "TLS"),)
        )
    listeners = (Listener(80, "HTTP"), _secure(chance, names, 443, "HTTPS"))
    return Balancer("application", region, f"alb-{number:04}", listeners)


def _double(chance: random.Random, names: list[str], region: str, number: int) -> Balancer:
    listeners = (_secure(chance, names, 443, "HTTPS"), _secure(chance, names, 8443, "HTTPS"))
    return Balancer("application", region, f"alb-{number:04}", listeners)


def _secure(chance: random.Random, names: list[str], port: int, protocol: str) -> Listener:
    """Return a TLS listener; two of five have an SNI list, in which the default may stand too."""
    sni = chance.sample(names, min(chance.choice((0, 0, 0, 1, 3)), len(names)))
    return Listener(port, protocol, chance.choice(names), tuple(sni))


_MAKES: tuple[Callable[[random.Random, list[str], str, int], Balancer], ...] = (
    *(_classic, _plain, _single, _double),
)
