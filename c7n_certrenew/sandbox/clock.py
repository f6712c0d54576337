"""The sandbox's clock: the wall's, ahead by what it was advanced, or standing still."""

from __future__ import annotations

import datetime as dt
import threading
import time

_MEETING = 0.002
"""Seconds in which threads that go to sleep at the same time find each other."""


class Clock:
    """Tell the time by which certificates are judged and delays are measured.

    It runs with the wall's until it is stopped. Threads may share it; it goes back by
    :meth:`reset` alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = 0.0
        self._stopped: float | None = None
        self.reset()

    def now(self) -> dt.datetime:
        """Return the date and time, aware UTC."""
        return self._begun + dt.timedelta(seconds=self.monotonic() - self._origin)

    def monotonic(self) -> float:
        """Return seconds of which only differences mean something."""
        running = time.monotonic() if self._stopped is None else self._stopped
        return running + self._ahead

    def advance(self, seconds: float) -> None:
        """Go ahead at once; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError(f"a clock does not go back: {seconds}")
        with self._lock:
            self._ahead += seconds

    def sleep(self, seconds: float) -> None:
        """Let the seconds pass at once; threads that sleep side by side share them.

        With :meth:`monotonic` this makes a clock stand in for the module `time`.
        """
        until = self._ahead + seconds
        time.sleep(_MEETING)
        with self._lock:
            self._ahead = max(self._ahead, until)

    def stop(self) -> None:
        """Stand still from now on: only :meth:`advance` moves it."""
        self._stopped = time.monotonic()

    def reset(self) -> None:
        """Run again, with the wall's time."""
        self._ahead, self._stopped = 0.0, None
        self._begun, self._origin = dt.datetime.now(dt.timezone.utc), time.monotonic()
