"""Threads for the calls to many regions, none of which holds up another."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from c7n_certrenew.aws.clients import CONNECTIONS, CONNECTIONS_PER_REGION

Task = Callable[[], Iterable[Any]]
"""What one thread does; it returns the tasks that follow in its region."""


class Workers:
    """Carry out the tasks of many regions, each region in a share of its own.

    The share is what all connections are to each region that is not finished, at most
    CONNECTIONS_PER_REGION. So a region that hangs keeps no more than its share, the others go
    on, and the fullest ends with most. `finished` is called with each region that is done.
    """

    def __init__(self, tasks: Mapping[str, Iterable[Task]]) -> None:
        self._waiting = {region: deque(of_it) for region, of_it in tasks.items()}
        self._busy: Counter[str] = Counter()
        self._left = False
        self._changed = threading.Condition()

    def run(self) -> None:
        """Return when everything is done. Raises what a task raises; the others are left then."""
        threads = min(CONNECTIONS, CONNECTIONS_PER_REGION * len(self._waiting))
        if not threads:
            return
        with ThreadPoolExecutor(threads) as pool:
            try:
                for worker in [pool.submit(self._work) for _ in range(threads)]:
                    worker.result()
            except BaseException:  # Ctrl-C too
                self._leave()
                raise

    def _leave(self) -> None:
        with self._changed:
            self._left = True
            self._changed.notify_all()

    def _work(self) -> None:
        while region := self._region():
            try:
                while task := self._task(region):
                    self._add(region, task())
            except BaseException:
                self._leave()
                raise
            finally:
                self._end(region)

    def _region(self) -> str:
        """Wait for a region with tasks and a free share; return "" when there is no more to do."""
        with self._changed:
            while self._waiting and not self._left:
                share = max(1, min(CONNECTIONS_PER_REGION, CONNECTIONS // len(self._waiting)))
                free = [r for r, tasks in self._waiting.items() if tasks and self._busy[r] < share]
                if free:
                    fullest = max(free, key=lambda region: len(self._waiting[region]))
                    self._busy[fullest] += 1
                    return fullest
                self._changed.wait()
            return ""

    def _task(self, region: str) -> Task | None:
        with self._changed:
            tasks = self._waiting[region]
            return tasks.popleft() if tasks and not self._left else None

    def _add(self, region: str, more: Iterable[Task]) -> None:
        with self._changed:
            before = len(self._waiting[region])
            self._waiting[region].extend(more)
            self._changed.notify(len(self._waiting[region]) - before)

    def _end(self, region: str) -> None:
        with self._changed:
            self._busy[region] -= 1
            if not self._busy[region] and not self._waiting[region]:
                del self._waiting[region]
                self._changed.notify_all()
