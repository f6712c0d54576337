"""Cases of iam-certificate-expiring-to-acm: what is due, and the plan for it."""

from __future__ import annotations

import re
from typing import Any

from policies.cases import denials, listeners
from policies.cases.iam_certificate_expiring import left
from policies.cases.iam_certificate_expiring_renew import WAITING, refused
from policies.cases.in_use import SERVED
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, SECOND, World

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

NEW = re.compile(r"^shop0-\d{8}-[0-9a-f]{8}$")
READY: dict[str, Any] = {
    "c7n:replacement": {
        "Available": True,
        "Verdict": "ready",
        "Lineage": "shop0",
        "Targets": [{"Store": "acm", "Region": "eu-central-1", "NewName": NEW, "Upload": True}],
        "Bindings": [
            {
                "LoadBalancerName": "api-0",
                "From": re.compile(":server-certificate/shop0$"),
                "To": NEW,
            }
        ],
        "Notes": [{"Code": "key-not-checked"}],
        "Refusals": None,
    }
}
OTHERS = ("by nobody", "by a distribution", "by a domain name of AppSync", "in every region")
BOUND = listeners.shown(listeners.APPLICATION)

TABLE = Table(
    World(candidate="renewed", served="by an application load balancer"),
    (
        Case("a renewed certificate is there", {}, FAIL, READY | left(20)),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, READY | left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("expired yesterday", {"expires": -DAY}, FAIL, READY | left(-1, expired=True)),
        Case("still the old one", {"candidate": "the old one"}, FAIL, WAITING),
        Case("no file", {"candidate": "none"}, FAIL, refused("no-candidate")),
        Case(
            "a key that a classic load balancer does not take from ACM",
            {"served": "by a classic load balancer"},
            FAIL,
            refused("key-unfit"),
        ),
        *(case for case in SERVED if case.change.get("served") in OTHERS),
        Case(
            "ACM denied",
            {"denied": (("acm", "ListCertificates", "eu-central-1"),)},
            FAIL,
            refused("no-candidate", message="ListCertificates answered AccessDenied"),
        ),
        Case("AppSync denied", {"denied": denials.NO_APPSYNC}, UNKNOWN, denials.APPSYNC | BOUND),
        Case(
            "classic load balancers denied",
            {"denied": denials.NO_CLASSIC},
            UNKNOWN,
            denials.CLASSIC | BOUND,
        ),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
