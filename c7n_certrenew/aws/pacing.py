"""Stay below AWS's throttle: a token bucket for each account, region, API and kind of call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock, get_ident
from typing import Any

from c7n_certrenew.aws.faults import THROTTLED


@dataclass(frozen=True)
class Limit:
    """How many calls pass at once, and how many a second when those are used up."""

    burst: float
    per_second: float


READS = Limit(40, 10)
WRITES = Limit(20, 3)
"""Of each API of ELB, per account and region (its user guide, "Request throttling")."""

_PACED = frozenset({"elb", "elbv2"})
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


class Headroom:
    """Whether an account may call an API more often than published: limits can be raised.

    Nothing but an answer tells. So one thread at a time may go ahead until it is known; one
    throttled answer settles it for as long as the process lives.
    """

    def __init__(self) -> None:
        self.raised = False
        self._kept = False
        self._ahead: int | None = None
        self._lock = Lock()

    def admits(self) -> bool:
        """Say whether this thread may go ahead; until `back` no other may."""
        with self._lock:
            if self._kept or self._ahead is not None:
                return False
            self._ahead = get_ident()
            return True

    def back(self) -> bool:
        """Say whether this thread was the one ahead."""
        with self._lock:
            ahead = self._ahead == get_ident()
            if ahead:
                self._ahead = None
            return ahead

    def lift(self) -> None:
        """Have nobody wait any more, unless a throttled answer has settled it meanwhile."""
        with self._lock:
            self.raised = not self._kept

    def keep(self) -> None:
        """Have everybody keep to the published rate from now on."""
        with self._lock:
            self._kept, self.raised = True, False


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


_Account = tuple[str, str]
_headrooms: dict[tuple[_Account, str], Headroom] = {}
_buckets: dict[tuple[_Account, str, str, bool], Bucket] = {}
_lock = Lock()


def pace(client: Any, account: _Account) -> None:
    """Have every attempt at a call of an ELB client wait for its token, retries included.

    `account` is partition and number. All clients of this process share an account's buckets.
    Clients of other services are left alone.
    """
    if client.meta.service_model.service_name in _PACED:
        pacer = _Pacer(client, account)
        client.meta.events.register("before-sign", pacer.wait, unique_id="certrenew-wait")
        client.meta.events.register("response-received", pacer.note, unique_id="certrenew-note")
        client.meta.events.register("after-call-error", pacer.fail, unique_id="certrenew-fail")


def forget_everything() -> None:
    """Fill every bucket, as if this process had just started."""
    with _lock:
        _headrooms.clear()
        _buckets.clear()


@dataclass(frozen=True)
class _Pacer:
    """What botocore calls before it signs an attempt and when it has its answer, or none.

    No answer is told of where an attempt cannot be signed or its answer cannot be parsed; then
    the call has failed. A thread has one attempt under way.
    """

    client: Any
    account: _Account
    _under_way: set[int] = field(default_factory=set)

    def wait(self, event_name: str, **_: object) -> None:
        bucket = self._bucket(event_name)
        due = bucket.take()
        self._under_way.add(get_ident())
        while pause := bucket.wait(due):
            time.sleep(pause)

    def note(self, event_name: str, parsed_response: Mapping[str, Any] | None, **_: object) -> None:
        code = (parsed_response or {}).get("Error", {}).get("Code", "")
        throttled = code in THROTTLED
        self._answered(event_name, throttled, parsed_response is not None and not throttled)

    def fail(self, event_name: str, **_: object) -> None:
        self._answered(event_name, throttled=False, passed=False)

    def _answered(self, event_name: str, throttled: bool, passed: bool) -> None:
        if get_ident() in self._under_way:
            self._under_way.remove(get_ident())
            self._bucket(event_name).answered(throttled, passed)

    def _bucket(self, event_name: str) -> Bucket:
        service, region = self.client.meta.service_model.service_name, self.client.meta.region_name
        reads = event_name.rpartition(".")[2].startswith("Describe")
        key = self.account, service, region, reads
        with _lock:
            if key not in _buckets:
                _buckets[key] = self._new_bucket(service, reads)
            return _buckets[key]

    def _new_bucket(self, service: str, reads: bool) -> Bucket:
        if not reads:
            return Bucket(WRITES)
        return Bucket(READS, _headrooms.setdefault((self.account, service), Headroom()))
