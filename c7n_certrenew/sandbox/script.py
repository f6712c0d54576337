"""Changes that somebody else makes in the middle of a run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .request import Request

Change = Callable[[], object]


@dataclass
class _Step:
    service: str
    operation: str
    region: str | None
    change: Change
    left: int

    def is_due(self, request: Request) -> bool:
        if (self.service, self.operation) != (request.service, request.operation):
            return False
        if self.region not in (None, request.region):
            return False
        self.left -= 1
        return self.left == 0


class Script:
    """Keep changes until the call comes before whose effect they are made.

    A change is made under the world's lock, in the thread of that call. Calls that it makes
    itself are neither throttled nor faulty, and start no other change.
    """

    def __init__(self) -> None:
        self._steps: list[_Step] = []
        self._thread: int | None = None

    @property
    def is_playing(self) -> bool:
        """Say whether this thread is making a change right now."""
        return self._thread == threading.get_ident()

    def before(
        self, service: str, operation: str, region: str | None, call: int, change: Change
    ) -> None:
        """Make a change before the n-th such call from now on; raises ValueError for n below 1."""
        if call < 1:
            raise ValueError(f"calls are counted from 1: {call}")
        self._steps.append(_Step(service, operation, region, change, call))

    def clear(self) -> None:
        """Forget the changes that were not made."""
        self._steps.clear()

    def play(self, request: Request) -> None:
        """Make the changes that are due before this call."""
        due = [step for step in self._steps if step.is_due(request)]
        for step in due:
            self._steps.remove(step)
        with self._playing():
            for step in due:
                step.change()

    @contextmanager
    def _playing(self) -> Iterator[None]:
        self._thread = threading.get_ident()
        try:
            yield
        finally:
            self._thread = None
