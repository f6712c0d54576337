"""Cases of iam-certificate-expiring-in-use: in the window, and served as far as is known."""

from __future__ import annotations

from policies.cases.iam_certificate_expiring import left
from policies.cases.in_use import DENIED, SERVED
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, HOUR, SECOND, World

PASS, FAIL = Verdict.PASS, Verdict.FAIL

TABLE = Table(
    World(),
    (
        Case("20 days", {}, FAIL, left(20)),
        Case("29 days and 23 hours", {"expires": 30 * DAY - HOUR}, FAIL, left(29)),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("30 days and 1 hour", {"expires": 30 * DAY + HOUR}, PASS),
        Case("expired yesterday", {"expires": -DAY}, FAIL, left(-1, expired=True)),
        *SERVED,
        *DENIED,
    ),
)
