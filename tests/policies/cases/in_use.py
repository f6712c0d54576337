"""Cases that the policies on served certificates have in common."""

from __future__ import annotations

from policies.cases import denials, listeners
from policies.harness import Case, Verdict
from policies.worlds import PAGE

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

SERVED = (
    Case("served by nobody", {"served": "by nobody"}, PASS),
    Case("listeners without TLS", {"served": "by nobody, listeners are HTTP and TCP"}, PASS),
    Case(
        "a classic listener",
        {"served": "by a classic load balancer"},
        FAIL,
        listeners.shown(listeners.CLASSIC),
    ),
    Case(
        "a classic listener with SSL",
        {"served": "by a classic load balancer with SSL"},
        FAIL,
        listeners.shown(listeners.CLASSIC_SSL),
    ),
    Case(
        "the default of an application load balancer",
        {"served": "by an application load balancer"},
        FAIL,
        listeners.shown(listeners.APPLICATION),
    ),
    Case(
        "only in the SNI list of a network load balancer",
        {"served": "by a network load balancer, SNI only"},
        FAIL,
        listeners.shown(listeners.NETWORK_SNI),
    ),
    Case(
        "a distribution",
        {"served": "by a distribution"},
        FAIL,
        listeners.shown(listeners.DISTRIBUTION),
    ),
    Case(
        "a domain name of AppSync",
        {"served": "by a domain name of AppSync"},
        FAIL,
        listeners.shown(listeners.DOMAIN),
    ),
    Case(
        "in every region",
        {"served": "in every region"},
        FAIL,
        listeners.shown(*listeners.EVERYWHERE),
    ),
    Case(
        "more load balancers than a page",
        {"served": "by more load balancers than fit on a page"},
        FAIL,
        listeners.shown(*listeners.MANY),
    ),
    Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, {"c7n:listeners": [{}]}),
)

DENIED = (
    Case(
        "AppSync denied",
        {"denied": denials.NO_APPSYNC},
        UNKNOWN,
        denials.APPSYNC | listeners.shown(listeners.CLASSIC),
    ),
    Case(
        "one service denied in one region",
        {"denied": denials.NO_ELBV2},
        UNKNOWN,
        denials.ELBV2 | listeners.shown(listeners.CLASSIC),
    ),
    Case(
        "classic load balancers denied, so nobody is known to serve it",
        {"denied": denials.NO_CLASSIC},
        UNKNOWN,
        denials.CLASSIC | listeners.NONE,
    ),
    Case(
        "SNI lists denied",
        {"served": "in an SNI list that may not be read"},
        UNKNOWN,
        denials.SNI | listeners.NONE,
    ),
    Case(
        "the list of regions denied",
        {"denied": denials.NO_REGIONS},
        UNKNOWN,
        denials.REGIONS | listeners.NONE,
    ),
    Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
)
