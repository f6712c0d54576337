"""Cases of iam-certificate-self-signed: by its own key, not only under its own name."""

from __future__ import annotations

from policies.bodies import ISSUERS, Body
from policies.cases.shown_by_x509 import UNREAD, many, says
from policies.harness import Case, Table, Verdict

PASS, FAIL = Verdict.PASS, Verdict.FAIL

ITSELF = "itself"
NAMED = "CN=shop.example.com"

TABLE = Table(
    Body(chain=(ITSELF, "complete")),
    (
        Case("by itself", {}, FAIL, says(SelfSigned=True, Subject=NAMED, Issuer=NAMED)),
        *(
            Case(f"by {issuer}", {"chain": (issuer, "complete")}, PASS)
            for issuer in ISSUERS
            if issuer != ITSELF
        ),
        Case("without its issuer", {"chain": ("a public authority", "empty")}, PASS),
        many(SelfSigned=True),
        *UNREAD,
    ),
)
