"""The account of the demonstration: certificates, load balancers, what clients ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .world import Listener

if TYPE_CHECKING:
    from .authority import Authority, Issued
    from .sandbox import Sandbox

REGIONS = ("us-east-1", "eu-west-1", "sa-east-1")


@dataclass(frozen=True)
class Line:
    """One lineage: its names, and when the certificate in IAM expires, in days from now."""

    lineage: str
    names: tuple[str, ...]
    days: int
    key: str = "rsa2048"
    renewed: bool = False
    """Whether a renewed certificate waits below certs/."""

    def issue(self, authority: Authority, days: float, age: float = 0) -> Issued:
        """Issue a certificate of this lineage."""
        return authority.issue(*self.names, days=days, age=age, key=self.key)


SHOP = Line("shop-example-com", ("shop.example.com", "*.shop.example.com"), 12, renewed=True)
API = Line("api-example-com", ("api.example.com",), 6, key="p256", renewed=True)
SSO = Line("sso-example-com", ("sso.example.com",), 21, renewed=True)
BLOG = Line("blog-example-com", ("blog.example.com",), 200)
PROMO = Line("promo-example-com", ("promo.example.com",), 18, key="p256")
OLD_PORTAL = Line("portal-2023", ("portal.example.com",), -40, key="p256")

LINES = (SHOP, API, SSO, BLOG, PROMO, OLD_PORTAL)
EXPIRING_IN_USE = frozenset(line.lineage for line in LINES if line.renewed)
MESSY = SHOP
"""The lineage whose renewed files come as authorities send them: CRLF, root, reversed chain."""

_LATER_TODAY = 0.5
"""So that days left, which are rounded down, are the days said here."""


@dataclass(frozen=True)
class Front:
    """One listener as a client sees it: asked for a name, it serves that lineage."""

    line: Line
    kind: str
    region: str
    load_balancer: str
    port: int
    role: str
    server_name: str
    address: tuple[str, int]

    def __str__(self) -> str:
        return f"{self.region} {self.kind} {self.load_balancer}:{self.port}"

    @property
    def openssl(self) -> str:
        """Return the command that shows the certificate served now."""
        host, port = self.address
        return f"openssl s_client -connect {host}:{port} -servername {self.server_name}"


def build(sandbox: Sandbox, authority: Authority) -> tuple[Front, ...]:
    """Fill an empty sandbox and return its listeners, in the order in which to show them."""
    arn = {}
    for line in LINES:
        issued = line.issue(authority, line.days + _LATER_TODAY, age=max(90 - line.days, 30))
        arn[line] = sandbox.upload(line.lineage, issued, tags={"team": line.lineage.split("-")[0]})
    https = Listener(443, "HTTPS", arn[SHOP])
    legacy = sandbox.classic("eu-west-1", "legacy", https, Listener(8443, "SSL", arn[SHOP]))
    shop = sandbox.application(
        "us-east-1", "shop", Listener(443, "HTTPS", arn[SHOP], sni=(arn[BLOG],))
    )
    edge = sandbox.network("sa-east-1", "edge", Listener(443, "TLS", arn[BLOG], sni=(arn[API],)))
    sso = sandbox.application("eu-west-1", "sso", Listener(443, "HTTPS", arn[SSO], sni=(arn[SSO],)))
    seen = (
        (SHOP, "CLB", legacy, 443, "default"),
        (SHOP, "CLB", legacy, 8443, "default"),
        (SHOP, "ALB", shop, 443, "default"),
        (API, "NLB", edge, 443, "SNI"),
        (SSO, "ALB", sso, 443, "default+SNI"),
        (BLOG, "ALB", shop, 443, "SNI"),
        (BLOG, "NLB", edge, 443, "default"),
    )
    return tuple(
        Front(
            line=line,
            kind=kind,
            region=balancer.region,
            load_balancer=balancer.name,
            port=port,
            role=role,
            server_name=line.names[0],
            address=sandbox.front_ends.addresses(balancer.dns_name, port)[0],
        )
        for line, kind, balancer, port, role in seen
    )
