"""Cases of iam-certificate-expiring-7-days: the last call."""

from __future__ import annotations

from policies.cases.windows import within
from policies.harness import Table
from policies.worlds import DAY, World

TABLE = Table(World(expires=5 * DAY), within(7, base=5))
