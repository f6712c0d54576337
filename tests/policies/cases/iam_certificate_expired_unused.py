"""Cases of iam-certificate-expired-unused: expired, and served by nobody as far as is known."""

from __future__ import annotations

from policies.ages import Leftover
from policies.cases.leftovers import SHARED, goes
from policies.harness import Case, Table, Verdict

TABLE = Table(
    Leftover(),
    (Case("expires now", {"life": "expires now"}, Verdict.FAIL, goes(0)), *SHARED),
)
