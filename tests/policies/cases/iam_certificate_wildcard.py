"""Cases of iam-certificate-wildcard: one name with a wildcard is enough."""

from __future__ import annotations

from policies.bodies import Body
from policies.cases.shown_by_x509 import UNREAD, many, says
from policies.harness import Case, Table, Verdict

PASS, FAIL = Verdict.PASS, Verdict.FAIL

WILD = "*.example.com"

TABLE = Table(
    Body(dns=(WILD,)),
    (
        Case("a wildcard alone", {}, FAIL, says(Wildcard=True, DNSNames=[WILD])),
        Case(
            "a wildcard among others",
            {"dns": ("shop.example.com", "*.shop.example.com")},
            FAIL,
            says(Wildcard=True, CommonName="shop.example.com"),
        ),
        Case("for a part of a label", {"dns": ("w*.example.com",)}, FAIL, says(Wildcard=True)),
        Case("as the common name alone", {"san": False}, FAIL, says(Wildcard=True, DNSNames=[])),
        Case("one name", {"dns": ("shop.example.com",)}, PASS),
        Case("more names", {"dns": ("example.com", "shop.example.com")}, PASS),
        many(Wildcard=True),
        *UNREAD,
    ),
)
