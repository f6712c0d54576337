"""Cases that the policies on expired certificates nobody serves have in common."""

from __future__ import annotations

from typing import Any

from policies.cases import left_behind
from policies.cases.iam_certificate_expiring import left
from policies.harness import Case, Verdict
from policies.worlds import PAGE

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def goes(days: int, replaced_by: str | None = None) -> dict[str, Any]:
    """Return the annotations of what expired days ago and may go."""
    may_go = {"ReplacedBy": replaced_by, "Kept": None}
    return {"c7n:superseded": may_go, "c7n:unread": None} | left(-days, expired=True)


WHOEVER_SERVES = tuple(
    case for case in left_behind.TABLE.cases if {"served", "denied"}.intersection(case.change)
)
"""Served or not, as far as is known: nothing depends on what replaced it."""

SHARED = (
    Case("expired 7 days ago", {}, FAIL, goes(7)),
    Case("expires in a second", {"life": "expires in a second"}, PASS),
    Case("expired now, replaced", {"life": "expired now, replaced"}, FAIL, goes(0, "new")),
    Case(
        "valid, so iam-certificate-superseded's",
        {"life": "valid, replaced 7 days ago"},
        PASS,
    ),
    *WHOEVER_SERVES,
    Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, goes(7)),
)
