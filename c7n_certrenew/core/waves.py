"""The order in which regions get a new certificate, and how much of it fits into one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.core.model import CLOUDFRONT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from c7n_certrenew.core.model import Listener, Role

REST = "*"
"""What a policy says for all regions that it does not name."""


@dataclass(frozen=True)
class Order:
    """Regions in waves; without any everything is one wave.

    The regions that none names are where `*` is, or after all others. Distributions are in no
    region, are slow and reach the furthest: they are a wave of their own, the last, whatever
    the waves say.
    """

    waves: tuple[tuple[str, ...], ...] = ()

    def wave(self, listener: Listener) -> int:
        """Return the number of a listener's wave, from 1 on; 0 where there is no order."""
        if not self.waves:
            return 0
        last = len(self._all) + 1
        return last if listener.service == CLOUDFRONT else self.wave_of(listener.region)

    def wave_of(self, region: str) -> int:
        """Return the number of a region's wave, as `wave` does of its load balancers."""
        if not self.waves:
            return 0
        waves = tuple(enumerate(self._all, 1))
        named = next((n for n, wave in waves if region in wave), 0)
        return named or next(n for n, wave in waves if REST in wave)

    def named(self, number: int) -> str:
        """Return a wave as a person knows it: `wave 1 (eu-west-1, eu-central-1)`."""
        waves = self._all
        if number > len(waves):
            return f"wave {number} (distributions)"
        wave = waves[number - 1]
        return f"wave {number} ({'all other regions' if REST in wave else ', '.join(wave)})"

    @property
    def _all(self) -> tuple[tuple[str, ...], ...]:
        rest = () if any(REST in wave for wave in self.waves) else ((REST,),)
        return (*self.waves, *rest)


Roles = dict["Listener", tuple["Role", ...]]
"""Listeners with the roles that a certificate has there."""


@dataclass(frozen=True)
class Share:
    """What one run takes on of a certificate's listeners, and what it leaves."""

    taken: Roles
    left: Roles


def share(
    due: Sequence[Mapping[Listener, tuple[Role, ...]]], order: Order, room: int
) -> list[Share]:
    """Split the listeners of certificates, the most urgent first, by what fits into a run.

    `room` is a number of bindings. It goes to the first wave of all, then to the second. Of each
    certificate one listener is taken while anything is left, however many roles it has; once one
    is left, so is every later wave of that certificate.
    """
    shares = [Share({}, {}) for _ in due]
    for wave in sorted({order.wave(listener) for one in due for listener in one}):
        for listeners, mine in zip(due, shares, strict=True):
            behind = bool(mine.left)
            for listener, roles in listeners.items():
                if order.wave(listener) != wave:
                    continue
                if not behind and (len(roles) <= room or (room > 0 and not mine.taken)):
                    mine.taken[listener] = roles
                    room -= len(roles)
                else:
                    mine.left[listener] = roles
    return shares
