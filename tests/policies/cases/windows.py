"""Cases that the policies on a window of whole days have in common."""

from __future__ import annotations

from policies.cases import denials
from policies.cases.iam_certificate_expiring import left
from policies.harness import Case, Verdict
from policies.worlds import DAY, PAGE, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def within(days: int, base: int) -> tuple[Case, ...]:
    """Return the cases of a window, where the base has whole days left."""
    more = "a second more than"
    return (
        Case(f"{base} days", {}, FAIL, left(base)),
        Case(f"exactly {days} days", {"expires": days * DAY}, FAIL, left(days)),
        Case(f"{more} {days} days", {"expires": days * DAY + SECOND}, PASS),
        Case("300 days", {"expires": 300 * DAY}, PASS),
        Case("a second left", {"expires": SECOND}, FAIL, left(0)),
        Case("expired yesterday", {"expires": -DAY}, FAIL, left(-1, expired=True)),
        Case("served by nobody", {"served": "by nobody"}, FAIL, left(base)),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, left(base)),
        Case("listeners denied", {"denied": denials.NO_CLASSIC}, FAIL, left(base)),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    )
