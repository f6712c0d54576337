"""Cases of iam-certificate-renew-now: the one that is named, whenever it expires."""

from __future__ import annotations

from typing import Any

from policies.cases.iam_certificate_expiring_renew import refused
from policies.cases.named import FEW, Named, whenever
from policies.harness import Case, Table, Verdict

FAIL = Verdict.FAIL

READY: dict[str, Any] = {"c7n:replacement": {"Available": True, "Verdict": "ready"}}


TABLE = Table(
    Named(candidate="renewed"),
    (
        Case("another key is there", {}, FAIL, READY),
        *whenever(READY),
        *FEW,
        Case("with the same end", {"candidate": "with the same end"}, FAIL, READY),
        Case("the old one", {"candidate": "the old one"}, FAIL, refused("same-key")),
        Case("the old key again", {"candidate": "of the old key"}, FAIL, refused("same-key")),
        Case("sooner", {"candidate": "expiring sooner"}, FAIL, refused("expires-sooner")),
        Case("no file", {"candidate": "none"}, FAIL, refused("no-candidate")),
    ),
)
