"""Cases of iam-certificate-expiring-renew: what is due, and the plan for it."""

from __future__ import annotations

import re
from typing import Any

from policies.cases import denials, listeners
from policies.cases.iam_certificate_expiring import left
from policies.cases.in_use import DENIED, SERVED
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, HOUR, SECOND, World

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

READY: dict[str, Any] = {
    "c7n:replacement": {
        "Available": True,
        "Verdict": "ready",
        "Lineage": "shop0",
        "Upload": True,
        "NewName": re.compile(r"^shop0-\d{8}-[0-9a-f]{8}$"),
        "Bindings": [
            {
                "LoadBalancerName": "front-0",
                "Region": "eu-west-1",
                "Role": "default",
                "From": re.compile(":server-certificate/shop0$"),
                "To": re.compile(r"^shop0-\d{8}-[0-9a-f]{8}$"),
            }
        ],
        "Notes": [{"Code": "key-not-checked"}],
        "Refusals": None,
    }
}
WAITING: dict[str, Any] = {
    "c7n:replacement": {"Available": False, "Verdict": "waiting", "Refusals": None}
}


def refused(*codes: str, message: str = "") -> dict[str, Any]:
    """Return the annotation of a plan that is refused for exactly these reasons."""
    reasons = [{"Code": code, "Message": re.compile(message)} for code in codes]
    return {"c7n:replacement": {"Available": False, "Verdict": "refused", "Refusals": reasons}}


TABLE = Table(
    World(candidate="renewed"),
    (
        Case("a renewed certificate is there", {}, FAIL, READY | left(20)),
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, READY | left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("30 days and 1 hour", {"expires": 30 * DAY + HOUR}, PASS),
        Case("expired yesterday", {"expires": -DAY}, FAIL, READY | left(-1, expired=True)),
        Case("still the old one", {"candidate": "the old one"}, FAIL, WAITING),
        Case(
            "no file",
            {"candidate": "none"},
            FAIL,
            refused("no-candidate", message="certs/shop0/cert.pem: no such file"),
        ),
        Case(
            "for another name",
            {"candidate": "for another name"},
            FAIL,
            refused("fewer-names", message=r"shop\.example\.com"),
        ),
        Case(
            "expiring sooner",
            {"candidate": "expiring sooner"},
            FAIL,
            refused("expires-sooner"),
        ),
        Case(
            "of another authority",
            {"candidate": "of another authority"},
            FAIL,
            refused("chain-incomplete", "untrusted"),
        ),
        Case(
            "every reason at once",
            {"candidate": "wrong in every way"},
            FAIL,
            refused("expires-sooner", "fewer-names", "chain-incomplete", "untrusted"),
        ),
        Case("a key that the plan does not read", {"candidate": "with the old key"}, FAIL, READY),
        *SERVED,
        *DENIED,
        Case(
            "distributions denied, which may keep what was moved away from /cloudfront/",
            {"denied": denials.NO_CLOUDFRONT},
            UNKNOWN,
            denials.CLOUDFRONT | listeners.shown(listeners.CLASSIC),
        ),
    ),
)
