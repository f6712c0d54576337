"""The accounts of the demonstration: certificates, load balancers, what clients ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from moto.core.models import DEFAULT_ACCOUNT_ID

from .world import Listener

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .account import Account
    from .authority import Authority, Issued
    from .sandbox import Sandbox
    from .seed import LoadBalancer

REGIONS = ("us-east-1", "eu-west-1", "sa-east-1")

ACCOUNTS = {"shop": DEFAULT_ACCOUNT_ID, "payments": "222222222222", "legacy": "333333333333"}
"""Names and ids. In payments a region is denied; nobody may look into legacy."""
ROLE = "certrenew"
DENIED_REGION = "sa-east-1"
_LEAVE_ALONE = {
    "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Action": "elasticloadbalancing:ModifyListener",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": DENIED_REGION}},
        },
    ]
}


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

PAY = Line("pay-example-com", ("pay.example.com",), 9, key="p256", renewed=True)
INTRANET = Line("intranet-example-com", ("intranet.example.com",), 2, key="p256")

SHOP_LINES = (SHOP, API, SSO, BLOG, PROMO, OLD_PORTAL)
LINES = (*SHOP_LINES, PAY)
"""The lineages that can be looked at; that of legacy cannot."""
EXPIRING_IN_USE = frozenset(line.lineage for line in LINES if line.renewed)
HALF_WAY, HELD_BACK = PAY, "terminals"
"""The lineage whose first renewal ends half way, and the load balancer that is not allowed."""
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
    payments, legacy = (sandbox.account(ACCOUNTS[name]) for name in ("payments", "legacy"))
    sandbox.role(ROLE)
    payments.role(ROLE, _LEAVE_ALONE)
    legacy.role(ROLE, trusts=())
    _upload(legacy, authority, (INTRANET,))
    seen = (*_shop(sandbox, authority), *_payments(payments, authority))
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


def allow_everything(sandbox: Sandbox) -> None:
    """Give the role of payments what it lacks."""
    sandbox.account(ACCOUNTS["payments"]).role(ROLE)


_Seen = tuple[Line, str, "LoadBalancer", int, str]


def _shop(sandbox: Account, authority: Authority) -> tuple[_Seen, ...]:
    arn = _upload(sandbox, authority, SHOP_LINES)
    https = Listener(443, "HTTPS", arn[SHOP])
    legacy = sandbox.classic("eu-west-1", "legacy", https, Listener(8443, "SSL", arn[SHOP]))
    shop = sandbox.application(
        "us-east-1", "shop", Listener(443, "HTTPS", arn[SHOP], sni=(arn[BLOG],))
    )
    edge = sandbox.network("sa-east-1", "edge", Listener(443, "TLS", arn[BLOG], sni=(arn[API],)))
    sso = sandbox.application("eu-west-1", "sso", Listener(443, "HTTPS", arn[SSO], sni=(arn[SSO],)))
    return (
        (SHOP, "CLB", legacy, 443, "default"),
        (SHOP, "CLB", legacy, 8443, "default"),
        (SHOP, "ALB", shop, 443, "default"),
        (API, "NLB", edge, 443, "SNI"),
        (SSO, "ALB", sso, 443, "default+SNI"),
        (BLOG, "ALB", shop, 443, "SNI"),
        (BLOG, "NLB", edge, 443, "default"),
    )


def _payments(account: Account, authority: Authority) -> tuple[_Seen, ...]:
    arn = _upload(account, authority, (PAY,))
    checkout = account.application("us-east-1", "checkout", Listener(443, "HTTPS", arn[PAY]))
    partners = account.application("eu-west-1", "partners", Listener(443, "HTTPS", arn[PAY]))
    terminals = account.network(DENIED_REGION, HELD_BACK, Listener(443, "TLS", arn[PAY]))
    return (
        (PAY, "ALB", checkout, 443, "default"),
        (PAY, "ALB", partners, 443, "default"),
        (PAY, "NLB", terminals, 443, "default"),
    )


def _upload(account: Account, authority: Authority, lines: Iterable[Line]) -> dict[Line, str]:
    """Put certificates into IAM and return their ARNs."""
    return {
        line: account.upload(
            line.lineage,
            line.issue(authority, line.days + _LATER_TODAY, age=max(90 - line.days, 30)),
            tags={"team": line.lineage.split("-")[0]},
        )
        for line in lines
    }
