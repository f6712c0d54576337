"""Cases of acm-certificate-renewal-failing: what Amazon should renew, and does not."""

from __future__ import annotations

from typing import Any

from policies.cases.iam_certificate_expiring import left
from policies.cases.owned import NO_TAGS, denied
from policies.harness import Case, Table, Verdict
from policies.renewals import EXPORTED, Managed
from policies.worlds import DAY, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def renewal(status: str, reason: str | None = None) -> dict[str, Any]:
    """Return what the certificate must show of its renewal."""
    return {"RenewalSummary": {"RenewalStatus": status, "RenewalStatusReason": reason}}


TABLE = Table(
    Managed(),
    (
        Case("20 days, no renewal has begun", {}, FAIL, left(20) | {"RenewalSummary": None}),
        Case(
            "20 days, one goes on",
            {"renewal": "goes on"},
            FAIL,
            left(20) | renewal("PENDING_AUTO_RENEWAL"),
        ),
        Case(
            "20 days, an earlier one succeeded",
            {"renewal": "was one before, which succeeded"},
            FAIL,
            left(20) | renewal("SUCCESS"),
        ),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case(
            "expired, so it is not eligible any more, and served",
            {"expires": -DAY},
            FAIL,
            left(-1, expired=True) | {"RenewalEligibility": "INELIGIBLE"},
        ),
        Case("50 days, no renewal has begun", {"renewal": "has not begun, in good time"}, PASS),
        Case("50 days, one goes on", {"renewal": "goes on, in good time"}, PASS),
        Case("renewed", {"renewal": "has succeeded"}, PASS),
        Case(
            "50 days, one waits for somebody to validate a name",
            {"renewal": "waits for somebody, in good time"},
            FAIL,
            renewal("PENDING_VALIDATION"),
        ),
        Case(
            "50 days, one has failed",
            {"renewal": "has failed, in good time"},
            FAIL,
            renewal("FAILED", "CAA_ERROR"),
        ),
        Case("nobody uses it, so Amazon does not renew it", {"served": "by nobody"}, PASS),
        Case(
            "exported, so Amazon renews it",
            {"served": EXPORTED},
            FAIL,
            left(20) | {"RenewalEligibility": "ELIGIBLE"},
        ),
        Case("SNI only", {"served": "in an SNI list"}, FAIL, left(20)),
        Case("a distribution", {"served": "by a distribution"}, FAIL, left(20)),
        Case("requested, and not issued", {"kind": "requested, and not issued"}, PASS),
        Case("imported, which nobody renews but you", {"kind": "imported"}, PASS),
        *(
            Case(f"{operation} denied", {"denied": rule}, UNKNOWN, denied(operation))
            for operation, rule in (
                ("ListCertificates", (("acm", "ListCertificates", None),)),
                ("DescribeCertificate", (("acm", "DescribeCertificate", None),)),
                ("GetResources", NO_TAGS),
            )
        ),
    ),
)
