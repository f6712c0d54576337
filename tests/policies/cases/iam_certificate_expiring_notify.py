"""Cases of iam-certificate-expiring-notify: it tells of what is expiring and in use."""

from __future__ import annotations

from policies.cases.iam_certificate_expiring_in_use import TABLE as TABLE
