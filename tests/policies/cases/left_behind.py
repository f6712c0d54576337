"""Cases that the policies on superseded certificates have in common."""

from __future__ import annotations

import re
from typing import Any

from policies.cases import denials
from policies.harness import Case, Table, Verdict
from policies.pasts import Past
from policies.worlds import DAY, PAGE

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
NO_TAGS = (("iam", "ListServerCertificateTags", None),)

GOES: dict[str, Any] = {
    "c7n:superseded": {
        "ReplacedBy": "new",
        "ReplacedOn": re.compile(r"^\d{4}-\d\d-\d\d$"),
        "Kept": None,
    }
}


def kept(*scopes: tuple[str, str]) -> dict[str, Any]:
    """Return the annotations where it is not known whether it may go."""
    reasons = [re.compile(f"^not looked at: {s} in {re.escape(r)}: ") for s, r in scopes]
    return {"c7n:superseded": {"Kept": reasons}} | denials.unread(*scopes)


TABLE = Table(
    Past(),
    (
        Case("replaced 7 days ago", {}, FAIL, GOES),
        Case("replaced 6 days ago", {"replaced": 6 * DAY}, PASS),
        Case("expired, replaced today", {"expires": -DAY}, FAIL, GOES),
        Case("replaced by nothing", {"replaced_by": ""}, PASS),
        Case("what replaced it is gone", {"replaced_by": "gone"}, PASS),
        Case("what replaced it ends sooner", {"renewed": 10 * DAY}, PASS),
        Case("what replaced it has expired", {"renewed": -DAY}, PASS),
        Case("served again", {"served": "by a classic load balancer"}, PASS),
        Case("served by SNI only", {"served": "by a network load balancer, SNI only"}, PASS),
        Case("served by a distribution", {"served": "by a distribution"}, PASS),
        Case("served by AppSync", {"served": "by a domain name of AppSync"}, PASS),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, GOES),
        Case(
            "one service denied in one region",
            {"denied": denials.NO_ELBV2},
            UNKNOWN,
            kept(("elbv2", "eu-central-1")),
        ),
        Case(
            "SNI lists denied",
            {"served": "in an SNI list that may not be read"},
            UNKNOWN,
            kept(("elbv2", "us-east-1")),
        ),
        Case(
            "distributions denied",
            {"denied": denials.NO_CLOUDFRONT},
            UNKNOWN,
            kept(("cloudfront", "us-east-1")),
        ),
        Case(
            "the list of regions denied",
            {"denied": denials.NO_REGIONS},
            UNKNOWN,
            kept(("ec2", "*")),
        ),
        Case("tags denied", {"denied": NO_TAGS}, UNKNOWN, kept(("iam", "*"))),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
