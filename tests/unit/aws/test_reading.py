"""One service in one region, while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ReadTimeoutError

from c7n_certrenew.aws.consumers import Known, Part
from c7n_certrenew.aws.reading import Reading
from c7n_certrenew.core.model import Binding, Listener, Role, Unread

REGION = "eu-west-1"
SILENT = ReadTimeoutError(endpoint_url="https://elb.example")


def binding(name: str) -> Binding:
    """Return what a load balancer serves."""
    return Binding(Listener("elbv2", REGION, name, 443, "HTTPS"), Role.DEFAULT, "arn")


@dataclass
class Consumer:
    """A service with load balancers of these names, of which some do not answer."""

    names: tuple[str, ...]
    silent: tuple[str, ...] = ()
    service: str = "elbv2"
    asked: list[str] = field(default_factory=list)
    known: Known | None = None

    def read(self, client: Any, region: str, known: Known) -> Iterator[Part]:
        self.known = known
        for name in self.names:
            yield Part(name, partial(self._read, name))

    def _read(self, name: str) -> list[Binding | Unread]:
        self.asked.append(name)
        if name in self.silent:
            raise SILENT
        return [binding(name)]


@dataclass
class Client:
    """A client of which only this matters: when its connections were closed."""

    closed: int = 0

    def close(self) -> None:
        self.closed += 1


def carry_out(reading: Reading) -> None:
    """Do all tasks of a reading, one after another."""
    for task in reading.begin():
        assert not task()


def read(consumer: Any, **known: tuple[Binding, ...]) -> Reading:
    """Read a region."""
    reading = Reading(consumer, Client(), REGION, known)
    carry_out(reading)
    return reading


def test_finds_in_the_order_of_the_list() -> None:
    """Whichever part answers first."""
    reading = Reading(Consumer(("a", "b", "c")), Client(), REGION)  # type: ignore[arg-type]
    assert len(reading.begin()) == 3
    assert list(reading.found) == ["", "a", "b", "c"]


def test_a_region_that_is_silent_is_left() -> None:
    """The first part that nothing answers ends it: what was found stays, the rest is unread."""
    consumer = Consumer(tuple("abcdef"), silent=("c",))
    found = read(consumer)
    assert consumer.asked == ["a", "b", "c"]
    assert [bound for part in found.found.values() for bound in part] == [
        binding("a"),
        binding("b"),
    ]
    [unread] = found.unread
    assert (unread.service, unread.region) == ("elbv2", REGION)
    assert unread.reason.startswith("ReadTimeoutError: ")


def test_connections_are_closed_with_the_last_part() -> None:
    """They are needed elsewhere, also where there was nothing to read."""
    for names in (("a", "b"), ()):
        assert read(Consumer(names)).client.closed == 1


def test_what_is_known_is_told() -> None:
    """By part, each listener once; a part may have none, and what has no name is not known."""
    consumer = Consumer(("a",))
    sni = Binding(binding("a").listener, Role.SNI, "other")
    found = {"": (binding("x"),), "a": (binding("a"), sni), "b": ()}
    carry_out(Reading(consumer, Client(), REGION, found))  # type: ignore[arg-type]
    assert consumer.known == {"a": (binding("a").listener,), "b": ()}
