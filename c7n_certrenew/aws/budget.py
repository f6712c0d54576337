"""The time that a run may take, over everything that it waits for."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError

GRACE_SECONDS = 60.0
"""How long what must not stay half done may go on after the time-out."""


class RunTimeoutError(BotoCoreError):
    """No call is made any more: what botocore raises, so that it ends as a call that failed."""

    fmt = "the run's time-out of {seconds:g} s is over"


class Budget:
    """Seconds for one run, endless until it is started. Threads may share it."""

    def __init__(self) -> None:
        self.seconds = math.inf
        self._deadline = math.inf
        self._of_thread = threading.local()

    def start(self, seconds: float) -> None:
        """Begin to count: after as many seconds no call is made."""
        self.seconds, self._deadline = seconds, time.monotonic() + seconds

    @property
    def deadline(self) -> float:
        """Return when it ends for this thread, on the monotonic clock."""
        return self._deadline + (GRACE_SECONDS if self._mode else 0.0)

    @property
    def left(self) -> float:
        """Return for how many seconds this thread may go on."""
        return max(0.0, self.deadline - time.monotonic())

    @property
    def over(self) -> bool:
        """Say whether this thread must not go on."""
        return not self.left

    @property
    def insists(self) -> bool:
        """Say whether this thread calls whatever became of the calls before."""
        return self._mode == "insist"

    def check(self) -> None:
        """Raise RunTimeoutError when it is over."""
        if self.over:
            raise RunTimeoutError(seconds=self.seconds)

    def sleep(self, seconds: float) -> None:
        """Wait, until the end at most."""
        time.sleep(min(seconds, self.left))

    @contextmanager
    def grace(self, insist: bool = False) -> Iterator[None]:
        """Let this thread go on for GRACE_SECONDS after the end.

        With `insist` also where a service was given up: something must not stay half done.
        """
        before = self._mode
        self._of_thread.mode = "insist" if insist or before == "insist" else "grace"
        try:
            yield
        finally:
            self._of_thread.mode = before

    @property
    def _mode(self) -> str:
        return str(getattr(self._of_thread, "mode", ""))
