"""Cases of iam-certificate-unused: valid, there for a while, and served by nobody known."""

from __future__ import annotations

from policies.ages import Aged
from policies.cases import denials
from policies.cases.listeners import NONE
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, HOUR, PAGE, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

KNOWN = {"c7n:unread": None} | NONE
UNREAD = {
    "distributions": (denials.NO_CLOUDFRONT, denials.CLOUDFRONT),
    "AppSync": (denials.NO_APPSYNC, denials.APPSYNC),
    "one service in one region": (denials.NO_ELBV2, denials.ELBV2),
    "classic load balancers": (denials.NO_CLASSIC, denials.CLASSIC),
    "the list of regions": (denials.NO_REGIONS, denials.REGIONS),
}
NOBODY = "by nobody, listeners are HTTP and TCP"
SERVING = (
    "by a classic load balancer",
    "by a network load balancer, SNI only",
    "by a distribution",
    "by a domain name of AppSync",
)
UNKNOWN_SNI = "in an SNI list that may not be read"

TABLE = Table(
    Aged(expires=80 * DAY, served="by nobody"),
    (
        Case("valid for 80 days", {}, FAIL, KNOWN),
        Case("uploaded exactly 30 days ago", {"uploaded": 30 * DAY}, FAIL, KNOWN),
        Case("uploaded 29 days and 23 hours ago", {"uploaded": 30 * DAY - HOUR}, PASS),
        Case("uploaded an hour ago", {"uploaded": HOUR}, PASS),
        Case("expires now", {"expires": 0 * DAY}, PASS),
        Case("expired yesterday", {"expires": -DAY}, PASS),
        Case("valid for a second", {"expires": SECOND}, FAIL, KNOWN),
        *(
            Case(f"{what} denied", {"denied": denied}, UNKNOWN, unread | NONE)
            for what, (denied, unread) in UNREAD.items()
        ),
        Case("SNI lists denied", {"served": UNKNOWN_SNI}, UNKNOWN, denials.SNI | NONE),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
        *(Case(f"served {how}", {"served": how}, PASS) for how in SERVING),
        Case("listeners without TLS", {"served": NOBODY}, FAIL, KNOWN),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, KNOWN),
    ),
)
