"""Cases of app-elb-certificate-expiring: what application load balancers serve is due."""

from __future__ import annotations

from policies.cases import owned
from policies.harness import Case, Table, Verdict
from policies.serving import Balancers

TABLE = Table(
    Balancers(kind="application"),
    (
        Case("20 days", {}, Verdict.FAIL, owned.IN_IAM),
        *owned.elastic("application", "network"),
        *owned.due(),
        *owned.kept({"Status": "missing"}),
        *owned.listeners(),
    ),
)
