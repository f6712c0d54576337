"""Everything that was measured, and the file that keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .probes import Blind, Hook, Rebinding, Scans
from .trial import Trial


@dataclass(frozen=True)
class Results:
    """Hold the machine, the trials, and each probe; None for one that was not made."""

    machine: dict[str, str]
    trials: tuple[Trial, ...]
    blind: Blind | None = None
    hook: Hook | None = None
    scans: Scans | None = None
    rebinding: Rebinding | None = None

    def of(self, candidate: str, world: str, throttled: bool = False) -> list[Trial]:
        """Return the trials of a candidate in a world."""
        key = (candidate, world, throttled)
        return [t for t in self.trials if (t.candidate, t.world, t.throttled) == key]

    def write(self, file: Path) -> None:
        """Keep everything as JSON."""
        file.write_text(f"{json.dumps(asdict(self), indent=1)}\n")


def read(file: Path) -> Results:
    """Return what was kept."""
    kept = json.loads(file.read_text())
    if kept["blind"]:
        kept["blind"]["named"] = tuple(kept["blind"]["named"])  # JSON has no tuples
    made = {"blind": Blind, "hook": Hook, "scans": Scans, "rebinding": Rebinding}
    probes = {name: make(**kept[name]) if kept[name] else None for name, make in made.items()}
    return Results(kept["machine"], tuple(Trial(**t) for t in kept["trials"]), **probes)
