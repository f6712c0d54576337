"""Stand before every attempt at a call: is there time, is there a point, is there a token?"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock, get_ident
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from c7n_certrenew.aws.breaker import Breaker
from c7n_certrenew.aws.bucket import Bucket, Limit
from c7n_certrenew.aws.budget import Budget
from c7n_certrenew.aws.faults import THROTTLED
from c7n_certrenew.aws.headroom import Headroom

READS = Limit(40, 10)
WRITES = Limit(20, 3)
"""Of each API of ELB, per account and region (its user guide, "Request throttling")."""

_PACED = frozenset({"elb", "elbv2"})
_LONGEST_WAIT = 1.0
"""Seconds until one that waits for its token looks again whether it still may."""

_Account = tuple[str, str]
_headrooms: dict[tuple[_Account, str], Headroom] = {}
_buckets: dict[tuple[_Account, str, str, bool], Bucket] = {}
_breakers: dict[tuple[_Account, str, str], Breaker] = {}
_lock = Lock()


def pace(client: Any, account: _Account, budget: Budget | None = None) -> None:
    """Have every attempt at a call wait for what it needs, retries included.

    None is made when the budget is over or the service is given up; those of ELB wait for a
    token. `account` is partition and number. All clients of this process share an account's
    tokens and what was given up.
    """
    pacer = _Pacer(client, account, budget or Budget())
    for event, hook in (
        ("before-sign", pacer.wait),
        ("response-received", pacer.note),
        ("after-call-error", pacer.fail),
    ):
        client.meta.events.unregister(event, unique_id=f"certrenew-{event}")
        client.meta.events.register(event, hook, unique_id=f"certrenew-{event}")


def forget_everything() -> None:
    """Fill every bucket and give nothing up, as if this process had just started."""
    with _lock:
        _headrooms.clear()
        _buckets.clear()
        _breakers.clear()


@dataclass(frozen=True)
class _Pacer:
    """What botocore calls before it signs an attempt and when it has its answer, or none.

    No answer is told of where an attempt cannot be signed or its answer cannot be parsed; then
    the call has failed. A thread has one attempt under way: when it began is kept.
    """

    client: Any
    account: _Account
    budget: Budget
    _under_way: dict[int, float] = field(default_factory=dict)
    _tokens: set[int] = field(default_factory=set)

    def wait(self, event_name: str, **_: object) -> None:
        self._check()
        if bucket := self._bucket(event_name):
            due = bucket.take()
            self._tokens.add(get_ident())
            while pause := bucket.wait(due):
                time.sleep(min(pause, _LONGEST_WAIT))
                self._check()
        self._under_way[get_ident()] = time.monotonic()

    def note(
        self,
        event_name: str,
        parsed_response: Mapping[str, Any] | None,
        exception: Exception | None = None,
        **_: object,
    ) -> None:
        answer = parsed_response or {}
        code = str(answer.get("Error", {}).get("Code", ""))
        status = int(answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        silent, throttled = parsed_response is None, code in THROTTLED
        begun = self._under_way.pop(get_ident(), time.monotonic())
        if silent or throttled or status >= 500:
            self._breaker.failed(begun, type(exception).__name__ if silent else code)
        else:
            self._breaker.heard()
        self._answered(event_name, throttled, passed=not silent and not throttled)

    def fail(self, event_name: str, exception: Exception | None = None, **_: object) -> None:
        """Say what is wrong with an answer that botocore's parser does not expect either."""
        self._under_way.pop(get_ident(), None)
        self._answered(event_name, throttled=False, passed=False)
        if isinstance(exception, _UNREADABLE) and not isinstance(exception, _TOLD):
            operation = event_name.rpartition(".")[2]
            raise ResponseParserError(f"{operation}: {exception}") from exception

    def _check(self) -> None:
        self.budget.check()
        if not self.budget.insists:
            self._breaker.check()

    def _answered(self, event_name: str, throttled: bool, passed: bool) -> None:
        bucket = self._bucket(event_name)
        if bucket and get_ident() in self._tokens:
            self._tokens.remove(get_ident())
            bucket.answered(throttled, passed)

    @property
    def _where(self) -> tuple[str, str]:
        return self.client.meta.service_model.service_name, self.client.meta.region_name

    @property
    def _breaker(self) -> Breaker:
        key = self.account, *self._where
        with _lock:
            if key not in _breakers:
                _breakers[key] = Breaker(*self._where)
            return _breakers[key]

    def _bucket(self, event_name: str) -> Bucket | None:
        service, region = self._where
        if service not in _PACED:
            return None
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


_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
_TOLD = (BotoCoreError, ClientError, ResponseParserError)
