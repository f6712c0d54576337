"""When a certificate is due."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from unit.core.certificates import DAY, NOW, SECOND

from c7n_certrenew.core.window import Window, days_left, due

MONTH = 30 * DAY


@pytest.mark.parametrize(
    ("left", "is_due"),
    [
        (MONTH, True),
        (MONTH + SECOND, False),
        (MONTH + timedelta(microseconds=1), False),
        (MONTH - SECOND, True),
        (0 * DAY, True),
        (-DAY, True),
        (365 * DAY, False),
    ],
)
def test_due_by_the_second(left: timedelta, is_due: bool) -> None:
    """A certificate is due from the second at which exactly the window is left."""
    assert due(NOW + left, NOW, Window(MONTH).threshold()) is is_due


@pytest.mark.parametrize(
    ("lifetime", "fraction", "threshold"),
    [
        (365 * DAY, Fraction(1, 3), MONTH),
        (90 * DAY, Fraction(1, 3), MONTH),
        (90 * DAY - SECOND, Fraction(1, 3), MONTH - SECOND / 3),
        (45 * DAY, Fraction(1, 3), 15 * DAY),
        (10 * DAY, Fraction(1, 3), timedelta(days=10) / 3),
        (10 * DAY - SECOND, Fraction(1, 3), (10 * DAY - SECOND) / 2),
        (6 * DAY, Fraction(1, 3), 3 * DAY),
        (6 * DAY, Fraction(1, 10), 3 * DAY),
        (45 * DAY, Fraction(1), MONTH),
        (45 * DAY, None, MONTH),
        (None, Fraction(1, 3), MONTH),
        (None, None, MONTH),
    ],
)
def test_threshold(
    lifetime: timedelta | None, fraction: Fraction | None, threshold: timedelta
) -> None:
    """The window is the smaller of the days and the fraction, half of a very short lifetime."""
    assert Window(MONTH, fraction).threshold(lifetime) == threshold


def test_the_days_still_bound_a_short_lifetime() -> None:
    """The half of a short lifetime never makes the window larger than the days."""
    assert Window(2 * DAY, Fraction(1, 3)).threshold(6 * DAY) == 2 * DAY


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (2 * DAY, 2),
        (2 * DAY - SECOND, 1),
        (0 * DAY, 0),
        (-SECOND, -1),
        (-DAY, -1),
        (-DAY - SECOND, -2),
    ],
)
def test_days_left(left: timedelta, days: int) -> None:
    """Days are rounded down, so that an expired certificate never shows zero."""
    assert days_left(NOW + left, NOW) == days
