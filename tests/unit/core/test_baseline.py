"""How long public certificates may live, by the day they began."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from c7n_certrenew.core.baseline import exceeds_lifetime_limit, lifetime_limit

SECOND = timedelta(seconds=1)
STEPS = [
    ("2012-07-01", None, 1827),
    ("2015-04-01", 1827, 1188),
    ("2018-03-01", 1188, 825),
    ("2020-09-01", 825, 398),
    ("2026-03-15", 398, 200),
    ("2027-03-15", 200, 100),
    ("2029-03-15", 100, 47),
]


@pytest.mark.parametrize(("day", "before", "after"), STEPS)
def test_limit_changes_on_the_day(day: str, before: int | None, after: int) -> None:
    """Each step takes effect at the first second of its day, in UTC."""
    first = datetime.fromisoformat(day).replace(tzinfo=timezone.utc)
    assert lifetime_limit(first) == timedelta(days=after)
    last = lifetime_limit(first - SECOND)
    assert last == (None if before is None else timedelta(days=before))


@pytest.mark.parametrize(("days", "seconds", "exceeds"), [(200, 0, True), (200, -1, False)])
def test_last_second_counts(days: int, seconds: int, exceeds: bool) -> None:
    """A certificate is valid through its last second: 200 days to the second are one too many."""
    start = datetime(2026, 3, 15, tzinfo=timezone.utc)
    end = start + timedelta(days=days, seconds=seconds)
    assert exceeds_lifetime_limit(start, end) is exceeds


def test_old_certificates_had_no_limit() -> None:
    """What began before there was a limit exceeds none."""
    start = datetime(2012, 6, 30, tzinfo=timezone.utc)
    assert not exceeds_lifetime_limit(start, start + timedelta(days=9999))
