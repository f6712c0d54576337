"""ELB's throttle: token buckets per account, region and API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .faults import throttling

if TYPE_CHECKING:
    from .request import Refusal, Request
    from .world import World

READS = ("Describe", "Get", "List")
"""How the operations begin that change nothing."""


@dataclass(frozen=True)
class Rate:
    """Say how many calls pass at once, and how many a second once those are used up."""

    burst: float
    per_second: float


@dataclass(frozen=True)
class Throttle:
    """Say how often an account may call each API in each region.

    Both generations of load balancers share an endpoint, but each is an API with buckets of its
    own (botocore api versions 2012-06-01 and 2015-12-01). Services not named pass freely.
    The rates are those of "Request throttling for the ELB API" in the user guide.
    """

    reads: Rate = Rate(burst=40, per_second=10)
    writes: Rate = Rate(burst=20, per_second=3)
    services: frozenset[str] = frozenset({"elb", "elbv2"})

    def rate(self, operation: str) -> Rate:
        """Return the rate of an operation."""
        return self.reads if operation.startswith(READS) else self.writes


@dataclass
class _Bucket:
    tokens: float
    since: float

    def take(self, rate: Rate, now: float) -> bool:
        """Take a token if there is one; a call that is refused takes none."""
        gained = max(now - self.since, 0.0) * rate.per_second
        self.tokens, self.since = min(rate.burst, self.tokens + gained), now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Buckets:
    """Keep the buckets of every account, region and API; `throttle` None lets everything pass."""

    def __init__(self) -> None:
        self._throttle: Throttle | None = None
        self._buckets: dict[tuple[str, str, str, Rate], _Bucket] = {}

    @property
    def throttle(self) -> Throttle | None:
        """Return the rates that hold."""
        return self._throttle

    @throttle.setter
    def throttle(self, throttle: Throttle | None) -> None:
        self._throttle = throttle
        self.clear()

    def clear(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    def admit(self, request: Request, now: float) -> bool:
        """Say whether a call passes at this moment (monotonic seconds)."""
        throttle = self._throttle
        if throttle is None or request.service not in throttle.services:
            return True
        rate = throttle.rate(request.operation)
        key = (request.account_id, request.region, request.service, rate)
        bucket = self._buckets.setdefault(key, _Bucket(rate.burst, now))
        return bucket.take(rate, now)


def too_often(world: World, request: Request) -> Refusal | None:
    """Refuse a call whose bucket is empty."""
    admitted = world.throttle.admit(request, world.monotonic())
    return None if admitted else throttling(request.service)
