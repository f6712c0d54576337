"""Cases of iam-certificate-superseded: what waits to be pruned, and what may."""

from __future__ import annotations

from policies.cases import left_behind

TABLE = left_behind.TABLE
