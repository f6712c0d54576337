"""Cases of iam-certificate-inventory: every certificate stays, whoever serves it."""

from __future__ import annotations

from policies.cases import denials, listeners
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, PAGE, World

LISTED, UNKNOWN = Verdict.LISTED, Verdict.UNKNOWN

TABLE = Table(
    World(),
    (
        Case("served", {}, LISTED, listeners.shown(listeners.CLASSIC)),
        Case("served by nobody", {"served": "by nobody"}, LISTED, listeners.NONE),
        Case(
            "served everywhere",
            {"served": "in every region"},
            LISTED,
            listeners.shown(*listeners.EVERYWHERE),
        ),
        Case(
            "served by SNI only",
            {"served": "by a network load balancer, SNI only"},
            LISTED,
            listeners.shown(listeners.NETWORK_SNI),
        ),
        Case("expired", {"expires": -DAY}, LISTED, listeners.shown(listeners.CLASSIC)),
        Case("valid for long", {"expires": 80 * DAY}, LISTED, listeners.shown(listeners.CLASSIC)),
        Case(
            "served by a distribution",
            {"served": "by a distribution"},
            LISTED,
            listeners.shown(listeners.DISTRIBUTION),
        ),
        Case(
            "distributions denied, which may keep what was moved away from /cloudfront/",
            {"denied": denials.NO_CLOUDFRONT},
            UNKNOWN,
            denials.CLOUDFRONT | listeners.shown(listeners.CLASSIC),
        ),
        Case("more than a page", {"copies": 2 * PAGE + 1}, LISTED, {"c7n:listeners": [{}]}),
        Case(
            "one service denied in one region",
            {"denied": denials.NO_ELBV2},
            UNKNOWN,
            denials.ELBV2 | listeners.shown(listeners.CLASSIC),
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
        Case(
            "classic load balancers denied",
            {"denied": denials.NO_CLASSIC},
            UNKNOWN,
            denials.CLASSIC | listeners.NONE,
        ),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
