"""Threads for many regions."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable

import pytest

from c7n_certrenew.aws.workers import Workers

REGIONS = [f"region-{number}" for number in range(17)]
PATIENCE = 60.0
"""Seconds, of which a machine under load may need some."""
Task = Callable[[], tuple[()]]


class Gauge:
    """Counts how many tasks of a region, and in all, are under way at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_in_all = 0
        self.done: list[str] = []

    def task(self, region: str) -> Task:
        """Return a task of a region that takes a moment."""

        def run() -> tuple[()]:
            with self._lock:
                self._now[region] += 1
                self.most[region] = max(self.most[region], self._now[region])
                self.most_in_all = max(self.most_in_all, sum(self._now.values()))
            time.sleep(0.002)
            with self._lock:
                self._now[region] -= 1
                self.done.append(region)
            return ()

        return run


def test_connections_are_shared_out() -> None:
    """At most 8 a region and 32 in all; what a task brings up is done too."""
    gauge = Gauge()

    def listing(region: str, tasks: int) -> Callable[[], list[Task]]:
        return lambda: [gauge.task(region)] * tasks

    fullest, *others = REGIONS
    tasks = {region: [listing(region, 10)] for region in others}
    Workers({fullest: [listing(fullest, 100)], **tasks}).run()
    assert Counter(gauge.done) == {fullest: 100, **dict.fromkeys(others, 10)}
    assert max(gauge.most.values()) <= 8
    assert gauge.most_in_all <= 32


def test_a_region_alone_uses_eight() -> None:
    """The fullest region is not held to the share that it had among the others."""
    gauge, meeting = Gauge(), threading.Barrier(8, timeout=PATIENCE)

    def meet() -> tuple[()]:
        meeting.wait()
        return ()

    tasks: dict[str, list[Task]] = {region: [gauge.task(region)] for region in REGIONS}
    tasks[REGIONS[0]] = [meet] * 8
    Workers(tasks).run()
    assert not meeting.broken


def test_a_region_that_hangs_holds_up_no_other() -> None:
    """All others are finished while not one of its tasks is."""
    gauge, others_done = Gauge(), threading.Event()
    done: list[bool] = []

    def hang() -> tuple[()]:
        done.append(others_done.wait(PATIENCE))
        return ()

    def last() -> tuple[()]:
        while len(gauge.done) < 16 * 20:
            time.sleep(0.002)
        others_done.set()
        return ()

    tasks: dict[str, list[Task]] = {region: [gauge.task(region)] * 20 for region in REGIONS[1:]}
    Workers({REGIONS[0]: [hang] * 30, **tasks, "watch": [last]}).run()
    assert done == [True] * 30


def test_a_defect_is_raised_and_ends_it() -> None:
    """What is waiting then is left; nothing hangs."""
    done: list[int] = []

    def fail() -> tuple[()]:
        raise ZeroDivisionError

    def work() -> tuple[()]:
        time.sleep(0.002)
        done.append(1)
        return ()

    with pytest.raises(ZeroDivisionError):
        Workers({"a": [fail, *[work] * 5000]}).run()
    assert len(done) < 5000


def test_a_defect_ends_it_whoever_waits() -> None:
    """Workers without a region do not wait for tasks that nobody will take any more."""
    slow = [0.2]

    def fail() -> tuple[()]:
        time.sleep(slow.pop() if slow else 0.01)
        raise ZeroDivisionError

    ended: list[str] = []

    def run() -> None:
        with pytest.raises(ZeroDivisionError):
            Workers({"a": [fail] * 100, "b": [tuple]}).run()
        ended.append("ended")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert ended


def test_nothing_follows_a_defect() -> None:
    """What a task brings up while another fails is left too."""
    failed = threading.Event()
    done: list[int] = []

    def fail() -> tuple[()]:
        failed.set()
        raise ZeroDivisionError

    def work() -> tuple[()]:
        done.append(1)
        return ()

    def begin() -> list[Task]:
        failed.wait(PATIENCE)
        while not workers._left:
            time.sleep(0.002)
        return [work] * 20

    workers = Workers({"a": [fail], "b": [begin]})
    with pytest.raises(ZeroDivisionError):
        workers.run()
    assert not done


def test_nothing_to_do() -> None:
    """No thread is needed for no region."""
    Workers({}).run()
