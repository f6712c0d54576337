"""The cells of the matrix: faults, calls of a calm renewal, and ages of the old certificate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from integration.conftest import READS
from integration.matrix.faults import FAMILIES, ROWS, Row
from integration.matrix.world import PHASES

from c7n_certrenew.sandbox import Call

_READING = 2
"""How many operations that only read each fault meets in a slice."""


class Step(NamedTuple):
    """The n-th call of an operation in a region, in a renewal that nothing disturbs."""

    service: str
    operation: str
    region: str
    call: int

    def __str__(self) -> str:
        return f"{self.service}:{self.operation} {self.region} #{self.call}"


@dataclass(frozen=True)
class Cell:
    """One fault that meets one call, while the old certificate is of some age."""

    row: Row
    step: Step
    phase: str

    def __str__(self) -> str:
        return f"{self.row.name}, {self.step}, {self.phase}"


def steps(journal: Iterable[Call]) -> list[Step]:
    """Return the calls of a renewal, each told from the others by what threads do not change."""
    counted: Counter[tuple[str, str, str]] = Counter()
    found = []
    for call in journal:
        where = call.service, call.operation, call.region
        counted[where] += 1
        found.append(Step(*where, counted[where]))
    return sorted(found, key=str)


def uploaded(call: Call, name: str) -> bool:
    """Say whether a call has uploaded a certificate under a name, and told so."""
    return (
        call.operation == "UploadServerCertificate"
        and call.parameters.get("ServerCertificateName") == name
        and call.error_code is None
    )


def full(family: str, of_calm: Sequence[Step]) -> Iterator[Cell]:
    """Yield every way of a fault at every call and every age."""
    rows = [row for row in ROWS if row.family == family]
    for row, step, phase in product(rows, of_calm, PHASES):
        yield Cell(row, step, phase)


def slice_of(family: str, of_calm: Sequence[Step]) -> Iterator[Cell]:
    """Yield a cell for every other operation that changes something, and for a few that only read.

    Operations take turns, so that all faults together meet every one; so do ways, calls and ages.
    It is the same in each run.
    """
    rows = [row for row in ROWS if row.family == family]
    turn = FAMILIES.index(family)
    changing, reading = _operations(of_calm)
    start = turn * _READING % len(reading)
    taken = (*changing[turn % 2 :: 2], *(reading + reading)[start : start + _READING])
    for number, those in enumerate(taken):
        yield Cell(
            rows[(number + turn // 2 + 1) % len(rows)],  # an upload is lost by a reset
            those[(number + turn) % len(those)],
            PHASES[(number // 2 + turn) % len(PHASES)],
        )


def _operations(of_calm: Sequence[Step]) -> tuple[list[list[Step]], list[list[Step]]]:
    """Return the calls of each operation: of those that change something, and of the others."""
    operations: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in of_calm:
        operations[step.service, step.operation].append(step)
    reads = {name: name[1].startswith(READS) for name in operations}
    changing = [those for name, those in operations.items() if not reads[name]]
    return changing, [those for name, those in operations.items() if reads[name]]
