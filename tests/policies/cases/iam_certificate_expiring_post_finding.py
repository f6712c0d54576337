"""Cases of iam-certificate-expiring-post-finding: what iam-certificate-expiring-in-use finds."""

from __future__ import annotations

from policies.cases.iam_certificate_expiring_in_use import TABLE as TABLE
