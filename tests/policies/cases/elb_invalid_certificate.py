"""Cases of elb-invalid-certificate: what a classic listener names does not exist."""

from __future__ import annotations

import re
from typing import Any

from policies.cases import denials
from policies.fronts import INVALID, Fronts
from policies.harness import Case, Table, Verdict
from policies.worlds import PAGE

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
LISTING = {"error": re.compile("AccessDenied.*DescribeLoadBalancers")}


def gone(status: str, protocol: str = "HTTPS", **more: Any) -> dict[str, Any]:
    """Return what the load balancer must show of its one certificate."""
    entry = {"Store": "iam", "Status": status, "Expired": True, "Port": 8443, "Protocol": protocol}
    return {"c7n:matched-server-certificates": [{**entry, "Role": "default", **more}]}


def unread(service: str, region: str, reason: str) -> dict[str, Any]:
    """Return what could not be looked at."""
    return {"c7n:unread": [{"Service": service, "Region": region, "Reason": re.compile(reason)}]}


GONE = gone("invalid")

TABLE = Table(
    Fronts(),
    (
        Case(f"shows {INVALID}", {}, FAIL, gone("invalid", Arn=None)),
        Case("with SSL", {"protocol": "SSL"}, FAIL, gone("invalid", "SSL")),
        Case(
            "IAM lacks what it names",
            {"shows": "one that IAM lacks"},
            FAIL,
            gone("missing", Arn=re.compile("/gone$")),
        ),
        Case(
            "what it names was moved, a false positive",
            {"shows": "one as it was called before"},
            FAIL,
            gone("missing", Arn=re.compile("/moved$")),
        ),
        Case("a certificate that exists", {"shows": "one that exists"}, PASS),
        Case("a certificate in ACM", {"shows": "one of ACM"}, PASS),
        Case("no TLS", {"shows": "no TLS"}, PASS),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, GONE),
        Case(
            "the same in another region, which has its own run",
            {"elsewhere": "that it was deleted"},
            FAIL,
            GONE,
        ),
        Case(
            "a certificate in ACM, which is denied and not needed",
            {"shows": "one of ACM, which may not be asked"},
            PASS,
        ),
        Case(
            "certificates denied, so it is not known whether it exists",
            {"shows": "one of IAM, which may not be asked"},
            UNKNOWN,
            unread("iam", "*", "ListServerCertificates answered AccessDenied"),
        ),
        Case("certificates denied, and not needed", {"denied": denials.NO_LIST}, FAIL, GONE),
        Case("load balancers denied", {"denied": denials.NO_CLASSIC}, UNKNOWN, LISTING),
    ),
)
