"""Cases of acm-certificate-imported-expiring-renew: what is due, and the plan for it."""

from __future__ import annotations

import re
from typing import Any

from policies.cases import denials, listeners
from policies.cases.iam_certificate_expiring import left
from policies.cases.iam_certificate_expiring_renew import WAITING, refused
from policies.harness import Case, Table, Verdict
from policies.imports import Import
from policies.worlds import DAY, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

ARN = re.compile(r"^arn:aws:acm:us-east-1:\d{12}:certificate/")
READY: dict[str, Any] = {
    "c7n:replacement": {
        "Available": True,
        "Verdict": "ready",
        "Lineage": "shop0",
        "Store": "acm",
        "Upload": True,
        "NewName": re.compile(r"^shop0-\d{8}-[0-9a-f]{8}$"),
        "Bindings": [{"LoadBalancerName": "edge-0", "Role": "sni", "From": ARN, "To": ARN}],
        "Notes": [{"Code": "key-not-checked"}, {"Code": "same-arn"}],
        "Refusals": None,
    }
}
DEFAULT = listeners.APPLICATION | {"Region": "us-east-1"}

TABLE = Table(
    Import(),
    (
        Case("a renewed certificate is there", {}, FAIL, READY | left(20)),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, READY | left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("expired yesterday", {"expires": -DAY}, FAIL, READY | left(-1, expired=True)),
        Case("issued by Amazon, which renews it", {"amazon": True}, PASS),
        Case("of no lineage", {"lineage": ""}, PASS),
        Case("still the old one", {"candidate": "the old one"}, FAIL, WAITING),
        Case("no file", {"candidate": "none"}, FAIL, refused("no-candidate")),
        Case("another name", {"candidate": "for another name"}, FAIL, refused("fewer-names")),
        Case("served by nobody", {"served": "by nobody"}, PASS),
        Case("a default", {"served": "by default"}, FAIL, listeners.shown(DEFAULT)),
        Case(
            "a distribution",
            {"served": "by a distribution"},
            FAIL,
            listeners.shown(listeners.DISTRIBUTION),
        ),
        Case(
            "SNI lists denied",
            {"denied": (("elbv2", "DescribeListenerCertificates", "us-east-1"),)},
            UNKNOWN,
            denials.SNI | listeners.NONE,
        ),
        Case(
            "certificates denied",
            {"denied": (("acm", "ListCertificates", None),)},
            UNKNOWN,
            {"error": re.compile("AccessDenied.*ListCertificates")},
        ),
    ),
)
