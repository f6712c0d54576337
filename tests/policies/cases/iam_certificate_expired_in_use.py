"""Cases of iam-certificate-expired-in-use: expired, and served as far as is known."""

from __future__ import annotations

from policies.cases.iam_certificate_expiring import left
from policies.cases.in_use import DENIED, SERVED
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, SECOND, World

PASS, FAIL = Verdict.PASS, Verdict.FAIL

TABLE = Table(
    World(expires=-DAY),
    (
        Case("expired yesterday", {}, FAIL, left(-1, expired=True)),
        Case("expires now", {"expires": 0 * DAY}, FAIL, left(0, expired=True)),
        Case("a second left", {"expires": SECOND}, PASS),
        Case("20 days", {"expires": 20 * DAY}, PASS),
        Case("80 days", {"expires": 80 * DAY}, PASS),
        Case("expired a year ago", {"expires": -365 * DAY}, FAIL, left(-365, expired=True)),
        *SERVED,
        *DENIED,
    ),
)
