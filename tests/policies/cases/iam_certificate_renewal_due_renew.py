"""Cases of iam-certificate-renewal-due-renew: what is due by its lifetime, and the plan for it."""

from __future__ import annotations

from policies.ages import Aged
from policies.cases.iam_certificate_expiring_renew import READY, WAITING, refused
from policies.cases.lifetimes import LEFT, due
from policies.cases.named import FEW
from policies.harness import Case, Table, Verdict

FAIL = Verdict.FAIL

TABLE = Table(
    Aged(expires=LEFT, candidate="renewed"),
    (
        *due(READY),
        *(case for case in FEW if case.title != "certificates denied"),
        Case("still the old one", {"candidate": "the old one"}, FAIL, WAITING),
        Case("no file", {"candidate": "none"}, FAIL, refused("no-candidate")),
    ),
)
