"""Cases of iam-certificate-superseded-prune: what a run deletes, and what it must look at again."""

from __future__ import annotations

from policies.cases import left_behind

TABLE = left_behind.TABLE
