"""Cases of iam-certificate-unused: valid, there for a while, and served by nobody known."""

from __future__ import annotations

from policies.ages import Aged
from policies.cases import denials
from policies.cases.listeners import NONE
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, HOUR, PAGE, SECOND, SERVED

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

KNOWN = {"c7n:unread": None} | NONE
UNREAD = {
    "AppSync": (denials.NO_APPSYNC, denials.APPSYNC),
    "distributions": (denials.NO_CLOUDFRONT, denials.CLOUDFRONT),
    "one service in one region": (denials.NO_ELBV2, denials.ELBV2),
    "classic load balancers": (denials.NO_CLASSIC, denials.CLASSIC),
    "the list of regions": (denials.NO_REGIONS, denials.REGIONS),
}
NOBODY = "by nobody, listeners are HTTP and TCP"
UNKNOWN_SNI = "in an SNI list that may not be read"

TABLE = Table(
    Aged(expires=80 * DAY, served="by nobody"),
    (
        Case("valid for 80 days", {}, FAIL, KNOWN),
        Case("valid for a second", {"expires": SECOND}, FAIL, KNOWN),
        Case("expires now", {"expires": 0 * DAY}, PASS),
        Case("expired yesterday", {"expires": -DAY}, PASS),
        Case("uploaded exactly 30 days ago", {"uploaded": 30 * DAY}, FAIL, KNOWN),
        Case("uploaded 29 days and 23 hours ago", {"uploaded": 30 * DAY - HOUR}, PASS),
        Case("uploaded an hour ago", {"uploaded": HOUR}, PASS),
        Case("listeners without TLS", {"served": NOBODY}, FAIL, KNOWN),
        *(
            Case(f"served {how}", {"served": how}, PASS)
            for how in SERVED
            if how not in ("by nobody", NOBODY, UNKNOWN_SNI)
        ),
        Case("SNI lists denied", {"served": UNKNOWN_SNI}, UNKNOWN, denials.SNI | NONE),
        *(
            Case(f"{what} denied", {"denied": denied}, UNKNOWN, unread | NONE)
            for what, (denied, unread) in UNREAD.items()
        ),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, KNOWN),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
