"""Cases of distribution-certificate-expiring: what distributions serve is due."""

from __future__ import annotations

from policies.cases import denials, owned
from policies.harness import Case, Table, Verdict
from policies.serving import Distributions
from policies.worlds import PAGE

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

TABLE = Table(
    Distributions(),
    (
        Case("20 days", {}, FAIL, owned.IN_IAM),
        *owned.due(),
        *owned.kept({"Status": "missing"}),
        Case("another certificate", {"serves": "other"}, PASS),
        Case("CloudFront's own certificate", {"serves": ""}, PASS),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, owned.IN_IAM),
        Case(
            "distributions denied",
            {"denied": denials.NO_CLOUDFRONT},
            UNKNOWN,
            owned.denied("ListDistributions"),
        ),
        Case(
            "tags denied, which Custodian lists with them",
            {"denied": owned.NO_TAGS},
            UNKNOWN,
            owned.denied("GetResources"),
        ),
    ),
)
