"""One service in one region, while it is read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from c7n_certrenew.aws.consumers import Consumer, Part
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.workers import Task
from c7n_certrenew.core.model import Binding, Unread

Found = Mapping[str, tuple[Binding, ...]]
"""Bindings by part; those that the list of load balancers shows are under ""."""


@dataclass
class Reading:
    """Reads a consumer's region in tasks, which threads may share.

    Of what is `known` from before the listeners alone are read again. Where nothing answers,
    the parts that are left are not asked for: each would wait for all of botocore's time-outs.
    """

    consumer: Consumer
    client: Any
    region: str
    known: Found = field(default_factory=dict)
    found: dict[str, tuple[Binding, ...]] = field(default_factory=dict)
    _unread: set[Unread] = field(default_factory=set)
    _left: deque[Part] = field(default_factory=deque)
    _due: deque[Part] = field(default_factory=deque)

    @property
    def unread(self) -> tuple[Unread, ...]:
        """Return what could not be read, each once, whatever answered first."""
        return tuple(sorted(self._unread, key=str))

    def begin(self) -> list[Task]:
        """List the load balancers; return a task for each that takes further calls."""
        listeners = {
            name: tuple(dict.fromkeys(bound.listener for bound in bindings))
            for name, bindings in self.known.items()
            if name
        }
        listed = self._ask(lambda: self.consumer.read(self.client, self.region, listeners))
        self._left.extend(part for part in listed if isinstance(part, Part))
        self._note("", listed)
        self.found.update((part.name, ()) for part in self._left)  # in the list's order
        self._due.extend(self._left)
        self._close_when_done()
        return [self._read_next] * len(self._due)

    def _read_next(self) -> list[Task]:
        if part := self._next():
            self._note(part.name, self._ask(part.read))
        self._due.pop()
        self._close_when_done()
        return []

    def _next(self) -> Part | None:
        try:
            return self._left.popleft()
        except IndexError:  # nothing answers: the rest was given up
            return None

    def _close_when_done(self) -> None:
        if not self._due:
            self.client.close()  # its connections are another region's share now

    def _ask(self, read: Callable[[], Iterable[Any]]) -> list[Any]:
        answers: list[Any] = []
        try:
            answers.extend(read())  # keeps what comes before a fault
        except FAULTS as fault:
            self._left.clear()
            answers.append(Unread(self.consumer.service, self.region, explain(fault)))
        return answers

    def _note(self, name: str, answers: list[Any]) -> None:
        self.found[name] = tuple(one for one in answers if isinstance(one, Binding))
        self._unread.update(one for one in answers if isinstance(one, Unread))
