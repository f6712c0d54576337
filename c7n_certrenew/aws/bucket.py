"""Tokens for calls, so that AWS never runs out of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, get_ident

from c7n_certrenew.aws.headroom import Headroom


@dataclass(frozen=True)
class Limit:
    """How many calls pass at once, and how many a second when those are used up."""

    burst: float
    per_second: float


_SPARE = 1
"""Tokens that are left to AWS, because clocks differ."""
_BEYOND = 5
"""How many calls beyond the published rate must pass until it is taken as raised."""
_INCIDENT_SECONDS = 1.0
"""For how long throttled answers are one incident: their calls were under way together."""
_RECOVERY_SECONDS = 60.0
_SLOWEST = 1 / 16
_AT_ONCE = -math.inf

Clock = Callable[[], float]


class Bucket:
    """Tokens for calls, promised in the order they are asked for. Threads may share it.

    It holds no more tokens than AWS's bucket, whenever a call reaches AWS between its begin and
    its answer: as AWS's may have been full until then, it does not fill up for calls under way.
    """

    def __init__(
        self, limit: Limit, headroom: Headroom | None = None, clock: Clock = time.monotonic
    ) -> None:
        self._limit = limit
        self._headroom = headroom
        self._clock = clock
        self._tokens = limit.burst - _SPARE
        self._rate = limit.per_second
        self._at = clock()
        self._under_way = 0
        self._postponed = 0.0
        self._throttled_at = -math.inf
        self._ahead = 0
        self._exceeded = False
        self._check: int | None = None
        self._checked = False
        self._lock = Lock()

    def take(self) -> float:
        """Take a token, or its promise; return when it is due, for `wait`."""
        with self._lock:
            self._refill()
            self._under_way += 1
            if self._may_exceed():
                self._exceeded, self._checked, self._check = True, False, None
                return _AT_ONCE
            self._tokens -= 1
            return self._at + max(0.0, -self._tokens / self._rate) - self._postponed

    def wait(self, due: float) -> float:
        """Return for how many seconds a promise must still be waited for; ask again after that."""
        if self._headroom and self._headroom.raised:
            return 0.0
        left = max(0.0, due + self._postponed - self._clock())
        if not left and due > _AT_ONCE:
            with self._lock:
                self._check = self._check or get_ident()
        return left

    def answered(self, throttled: bool, passed: bool) -> None:
        """Take note of the answer to a call that took a token, or that there is none.

        A throttled one means that AWS has no tokens left. That is this bucket's doing where it
        went ahead. Else others use the account's tokens too, and it halves its rate, which
        recovers within a minute.
        """
        with self._lock:
            self._refill()
            self._under_way -= 1
            if self._headroom and self._headroom.back():
                self._ahead += passed
                self._check = None
                if self._ahead >= _BEYOND:
                    self._headroom.lift()
            elif self._check == get_ident():
                self._checked, self._check = passed, None
            if throttled:
                self._give_way()

    def _may_exceed(self) -> bool:
        """Say whether a call may go without a token.

        Each one ahead is followed by one that has a token: that one shows whether AWS's bucket
        has fallen behind this one, so that one throttled answer is all that it costs.
        """
        if self._headroom is None or self._tokens >= 1:
            return False
        return self._headroom.raised or (self._checked and self._headroom.admits())

    def _give_way(self) -> None:
        if self._at - self._throttled_at < _INCIDENT_SECONDS:
            return
        self._throttled_at = self._at
        if not self._exceeded:
            self._rate = max(self._rate / 2, self._limit.per_second * _SLOWEST)
        owed = self._ahead + _SPARE
        self._tokens = min(self._tokens, 0) - owed
        self._postponed += owed / self._rate
        self._ahead, self._exceeded = 0, False
        if self._headroom:
            self._headroom.keep()

    def _refill(self) -> None:
        now, limit = self._clock(), self._limit
        elapsed, self._at = max(now - self._at, 0.0), now
        full = max(limit.burst - _SPARE - self._under_way, self._tokens)
        self._tokens = min(full, self._tokens + elapsed * self._rate)
        self._rate = min(
            limit.per_second, self._rate + elapsed * limit.per_second / _RECOVERY_SECONDS
        )
