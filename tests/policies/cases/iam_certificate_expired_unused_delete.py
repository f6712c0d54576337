"""Cases of iam-certificate-expired-unused-delete: what a run deletes, after it looked again."""

from __future__ import annotations

from policies.ages import Leftover
from policies.cases.leftovers import SHARED
from policies.harness import Case, Table, Verdict

PASS = Verdict.PASS

TABLE = Table(
    Leftover(),
    (
        Case("expires now", {"life": "expires now"}, PASS),
        Case(
            "expired a second less than 7 days ago",
            {"life": "expired a second less than 7 days ago"},
            PASS,
        ),
        *SHARED,
    ),
)
