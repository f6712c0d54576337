"""Cases that the policies on what serves certificates have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from policies.cases import denials
from policies.harness import Case, Verdict
from policies.serving import GONE
from policies.worlds import DAY, PAGE, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

NO_ACM = (("acm", "*", None),)
NO_TAGS = (("resourcegroupstaggingapi", "GetResources", None),)


def served(**shown: Any) -> dict[str, Any]:
    """Return what must be shown of the one certificate that counts."""
    entry = {"Store": "iam", "Role": "default", "Port": 443, "Expired": False, **shown}
    return {"c7n:matched-server-certificates": [entry]}


IN_IAM = served(ServerCertificateName="shop", DaysLeft=20)
IN_ACM = served(Store="acm", DomainName="shop.example.com", DaysLeft=20)


def denied(operation: str) -> dict[str, Any]:
    """Return the error of a policy whose resources may not be listed."""
    return {"error": re.compile(f"AccessDenied.*{operation}")}


def due() -> Iterator[Case]:
    """Yield the cases of when, by the second."""
    for title, expires, left in (
        ("exactly 30 days", 30 * DAY, 30),
        ("expires now", timedelta(), 0),
        ("expired yesterday", -DAY, -1),
    ):
        shown = served(DaysLeft=left, Expired=expires <= timedelta())
        yield Case(title, {"expires": expires}, FAIL, shown)
    yield Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS)


def kept(gone: dict[str, Any]) -> Iterator[Case]:
    """Yield the cases of where; of one that is gone this must be shown."""
    yield Case("imported into ACM", {"store": "imported into ACM"}, FAIL, IN_ACM)
    yield Case(
        "issued by Amazon, which should have renewed it",
        {"store": "issued by Amazon"},
        FAIL,
        IN_ACM,
    )
    yield Case("deleted from IAM", {"store": GONE}, FAIL, served(Expired=True, **gone))
    yield Case(
        "certificates denied",
        {"store": "in IAM, which may not be asked"},
        UNKNOWN,
        denials.unread(("iam", "*")),
    )
    yield Case(
        "ACM denied",
        {"store": "in ACM, which may not be asked"},
        UNKNOWN,
        denials.unread(("acm", "us-east-1")),
    )
    yield Case("ACM denied, and not needed", {"denied": NO_ACM}, FAIL, IN_IAM)


def listeners() -> Iterator[Case]:
    """Yield the cases of load balancers."""
    yield Case("its second listener", {"serves": "on its second listener"}, FAIL, served(Port=8443))
    yield Case("another certificate", {"serves": "another certificate"}, PASS)
    yield Case("no TLS", {"serves": "without TLS"}, PASS)
    yield Case("of another region, which has its own run", {"region": "eu-west-1"}, PASS)
    yield Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, IN_IAM)
    yield Case("load balancers denied", {"denied": NO_BALANCERS}, UNKNOWN, denied("LoadBalancers"))


def elastic(kind: str, other: str) -> Iterator[Case]:
    """Yield the cases of application and network load balancers alone."""
    yield Case("SNI only", {"serves": "in an SNI list"}, FAIL, served(Role="sni"))
    yield Case(f"{other}, not {kind}", {"kind": other}, PASS)
    for operation in ("DescribeListeners", "DescribeListenerCertificates"):
        yield Case(
            f"{operation} denied",
            {"denied": (("elbv2", operation, None),)},
            UNKNOWN,
            denials.SNI,
        )


NO_BALANCERS = tuple((service, "DescribeLoadBalancers", None) for service in ("elb", "elbv2"))
