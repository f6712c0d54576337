"""Give a service in a region up that answers nothing but that it cannot: a circuit breaker."""

from __future__ import annotations

import time
from threading import Lock

from botocore.exceptions import BotoCoreError

GIVEN_UP_AFTER = 30.0
"""Seconds of nothing but throttling, server errors and silence, in two attempts or more."""
GIVEN_UP_FOR = 60.0
"""Seconds until one is tried again; one more failure then is enough."""


class GivenUpError(BotoCoreError):
    """No call is made: the calls before, of whatever thread, came to nothing for long enough."""

    fmt = "{service} in {region} was given up: for {seconds:.0f} s nothing but {last}"


class Breaker:
    """Whether a service in a region is worth another call. Threads may share it."""

    def __init__(self, service: str, region: str) -> None:
        self._service, self._region = service, region
        self._heard_at = float("-inf")
        self._failing_since: float | None = None
        self._failures = 0
        self._failed_at = float("-inf")
        self._shut_until = float("-inf")
        self._error = GivenUpError(service=service, region=region, seconds=0.0, last="")
        self._lock = Lock()

    def check(self) -> None:
        """Raise GivenUpError while it is given up."""
        if time.monotonic() < self._shut_until:
            raise self._error

    def heard(self) -> None:
        """Take note of an answer, be it a refusal of this one call."""
        with self._lock:
            self._heard_at, self._failing_since, self._failures = time.monotonic(), None, 0

    def failed(self, begun: float, why: str) -> None:
        """Take note of an attempt, and when it began, that came to nothing.

        What came to nothing long before, with no attempt since, says nothing of it.
        """
        with self._lock:
            now = time.monotonic()
            quiet = begun - max(self._failed_at, self._shut_until)
            if self._failing_since is None or quiet > GIVEN_UP_AFTER:
                self._failing_since, self._failures = max(begun, self._heard_at), 0
            self._failed_at = now
            self._failures += 1
            seconds = now - self._failing_since
            if self._failures > 1 and seconds >= GIVEN_UP_AFTER:
                self._shut_until = now + GIVEN_UP_FOR
                self._error = GivenUpError(
                    service=self._service, region=self._region, seconds=seconds, last=why
                )
