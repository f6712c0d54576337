"""Cases of iam-certificate-renewal-due: the lifetime decides, and 30 days at most."""

from __future__ import annotations

from policies.ages import Aged
from policies.cases import denials
from policies.cases.lifetimes import LEFT, due, window
from policies.harness import Case, Table, Verdict

FAIL = Verdict.FAIL

TABLE = Table(
    Aged(expires=LEFT),
    (
        *due({}),
        Case("served by nobody", {"served": "by nobody"}, FAIL, window(4, 398, 30)),
        Case("listeners denied", {"denied": denials.NO_CLASSIC}, FAIL, window(4, 398, 30)),
    ),
)
