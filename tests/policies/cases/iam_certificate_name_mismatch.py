"""Cases of iam-certificate-name-mismatch: what AWS says of names, and what it does not."""

from __future__ import annotations

import re
from typing import Any

from policies.answering import NAME, UNCOVERED, Answering
from policies.cases import denials
from policies.cases.shown_by_x509 import NO_BODY
from policies.harness import Case, Table, Verdict
from policies.worlds import PAGE

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

API = {"Service": "elbv2", "LoadBalancerName": "api-0", "Port": 443, "Role": "default"}
EDGE = {"Service": "cloudfront", "Region": "us-east-1"}
GRAPH = {"Service": "appsync", "LoadBalancerName": UNCOVERED}


def mismatch(listener: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the annotation of a certificate that does not cover names of one listener."""
    return {"c7n:name-mismatch": {"Mismatched": [{**listener, "UncoveredNames": list(names)}]}}


def unread(service: str, region: str, reason: str) -> dict[str, Any]:
    """Return what could not be looked at."""
    return {"c7n:unread": [{"Service": service, "Region": region, "Reason": re.compile(reason)}]}


def served(how: str, verdict: Verdict, because: dict[str, Any] | None = None) -> Case:
    """Return the case of who serves it, and answers for what."""
    return Case(how, {"served": how}, verdict, because or {})


TABLE = Table(
    Answering(),
    (
        Case("a rule for another name", {}, FAIL, mismatch(API, UNCOVERED)),
        served("rules for its name", PASS),
        served("rules for its name and another", FAIL, mismatch(API, UNCOVERED)),
        served("a pattern that means its name", PASS),
        served("a pattern that means others", FAIL, mismatch(API, "*.example.org")),
        served("no host", PASS),
        served("a name that one beside it covers", PASS),
        served("a name that one in ACM beside it covers", PASS),
        served("a name that nothing beside it covers", FAIL, mismatch(API, UNCOVERED)),
        served("for SNI alone", PASS),
        served("a distribution with its name", PASS),
        served("a distribution with another name", FAIL, mismatch(EDGE, UNCOVERED)),
        served("a distribution without names", PASS),
        served("its name in AppSync", PASS),
        served("another name in AppSync", FAIL, mismatch(GRAPH, UNCOVERED)),
        served("by nobody", PASS),
        served("by a classic load balancer", PASS),
        served("a network load balancer", PASS),
        served("by a network load balancer, SNI only", PASS),
        Case("a wildcard that covers it", {"dns": ("*.example.org",)}, PASS),
        Case("among others", {"dns": (NAME, UNCOVERED)}, PASS),
        Case("another wildcard", {"dns": ("*.api.example.org",)}, FAIL, mismatch(API, UNCOVERED)),
        Case(
            "more than a page",
            {"copies": 2 * PAGE + 1},
            FAIL,
            {"c7n:name-mismatch": {"Mismatched": [{"UncoveredNames": [UNCOVERED]}]}},
        ),
        Case(
            "rules denied",
            {"denied": (("elbv2", "DescribeRules", None),)},
            UNKNOWN,
            unread("elbv2", "eu-central-1", "^api-0: DescribeRules answered AccessDenied"),
        ),
        Case("bodies denied", {"denied": NO_BODY}, UNKNOWN, unread("iam", "*", "AccessDenied")),
        served(
            "one in ACM beside it, which may not be asked",
            UNKNOWN,
            unread("acm", "eu-central-1", "^DescribeCertificate answered AccessDenied"),
        ),
        Case(
            "distributions denied", {"denied": denials.NO_CLOUDFRONT}, UNKNOWN, denials.CLOUDFRONT
        ),
        Case("AppSync denied", {"denied": denials.NO_APPSYNC}, UNKNOWN, denials.APPSYNC),
        Case(
            "a region denied, so nobody is known to serve it",
            {"denied": denials.NO_ELBV2},
            UNKNOWN,
            denials.ELBV2,
        ),
        Case(
            "the list of regions denied", {"denied": denials.NO_REGIONS}, UNKNOWN, denials.REGIONS
        ),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
