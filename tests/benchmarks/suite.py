"""Which runs are made: the usual ones in a few minutes, all of them on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from . import probes, trial
from .results import Results
from .simulated import SimulatedAws
from .trial import Trial

Probe = TypeVar("Probe")
PEERS = ("start", "ours", "serial", "stock", "pool")
_OF_TRIALS = frozenset("12345")
"""The goals that the runs of the candidates are for."""


@dataclass(frozen=True)
class Step:
    """Run each candidate in a world, in turns. `long` steps are made on request alone."""

    world: str
    candidates: tuple[str, ...]
    rounds: int = 1
    throttled: bool = False
    long: bool = False

    def __iter__(self) -> Iterator[str]:
        """Yield the candidates of all rounds, alternating, so that noise meets all alike."""
        for _ in range(self.rounds):
            yield from self.candidates


STEPS = (
    Step("small", (*PEERS, "aws-cli"), rounds=3),
    Step("calm", ("start", "in-use")),
    Step("medium", PEERS, rounds=2),
    Step("medium", ("aws-cli",), long=True),
    Step("medium", ("ours", "pool"), throttled=True),
    Step("large-hub", ("ours",), throttled=True),
    Step("large-even", ("ours",), throttled=True),
    Step("large-even", ("start", "ours")),
    Step("large-even", ("serial", "stock", "pool"), long=True),
    Step("large-hub", ("serial", "stock", "pool"), throttled=True, long=True),
)


@dataclass(frozen=True)
class Choice:
    """Narrow what is run; empty means everything of the kind."""

    full: bool = False
    worlds: frozenset[str] = frozenset()
    candidates: frozenset[str] = frozenset()
    goals: frozenset[str] = frozenset()

    def trials(self) -> Iterator[tuple[str, str, bool]]:
        """Yield candidate, world and whether it is throttled, for each run."""
        if self.goals and not self.goals & _OF_TRIALS:
            return
        for step in STEPS:
            if (step.long and not self.full) or not _chosen(step.world, self.worlds):
                continue
            for name in step:
                if _chosen(name, self.candidates):
                    yield name, step.world, step.throttled

    def probed(self, goal: str) -> bool:
        """Say whether the measurement is made that only this goal needs."""
        return goal in self.goals or not (self.goals or self.worlds or self.candidates)


def _chosen(name: str, names: frozenset[str]) -> bool:
    return not names or name in names


def measure(choice: Choice, machine: dict[str, str], say: Callable[[str], None]) -> Results:
    """Make the chosen runs, one at a time; say what begins."""

    def probed(goal: str, probe: Callable[[], Probe]) -> Probe | None:
        if not choice.probed(goal):
            return None
        say(f"goal {goal}")
        return probe()

    def trials() -> Iterator[Trial]:
        for name, world, throttled in choice.trials():
            say(f"{name} in {world}{', throttled' if throttled else ''}")
            yield trial.run(aws, name, world, throttled)

    with SimulatedAws() as aws:
        return Results(
            machine=machine,
            trials=tuple(trials()),
            blind=probed("1", lambda: probes.blind(aws)),
            hook=probed("6", probes.hook),
            scans=probed("7", lambda: probes.scan_twice(aws)),
            rebinding=probed("8", lambda: probes.rebind(aws)),
        )
