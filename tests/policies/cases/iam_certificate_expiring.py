"""Cases of iam-certificate-expiring: the window decides, by the second, and nothing else."""

from __future__ import annotations

from typing import Any

from policies.cases import denials
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, HOUR, PAGE, SECOND, World

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def left(days: int, expired: bool = False) -> dict[str, Any]:
    """Return the annotation of a certificate with whole days left."""
    return {"c7n:expiry": {"DaysLeft": days, "Expired": expired}}


TABLE = Table(
    World(),
    (
        Case("20 days", {}, FAIL, left(20)),
        Case("29 days and 23 hours", {"expires": 30 * DAY - HOUR}, FAIL, left(29)),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("30 days and 1 hour", {"expires": 30 * DAY + HOUR}, PASS),
        Case("80 days", {"expires": 80 * DAY}, PASS),
        Case("a second left", {"expires": SECOND}, FAIL, left(0)),
        Case("expires now", {"expires": 0 * DAY}, FAIL, left(0, expired=True)),
        Case("expired yesterday", {"expires": -DAY}, FAIL, left(-1, expired=True)),
        Case("expired a year ago", {"expires": -365 * DAY}, FAIL, left(-365, expired=True)),
        Case("served by nobody", {"served": "by nobody"}, FAIL, left(20)),
        Case("for CloudFront", {"path": "/cloudfront/"}, FAIL, {"Path": "/cloudfront/"} | left(20)),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, left(20)),
        Case("listeners denied", {"denied": denials.NO_CLASSIC}, FAIL, left(20)),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
