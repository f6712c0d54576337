"""How long a public certificate may live: the CA/Browser Forum's Baseline Requirements."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

_LIMITS = (
    ("2029-03-15", 47),
    ("2027-03-15", 100),
    ("2026-03-15", 200),
    ("2020-09-01", 398),
    ("2018-03-01", 825),
    ("2015-04-01", 1188),  # 39 months, the longest there are
    ("2012-07-01", 1827),  # 60 months
)
"""From when on a certificate may live how many days (section 6.3.2 and its earlier versions)."""


def lifetime_limit(not_before: datetime) -> timedelta | None:
    """Return how long a certificate issued then may live; None before there was a limit.

    The first moment of its validity stands for its issuance, which no certificate names.

    >>> lifetime_limit(datetime(2026, 3, 15, tzinfo=timezone.utc)).days
    200
    """
    for since, days in _LIMITS:
        if not_before >= datetime.fromisoformat(since).replace(tzinfo=timezone.utc):
            return timedelta(days=days)
    return None


def exceeds_lifetime_limit(not_before: datetime, not_after: datetime) -> bool:
    """Say whether a certificate lives too long; its last second counts (RFC 5280, 4.1.2.5)."""
    limit = lifetime_limit(not_before)
    return limit is not None and not_after - not_before + timedelta(seconds=1) > limit
