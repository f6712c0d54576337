"""Cases of iam-certificate-lifetime-too-long: the limit of its date, by the second."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from policies.bodies import Body
from policies.cases.shown_by_x509 import UNREAD, many, says
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, SECOND

PASS, FAIL = Verdict.PASS, Verdict.FAIL

PUBLIC = "a public authority"
LIMITS = {"2026-03-15": 200, "2020-09-01": 398}
"""From when on how many days; what began before may live for longer."""


def each_limit() -> Iterator[Case]:
    """Yield what begins with each limit, and what began a second before."""
    for day, allowed in LIMITS.items():
        begins = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
        yield Case(f"{allowed} days from {day}", {"life": (begins, allowed * DAY)}, PASS)
        yield Case(
            f"a second more than {allowed} days from {day}",
            {"life": (begins, allowed * DAY + SECOND)},
            FAIL,
            says(ExceedsLifetimeLimit=True, LifetimeLimitDays=allowed, ChainEnd="public-root"),
        )
        yield Case(
            f"more than {allowed} days from a second before {day}",
            {"life": (begins - SECOND, allowed * DAY + SECOND)},
            PASS,
        )


TABLE = Table(
    Body(life=(datetime(2026, 6, 1, tzinfo=timezone.utc), 398 * DAY)),
    (
        Case("398 days since 2026", {}, FAIL, says(LifetimeLimitDays=200, LifetimeDays=397)),
        *each_limit(),
        Case(
            "an intermediate is missing, so that it may be public",
            {"chain": (PUBLIC, "empty")},
            FAIL,
            says(ChainEnd="unknown"),
        ),
        Case(
            "a private root that the chain does not show and nobody named, a false positive",
            {"chain": ("a private authority", "complete")},
            FAIL,
            says(ChainEnd="unknown"),
        ),
        Case(
            "an intermediate is missing below a private root that clients hold",
            {"chain": ("a private authority whose root clients hold", "empty")},
            FAIL,
            says(ChainEnd="unknown"),
        ),
        Case("by a public root", {"chain": ("a public root", "empty")}, FAIL, says(Chain=[])),
        *(
            Case(f"by {issuer}", {"chain": (issuer, "complete")}, PASS)
            for issuer in (
                "a private authority that shows its root",
                "a private authority whose root clients hold",
                "a private root that clients hold",
                "itself",
            )
        ),
        many(ExceedsLifetimeLimit=True),
        *UNREAD,
    ),
)
