"""Tokens for calls, on a clock and an AWS of the tests' own."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from c7n_certrenew.aws import bucket as bucket_module, headroom as headroom_module
from c7n_certrenew.aws.bucket import Bucket, Limit
from c7n_certrenew.aws.headroom import Headroom
from c7n_certrenew.aws.pacing import READS, WRITES

AT_60_MS = (0.05, 0.07)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def begin(bucket: Bucket, clock: Clock) -> float:
    """Take a token and wait for it; return when the call begins."""
    due = bucket.take()
    while pause := bucket.wait(due):
        clock.now += pause
    return clock.now


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 5), max_size=80), st.sampled_from([READS, WRITES, Limit(3, 0.5)]))
def test_never_more_than_published(pauses: list[float], limit: Limit) -> None:
    """In any window begin no more calls than the burst and what the rate gives meanwhile."""
    clock = Clock()
    bucket = Bucket(limit, clock=clock)
    times: list[float] = []
    for pause in pauses:
        clock.now += pause
        times.append(begin(bucket, clock))
        bucket.answered(throttled=False, passed=True)
    for first, begun in enumerate(times):
        for calls, last in enumerate(times[first:], 1):
            assert calls <= limit.burst + limit.per_second * (last - begun) + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=60, max_size=90))
def test_in_the_order_they_ask(pauses: list[float]) -> None:
    """Nobody who asked earlier waits for one who asked later, and each waits for its turn only."""
    clock = Clock()
    bucket, due = Bucket(READS, clock=clock), []
    for pause in pauses:
        clock.now += pause
        due.append(max(bucket.take(), clock.now))
    assert due == sorted(due)
    assert due[-1] <= len(pauses) / READS.per_second + clock.now


@dataclass
class Aws:
    """A token bucket as AWS's, which `others` calls a second use too."""

    limit: Limit
    others: float = 0.0
    throttled: int = 0
    _tokens: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self._tokens = self.limit.burst

    def passes(self, now: float) -> bool:
        """Answer one call."""
        gained = (now - self._at) * (self.limit.per_second - self.others)
        self._tokens, self._at = min(self.limit.burst, self._tokens + gained), now
        passed = self._tokens >= 1
        self._tokens -= passed
        self.throttled += not passed
        return passed


class Sweep:
    """Eight workers that make calls through one bucket, as events on a clock.

    A call reaches AWS at any moment between its begin and its answer.
    """

    def __init__(
        self, aws: Aws, bucket_of: Any, seed: int = 1, delays: tuple[float, float] = AT_60_MS
    ) -> None:
        self.aws, self.clock = aws, Clock()
        self.bucket: Bucket = bucket_of(self.clock)
        self._chance, self._delays = random.Random(seed), delays
        self._events: list[tuple[float, int, int, Iterator[float]]] = []
        self._number = count()
        self.slow = 0
        self.worker = 0

    def run(self, calls: int) -> float:
        """Return how long it takes until as many calls have passed."""
        work = iter(range(calls))
        for worker in range(1, 9):
            self._at(0.0, worker, self._work(work))
        while self._events:
            self.clock.now, _, self.worker, steps = heapq.heappop(self._events)
            pause = next(steps, None)
            if pause is not None:
                self._at(self.clock.now + pause, self.worker, steps)
        return self.clock.now

    def _at(self, when: float, worker: int, steps: Iterator[float]) -> None:
        heapq.heappush(self._events, (when, next(self._number), worker, steps))

    def _work(self, work: Iterator[int]) -> Iterator[float]:
        for _ in work:
            while not (yield from self._call()):
                yield self._chance.random()  # botocore's pause before it tries again

    def _call(self) -> Any:
        due = self.bucket.take()
        while pause := self.bucket.wait(due):
            yield pause + 1e-9
        there = self._chance.uniform(*self._delays)
        reached = there * self._chance.random()
        if self.slow:  # these take three seconds to reach AWS
            self.slow, there, reached = self.slow - 1, 3.0, 3.0
        yield reached
        passed = self.aws.passes(self.clock.now)
        yield there - reached
        self.bucket.answered(throttled=not passed, passed=passed)
        return passed


