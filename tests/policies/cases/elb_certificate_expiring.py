"""Cases of elb-certificate-expiring: what classic load balancers serve is due."""

from __future__ import annotations

from policies.cases import owned
from policies.harness import Case, Table, Verdict
from policies.serving import Balancers

TABLE = Table(
    Balancers(),
    (
        Case("20 days", {}, Verdict.FAIL, owned.IN_IAM),
        Case("with SSL", {"kind": "classic, with SSL"}, Verdict.FAIL, owned.served(Protocol="SSL")),
        *owned.due(),
        *owned.kept({"Status": "invalid"}),
        *owned.listeners(),
        Case(
            "tags denied, which Custodian lists with them",
            {"denied": owned.NO_TAGS},
            Verdict.UNKNOWN,
            owned.denied("GetResources"),
        ),
    ),
)
