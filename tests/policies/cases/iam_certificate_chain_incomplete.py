"""Cases of iam-certificate-chain-incomplete: what is missing, too much, or ends too soon."""

from __future__ import annotations

import re

from policies.bodies import Body
from policies.cases.shown_by_x509 import UNREAD, many, says
from policies.harness import Case, Table, Verdict

PASS, FAIL = Verdict.PASS, Verdict.FAIL

PUBLIC, STRANGE = "a public authority", [{"Subject": "CN=Strange Intermediate"}]
ENDS = [{"Subject": "CN=Public Intermediate", "NotAfter": re.compile("^2026-08-29T23:59:5")}]
NOWHERE = says(ChainEnd="unknown")

WHOLE = (
    (PUBLIC, "complete"),
    (PUBLIC, "complete, with its root"),
    (PUBLIC, "ending with it"),
    ("a public root", "empty"),
    ("a private authority that shows its root", "complete"),
    ("a private authority whose root clients hold", "complete"),
    ("a private root that clients hold", "empty"),
    ("itself", "empty"),
)

TABLE = Table(
    Body(chain=(PUBLIC, "empty")),
    (
        Case("no chain", {}, FAIL, says(ChainEnd="unknown", Chain=[])),
        *(
            Case(f"by {issuer}, {chain}", {"chain": (issuer, chain)}, PASS)
            for issuer, chain in WHOLE
        ),
        Case(
            "a private root that the chain does not show and nobody named, a false positive",
            {"chain": ("a private authority", "complete")},
            FAIL,
            NOWHERE | says(Chain=[{"Issuer": "CN=Hidden"}]),
        ),
        Case(
            "an intermediate is missing below a private root that clients hold",
            {"chain": ("a private authority whose root clients hold", "empty")},
            FAIL,
            says(ChainEnd="unknown", Chain=[]),
        ),
        Case(
            "the chain of another authority",
            {"chain": (PUBLIC, "of another authority")},
            FAIL,
            says(ChainEnd="unknown", ChainUnrelated=STRANGE),
        ),
        Case(
            "one that issued nothing in it",
            {"chain": (PUBLIC, "complete, and one of another authority")},
            FAIL,
            says(ChainEnd="public-root", ChainUnrelated=STRANGE),
        ),
        Case(
            "one that issued nothing below a root that clients hold",
            {
                "chain": (
                    "a private authority whose root clients hold",
                    "complete, and one of another authority",
                )
            },
            FAIL,
            says(ChainEnd="unknown", ChainUnrelated=STRANGE),
        ),
        Case(
            "an issuer that ends a second before it",
            {"chain": (PUBLIC, "ending a second before it")},
            FAIL,
            says(ChainEnd="public-root", Chain=ENDS),
        ),
        many(ChainEnd="unknown"),
        *UNREAD,
    ),
)