@pytest.fixture
def sweep(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make sweeps whose workers are threads to the bucket."""

    def make(aws: Aws, headroom: Headroom | None, **given: Any) -> Sweep:
        made = Sweep(aws, lambda clock: Bucket(READS, headroom, clock), **given)
        for module in (bucket_module, headroom_module):
            monkeypatch.setattr(module, "get_ident", lambda: made.worker)
        return made

    return make


@pytest.mark.parametrize("delays", [AT_60_MS, (0.01, 0.5), (0.5, 3.0)], ids=str)
def test_nothing_is_throttled(sweep: Any, delays: tuple[float, float]) -> None:
    """However long calls are under way, AWS finds a token for each; hardly a token is lost."""
    for seed in range(8):
        one = sweep(Aws(READS), None, seed=seed, delays=delays)
        lasted = one.run(120)
        assert one.aws.throttled == 0
        assert lasted <= max(8.0 * 1.1 + 1.5, 120 / 8 * delays[1])


def test_calls_that_reach_aws_late(sweep: Any) -> None:
    """While they are under way AWS's bucket is still full: what it would gain then is lost."""
    one = sweep(Aws(READS), None, delays=(0.001, 0.002))
    one.slow = 8
    one.run(120)
    assert one.aws.throttled == 0


def test_looking_for_headroom_costs_one_answer(sweep: Any) -> None:
    """Where AWS keeps to what it publishes, one throttled answer says so, to all regions."""
    for seed in range(8):
        headroom = Headroom()
        one = sweep(Aws(READS), headroom, seed=seed)
        assert one.run(160) <= 12.0 * 1.1 + 1.5
        assert one.aws.throttled == 1
        other = sweep(Aws(READS), headroom, seed=seed)
        other.run(80)
        assert other.aws.throttled == 0


def test_a_raised_limit_is_used(sweep: Any) -> None:
    """Where calls beyond the published rate pass, soon none waits; in other regions at once."""
    headroom = Headroom()
    assert sweep(Aws(Limit(400, 1000)), headroom).run(400) < (400 - 40) / 10 / 6
    assert sweep(Aws(Limit(400, 1000)), headroom).run(400) < 400 * AT_60_MS[1] / 8 * 1.1


def test_a_raised_limit_that_is_met_after_all(sweep: Any) -> None:
    """What was in vain once is not tried again: few calls are throttled, all pass in the end."""
    one = sweep(Aws(Limit(200, 10)), Headroom())
    one.run(400)
    assert one.aws.throttled <= 16


def test_a_throttled_answer_elsewhere_settles_it() -> None:
    """A call that went ahead before it, and passes after it, lifts no limit any more."""
    headroom = Headroom()
    assert headroom.admits()
    headroom.keep()
    assert headroom.back()
    headroom.lift()
    assert not headroom.raised


@pytest.mark.parametrize(
    "aws", [Aws(READS, others=5.0), Aws(READS, others=8.0), Aws(Limit(10, 3))], ids=str
)
def test_others_use_the_budget_too(sweep: Any, aws: Aws) -> None:
    """It slows down as far as it must: of six attempts botocore needs few, nearly all pass."""
    one = sweep(aws, Headroom())
    left = aws.limit.per_second - aws.others
    assert one.run(150) <= (150 - aws.limit.burst) / left * 1.6 + 5
    assert aws.throttled <= 25


def test_the_rate_recovers() -> None:
    """A minute after others stopped, the published rate is used again."""
    clock = Clock()
    bucket = Bucket(Limit(40, 10), clock=clock)
    begin(bucket, clock)
    bucket.answered(throttled=True, passed=False)
    due = [bucket.take() for _ in range(11)]
    assert due[10] - due[0] == pytest.approx(2.0)
    for _ in due:
        bucket.answered(throttled=False, passed=True)
    clock.now += 60
    for _ in range(50):
        begun = begin(bucket, clock)
        bucket.answered(throttled=False, passed=True)
    assert begin(bucket, clock) - begun == pytest.approx(0.1)
