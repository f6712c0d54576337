"""When a certificate is due: the published 30 days, or a fraction of its lifetime."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

SHORT_LIFETIME = timedelta(days=10)


@dataclass(frozen=True)
class Window:
    """How long before its expiration a certificate is due.

    `days` alone is the published rule. With `fraction` the window is the smaller of `days`
    and that fraction of the lifetime; half the lifetime for a certificate that lives less
    than 10 days (the fractions the most used ACME client settled on).
    """

    days: timedelta
    fraction: Fraction | None = None

    def threshold(self, lifetime: timedelta | None = None) -> timedelta:
        """Return the window of a certificate with this lifetime (None: `days` alone)."""
        if self.fraction is None or lifetime is None:
            return self.days
        fraction = Fraction(1, 2) if lifetime < SHORT_LIFETIME else self.fraction
        return min(self.days, lifetime * fraction.numerator / fraction.denominator)


def due(expiration: datetime, now: datetime, threshold: timedelta) -> bool:
    """Say whether `expiration <= now + threshold`, by the second and not by the day."""
    return expiration <= now + threshold


def days_left(expiration: datetime, now: datetime) -> int:
    """Return whole days until `expiration`, rounded down: -1 from the second it expires."""
    return (expiration - now).days
