"""Cases of iam-certificate-could-move-to-acm: each kind of key at each kind of listener."""

from __future__ import annotations

from collections.abc import Iterator

from policies.cases import denials, listeners
from policies.cases.shown_by_x509 import UNREAD
from policies.harness import Case, Table, Verdict
from policies.moving import Moving
from policies.worlds import PAGE

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

CLASSIC, APPLICATION = "by a classic load balancer", "by an application load balancer"
NETWORK = "by a network load balancer, SNI only"
DISTRIBUTION, DOMAIN = "by a distribution", "by a domain name of AppSync"
EVERYWHERE, NOBODY = "in every region", "by nobody"
SHOWN = {
    CLASSIC: listeners.CLASSIC,
    APPLICATION: listeners.APPLICATION,
    NETWORK: listeners.NETWORK_SNI,
    DISTRIBUTION: listeners.DISTRIBUTION,
    DOMAIN: listeners.DOMAIN,
}

ANYWHERE = ("RSA 1024", "RSA 2048", "RSA 3072")
MOVES = (
    *((key, CLASSIC) for key in ANYWHERE),
    ("RSA 2048", DISTRIBUTION),
    *(("RSA 4096", served) for served in (APPLICATION, DISTRIBUTION)),
    *(("P-256", served) for served in (NETWORK, DISTRIBUTION, DOMAIN)),
    *(("P-384", served) for served in (APPLICATION, DOMAIN)),
    ("P-521", APPLICATION),
)
STAYS = (
    *((key, CLASSIC) for key in ("RSA 4096", "P-256", "P-384", "P-521")),
    *((key, DISTRIBUTION) for key in ("P-384", "P-521")),
    *((key, APPLICATION) for key in ("RSA 2047", "secp256k1")),
    ("P-256", EVERYWHERE),
    ("RSA 2048", NOBODY),
)


def each() -> Iterator[Case]:
    """Yield every kind of key that can move, and every one that must stay."""
    for kept in MOVES:
        yield Case(" ".join(kept), {"kept": kept}, FAIL, listeners.shown(SHOWN[kept[1]]))
    for kept in STAYS:
        yield Case(" ".join(kept), {"kept": kept}, PASS)


TABLE = Table(
    Moving(),
    (
        Case("P-256, an application load balancer", {}, FAIL, listeners.shown(SHOWN[APPLICATION])),
        *each(),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, {"c7n:listeners": [{}]}),
        Case(
            "classic load balancers denied",
            {"denied": denials.NO_CLASSIC},
            UNKNOWN,
            denials.CLASSIC | listeners.shown(SHOWN[APPLICATION]),
        ),
        Case(
            "a region denied, so nobody is known to serve it",
            {"denied": denials.NO_ELBV2},
            UNKNOWN,
            denials.ELBV2 | listeners.NONE,
        ),
        Case(
            "the list of regions denied", {"denied": denials.NO_REGIONS}, UNKNOWN, denials.REGIONS
        ),
        *UNREAD,
    ),
)
