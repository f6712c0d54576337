"""Cases of iam-certificate-undo: the one that is named, and what it has replaced."""

from __future__ import annotations

import re
from typing import Any

from policies.cases.iam_certificate_expiring_renew import refused
from policies.cases.named import FEW, Named, whenever
from policies.harness import Case, Table, Verdict

FAIL = Verdict.FAIL

READY: dict[str, Any] = {
    "c7n:replacement": {"Available": True, "Verdict": "ready", "NewName": "former"}
}


TABLE = Table(
    Named(candidate="in IAM, it was replaced"),
    (
        Case("what it has replaced is there", {}, FAIL, READY),
        *whenever(READY),
        *FEW,
        Case(
            "what it has replaced has expired",
            {"candidate": "in IAM, it was replaced and has expired"},
            FAIL,
            refused("expired"),
        ),
        Case(
            "what it has replaced has a key that was retired",
            {"candidate": "in IAM, its key was retired"},
            FAIL,
            refused("retired-key"),
        ),
        Case(
            "what it has replaced is gone",
            {"candidate": "gone from IAM"},
            FAIL,
            {"c7n:replacement": {"Refusals": [{"Message": re.compile("former.* is gone")}]}},
        ),
    ),
)
