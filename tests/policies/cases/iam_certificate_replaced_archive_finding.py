"""Cases of iam-certificate-replaced-archive-finding: in the window, and surely served by nobody."""

from __future__ import annotations

from policies.cases import denials
from policies.cases.iam_certificate_expiring import left
from policies.cases.listeners import NONE
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, HOUR, PAGE, SECOND, World

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

SERVING = (
    "by a classic load balancer",
    "by an application load balancer",
    "by a network load balancer, SNI only",
    "by a distribution",
    "by a domain name of AppSync",
)
UNREAD = {
    "distributions": denials.NO_CLOUDFRONT,
    "AppSync": denials.NO_APPSYNC,
    "one service in one region": denials.NO_ELBV2,
    "classic load balancers": denials.NO_CLASSIC,
    "the list of regions": denials.NO_REGIONS,
}

TABLE = Table(
    World(served="by nobody"),
    (
        Case("20 days", {}, FAIL, left(20) | NONE),
        Case("29 days and 23 hours", {"expires": 30 * DAY - HOUR}, FAIL, left(29)),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("expired yesterday", {"expires": -DAY}, FAIL, left(-1, expired=True)),
        *(Case(f"served {how}", {"served": how}, PASS) for how in SERVING),
        *(Case(f"{what} denied", {"denied": denied}, PASS) for what, denied in UNREAD.items()),
        Case("SNI lists denied", {"served": "in an SNI list that may not be read"}, PASS),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, left(20)),
    ),
)
