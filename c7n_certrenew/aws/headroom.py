"""Find out whether an account may call an API more often than AWS publishes."""

from __future__ import annotations

from threading import Lock, get_ident


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
