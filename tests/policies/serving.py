"""Small regions to judge load balancers and distributions by the certificates they serve."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from policies.worlds import DAY, REGIONS, Denial, Site, issue

from c7n_certrenew.sandbox import Issued, Listener, Sandbox

HERE, THERE = REGIONS[:2]
SHOP, OTHER = "shop", "other"
GONE = "in IAM, and deleted since"


@dataclass(frozen=True)
class Balancers:
    """Load balancers, the one certificate that is judged, and what may not be read.

    `kind` is a key of KINDS, `serves` one of SERVES, `store` one of STORES. `expires` counts from
    the moment of judgement; another certificate lives on. The policies run in HERE, whatever
    `region` the load balancers are in; `copies` are alike.
    """

    kind: str = "classic"
    serves: str = "by default"
    store: str = "in IAM"
    expires: timedelta = 20 * DAY
    region: str = HERE
    copies: int = 1
    denied: tuple[Denial, ...] = ()
    key: ClassVar[str] = "LoadBalancerName"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the load balancers that are judged."""
        return tuple(f"front-{number}" for number in range(self.copies))

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the certificates' ARNs by name."""
        arns = _certificates(site, self.expires, self.store)
        make, protocol = KINDS[self.kind]
        listeners = SERVES[self.serves](protocol, arns[SHOP], arns[OTHER])
        for name in self.names:
            make(site.sandbox, self.region, name, *listeners)
        _close(site, self.store, self.denied)
        return arns


@dataclass(frozen=True)
class Distributions:
    """Distributions, the one certificate that is judged, and what may not be read.

    `serves` is the name of a certificate, empty for CloudFront's own; the rest as of Balancers.
    """

    serves: str = SHOP
    store: str = "in IAM"
    expires: timedelta = 20 * DAY
    copies: int = 1
    denied: tuple[Denial, ...] = ()
    key: ClassVar[str] = "Comment"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the aliases of the distributions that are judged: their comments repeat them."""
        return tuple(f"cdn-{number}.example.com" for number in range(self.copies))

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the certificates' ARNs by name."""
        arns = _certificates(site, self.expires, self.store)
        for name in self.names:
            site.sandbox.distribution(name, certificate=arns.get(self.serves))
        _close(site, self.store, self.denied)
        return arns


def _certificates(site: Site, expires: timedelta, store: str) -> dict[str, str]:
    """Keep the certificate that is judged, and another in IAM that lives on."""
    judged = issue(site.authority, "shop.example.com", site.now + expires)
    spare = issue(site.authority, "other.example.com", site.now + 300 * DAY)
    other = site.sandbox.upload(OTHER, spare, path="/cloudfront/")
    return {SHOP: STORES[store](site.sandbox, judged), OTHER: other}


def _close(site: Site, store: str, denied: tuple[Denial, ...]) -> None:
    """Do what comes after everything is built."""
    if store == GONE:
        site.sandbox.discard(SHOP)
    for denial in (*denied, *DENIED.get(store, ())):
        site.sandbox.deny(*denial)


KINDS: Mapping[str, tuple[Callable[..., Any], str]] = {
    "classic": (Sandbox.classic, "HTTPS"),
    "classic, with SSL": (Sandbox.classic, "SSL"),
    "application": (Sandbox.application, "HTTPS"),
    "network": (Sandbox.network, "TLS"),
}
"""How a load balancer is made, and its protocol with TLS."""

_PLAIN = {"HTTPS": "HTTP", "SSL": "TCP", "TLS": "TCP"}

SERVES: Mapping[str, Callable[[str, str, str], tuple[Listener, ...]]] = {
    "by default": lambda tls, arn, other: (Listener(443, tls, arn),),
    "on its second listener": lambda tls, arn, other: (
        Listener(443, tls, other),
        Listener(8443, tls, arn),
    ),
    "in an SNI list": lambda tls, arn, other: (Listener(443, tls, other, sni=(arn,)),),
    "another certificate": lambda tls, arn, other: (Listener(443, tls, other),),
    "without TLS": lambda tls, arn, other: (Listener(80, _PLAIN[tls]),),
}
"""The listeners, by the protocol with TLS, the certificate that is judged, and another."""


def _in_iam(sandbox: Sandbox, issued: Issued) -> str:
    return sandbox.upload(SHOP, issued, path="/cloudfront/")


def _imported(sandbox: Sandbox, issued: Issued) -> str:
    return sandbox.import_acm(issued, HERE)


def _issued(sandbox: Sandbox, issued: Issued) -> str:
    return sandbox.issue_acm(issued, HERE)


STORES: Mapping[str, Callable[[Sandbox, Issued], str]] = {
    "in IAM": _in_iam,
    "imported into ACM": _imported,
    "issued by Amazon": _issued,
    "in IAM, which may not be asked": _in_iam,
    "in ACM, which may not be asked": _imported,
    GONE: _in_iam,
}
"""Where the certificate is kept."""

DENIED: Mapping[str, tuple[Denial, ...]] = {
    "in IAM, which may not be asked": (("iam", "ListServerCertificates", None),),
    "in ACM, which may not be asked": (("acm", "*", None),),
}
"""What may not be read of a store."""
