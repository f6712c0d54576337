"""Cases of iam-certificate-expiring-45-days: the early warning."""

from __future__ import annotations

from policies.cases.windows import within
from policies.harness import Table
from policies.worlds import DAY, World

TABLE = Table(World(expires=40 * DAY), within(45, base=40))
