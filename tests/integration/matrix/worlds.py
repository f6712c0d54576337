"""Arbitrary worlds, faults, and changes that somebody else makes in the middle of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import product

from hypothesis import strategies as st
from integration.matrix.moments import SERVICES, Lineage, Spot
from integration.matrix.world import set_clock

from c7n_certrenew.core.model import CLOUDFRONT_PATH
from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.sandbox import Fault, Issued, Kind, Listener, Propagation, Sandbox
from c7n_certrenew.sandbox.faults import REFUSALS

DOMAINS = ("a.example.com", "b.example.com", "c.example.com", "d.example.com")
"""What each certificate is for, with all names below; the first two certificates are due."""
DUE = 2
REGIONS = ("us-east-1", "eu-west-1")
BALANCERS = {"classic": "HTTPS", "application": "HTTPS", "network": "TLS"}
"""The kinds of load balancers, and the protocol of their listeners."""
PORTS = (443, 8443)
SERVICE = {"elasticloadbalancing": "elb*"}
CALLS = tuple(
    (SERVICE.get(prefix, prefix), operation)
    for prefix, _, operation in (
        permission.partition(":") for permission in sorted(ReplaceCertificate.permissions)
    )
)
"""Services (as patterns) and operations that a renewal may call."""
MOMENTS = (
    ("elb", "DescribeLoadBalancers"),
    ("elbv2", "DescribeLoadBalancers"),
    ("elbv2", "DescribeListenerCertificates"),
    ("iam", "GetServerCertificate"),
    ("iam", "UploadServerCertificate"),
)
"""Calls before which somebody else changes something."""


@dataclass(frozen=True)
class Serving:
    """What a listener serves: numbers of certificates, for SNI none on a classic one."""

    default: int
    sni: frozenset[int]


@dataclass(frozen=True)
class Server:
    """A load balancer, with a listener on each port that it serves something on.

    Or a distribution, or a custom domain, which serves the default of the first. What is `owned`
    gets its old certificate back from a CloudFormation stack; a domain says nothing of that.
    """

    kind: str
    region: str
    listeners: tuple[Serving, ...]
    owned: bool = False

    def create(self, sandbox: Sandbox, name: str, arns: Sequence[str]) -> None:
        """Create it under a name; `arns` are those of the certificates."""
        first = self.listeners[0].default
        tags = {"aws:cloudformation:stack-name": "shop"} if self.owned else {}
        if self.kind == "distribution":
            sandbox.distribution(f"{name}.{DOMAINS[first]}", certificate=arns[first], tags=tags)
        elif self.kind == "domain":
            sandbox.domain(self.region, f"{name}.{DOMAINS[first]}", arns[first])
        else:
            create = getattr(sandbox, self.kind)
            create(self.region, name, *self._listeners(arns), tags=tags)

    def _listeners(self, arns: Sequence[str]) -> Iterator[Listener]:
        for port, served in zip(PORTS, self.listeners, strict=False):
            sni = () if self.kind == "classic" else tuple(arns[n] for n in sorted(served.sni))
            yield Listener(port, BALANCERS[self.kind], arns[served.default], sni)

    def spots(self, name: str) -> Iterator[Spot]:
        """Yield where a load balancer may serve certificates."""
        for port, role in product(PORTS, ("default", "sni")):
            yield Spot(SERVICES[self.kind], self.region, name, port, role)


@dataclass(frozen=True)
class Change:
    """What somebody else does to a load balancer before the n-th such call.

    It is deleted, or its first listener gets a certificate that is not due.
    """

    moment: tuple[str, str]
    call: int
    server: int
    deletes: bool


@dataclass(frozen=True)
class World:
    """An account, how it behaves, and what goes wrong in one run. `unread` is a region."""

    servers: tuple[Server, ...]
    phase: str = "valid"
    propagation: int = 0
    page_size: int = 400
    unread: str = ""
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()

    def populate(
        self, sandbox: Sandbox, lineages: Sequence[Lineage], others: Sequence[Issued]
    ) -> None:
        """Make the world in an empty sandbox; nothing goes wrong yet."""
        path = CLOUDFRONT_PATH
        arns = [sandbox.upload(one.name, one.old, path) for one in lineages]
        arns += [sandbox.upload(f"other-{n}", issued, path) for n, issued in enumerate(others)]
        for number, server in enumerate(self.servers):
            server.create(sandbox, f"lb-{number}", arns)
        sandbox.propagation = Propagation(calls=self.propagation)
        sandbox._world.page_size = self.page_size
        set_clock(sandbox, self.phase, lineages[0].old.not_after)

    def disturb(self, sandbox: Sandbox) -> None:
        """Have things go wrong from now on."""
        if self.unread:
            sandbox.deny("elb*", "Describe*", self.unread)
        sandbox.inject(*self.faults)
        for change, name, server in self._meddling():
            meddle = partial(_meddle, name=name, server=server, deletes=change.deletes)
            sandbox.before(*change.moment, meddle, change.call)

    def meddled(self) -> frozenset[Spot]:
        """Return what somebody else changes, whether the run gets that far or not."""
        return frozenset(
            spot for _, name, server in self._meddling() for spot in server.spots(name)
        )

    def _meddling(self) -> Iterator[tuple[Change, str, Server]]:
        balancers = [(n, one) for n, one in enumerate(self.servers) if one.kind in BALANCERS]
        for change in self.changes if balancers else ():
            number, server = balancers[change.server % len(balancers)]
            yield change, f"lb-{number}", server


def _meddle(sandbox: Sandbox, name: str, server: Server, deletes: bool) -> None:
    meddle = _meddle_classic if server.kind == "classic" else _meddle_elastic
    meddle(sandbox, name, server.region, deletes)


def _meddle_classic(sandbox: Sandbox, name: str, region: str, deletes: bool) -> None:
    elb = sandbox.client("elb", region)
    with suppress(elb.exceptions.AccessPointNotFoundException):
        if deletes:
            elb.delete_load_balancer(LoadBalancerName=name)
            return
        elb.set_load_balancer_listener_ssl_certificate(
            LoadBalancerName=name,
            LoadBalancerPort=PORTS[0],
            SSLCertificateId=sandbox.certificates()["other-0"],
        )


def _meddle_elastic(sandbox: Sandbox, name: str, region: str, deletes: bool) -> None:
    elbv2 = sandbox.client("elbv2", region)
    with suppress(elbv2.exceptions.LoadBalancerNotFoundException):
        arn = elbv2.describe_load_balancers(Names=[name])["LoadBalancers"][0]["LoadBalancerArn"]
        if deletes:
            elbv2.delete_load_balancer(LoadBalancerArn=arn)
            return
        certificates = [{"CertificateArn": sandbox.certificates()["other-0"]}]
        for listener in elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            if listener["Port"] == PORTS[0]:
                elbv2.modify_listener(
                    ListenerArn=listener["ListenerArn"], Certificates=certificates
                )


def _fault(
    call: tuple[str, str], kind: Kind, region: str | None, times: int | None, skip: int, after: bool
) -> Fault:
    after_effect = after and kind not in REFUSALS
    return Fault(*call, kind, region, times=times, skip=skip, after_effect=after_effect)


_numbers = st.integers(0, len(DOMAINS) - 1)
_servings = st.builds(Serving, _numbers, st.frozensets(_numbers, max_size=3))
_faults = st.builds(
    _fault,
    call=st.sampled_from(CALLS),
    kind=st.sampled_from(Kind),
    region=st.sampled_from((None, *REGIONS)),
    times=st.sampled_from((1, 2, None)),
    skip=st.integers(0, 3),
    after=st.booleans(),
)
_changes = st.builds(
    Change,
    moment=st.sampled_from(MOMENTS),
    call=st.integers(1, 4),
    server=st.integers(0, 3),
    deletes=st.booleans(),
)


def servers(*kinds: str, owned: bool = False) -> st.SearchStrategy[Server]:
    """Return arbitrary servers, of these kinds beside load balancers; some may be owned."""
    return st.builds(
        Server,
        kind=st.sampled_from((*BALANCERS, *kinds)),
        region=st.sampled_from(REGIONS),
        listeners=st.lists(_servings, min_size=1, max_size=2).map(tuple),
        owned=st.sampled_from((False, False, True)) if owned else st.just(False),
    )


def worlds(*kinds: str, least: int = 0) -> st.SearchStrategy[World]:
    """Return arbitrary worlds with these kinds of servers beside load balancers.

    At least `least` faults happen in each.
    """
    return st.builds(
        World,
        servers=st.lists(servers(*kinds), min_size=2, max_size=4).map(tuple),
        phase=st.sampled_from(("valid", "expired")),
        propagation=st.integers(0, 2),
        page_size=st.sampled_from((1, 2, 400)),
        unread=st.sampled_from(("", "", "", "", *REGIONS)),
        faults=st.lists(_faults, min_size=least, max_size=3).map(tuple),
        changes=st.lists(_changes, max_size=2).map(tuple),
    )
