"""Cases of iam-certificate-expired: expired or not, whoever serves it."""

from __future__ import annotations

from policies.cases import denials
from policies.cases.iam_certificate_expiring import left
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, PAGE, SECOND, World

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
YESTERDAY = left(-1, expired=True)

TABLE = Table(
    World(expires=-DAY),
    (
        Case("expired yesterday", {}, FAIL, YESTERDAY),
        Case("expires now", {"expires": 0 * DAY}, FAIL, left(0, expired=True)),
        Case("a second left", {"expires": SECOND}, PASS),
        Case("80 days", {"expires": 80 * DAY}, PASS),
        Case("expired a year ago", {"expires": -365 * DAY}, FAIL, left(-365, expired=True)),
        Case("served by nobody", {"served": "by nobody"}, FAIL, YESTERDAY),
        Case("for CloudFront", {"path": "/cloudfront/"}, FAIL, YESTERDAY),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, YESTERDAY),
        Case("listeners denied", {"denied": denials.NO_CLASSIC}, FAIL, YESTERDAY),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
