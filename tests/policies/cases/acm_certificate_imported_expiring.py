"""Cases of acm-certificate-imported-expiring: what was imported into ACM is due."""

from __future__ import annotations

from policies.cases.iam_certificate_expiring import left
from policies.cases.owned import NO_TAGS, denied
from policies.harness import Case, Table, Verdict
from policies.imports import Import
from policies.worlds import DAY, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

TABLE = Table(
    Import(),
    (
        Case("20 days", {}, FAIL, left(20)),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("80 days", {"expires": 80 * DAY}, PASS),
        Case("expires now", {"expires": 0 * DAY}, FAIL, left(0, expired=True)),
        Case("expired yesterday", {"expires": -DAY}, FAIL, left(-1, expired=True)),
        Case("issued by Amazon, which renews it", {"amazon": True}, PASS),
        Case("served by nobody", {"served": "by nobody"}, FAIL, left(20) | {"InUseBy": []}),
        Case("a distribution", {"served": "by a distribution"}, FAIL, left(20)),
        Case("of no lineage", {"lineage": ""}, FAIL, left(20)),
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
