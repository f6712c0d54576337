"""One run of one candidate in one world."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import measure, reading
from .candidates import CANDIDATES
from .simulated import SimulatedAws
from .worlds import world


@dataclass(frozen=True)
class Trial:
    """What one run took and what it found. Seconds; MB of the largest process.

    `refused` answers were throttled; `missing` and `extra` are bindings against the truth,
    `unread` the scopes that were named as such.
    """

    candidate: str
    world: str
    throttled: bool
    wall: float
    cpu: float
    memory: float
    exit_code: int
    calls: int
    refused: int
    connections: int
    connections_in_region: int
    missing: int
    extra: int
    unread: int


def run(aws: SimulatedAws, candidate: str, name: str, throttled: bool = False) -> Trial:
    """Begin the world anew, run the candidate in an empty directory, compare with the truth."""
    chosen = CANDIDATES[candidate]
    aws.open(name, throttled)
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        usage = measure.run(chosen.command, directory, {**aws.environ, **chosen.environ})
        seen = aws.count()
        found = frozenset(chosen.found(directory))
        unread = len(reading.unread(directory))
    truth = world(name).truth
    return Trial(
        candidate=candidate,
        world=name,
        throttled=throttled,
        wall=usage.wall,
        cpu=usage.cpu,
        memory=usage.memory,
        exit_code=usage.exit_code,
        calls=seen.calls,
        refused=seen.throttled,
        connections=seen.connections,
        connections_in_region=seen.connections_in_region,
        missing=len(truth - found),
        extra=len(found - truth),
        unread=unread,
    )
