"""Every fault at every call of a renewal, whatever the age of the old certificate."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from integration.matrix import cells
from integration.matrix.cells import Cell, Step
from integration.matrix.faults import FAMILIES, KILLED
from integration.matrix.forking import Forker
from integration.matrix.invariants import Run, violations
from integration.matrix.moments import Moment
from integration.matrix.summary import CELLS, counted
from integration.matrix.trial import Trial
from integration.matrix.world import (
    OTHER,
    REGION,
    expire,
    lineage,
    new_name,
    populate,
    set_clock,
)

from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.sandbox import Authority, Sandbox

FULL = os.environ.get("CERTRENEW_MATRIX") == "full"
"""`make matrix` carries out every cell, the suite a slice of them."""


_calm: list[Step] = []
"""The calls of a calm renewal in this process, once one was seen."""


class Matrix:
    """Carries out cells, each in the same world from its beginning."""

    def __init__(
        self, trial: Trial, authority: Authority, kill: Callable[[], None] | None = None
    ) -> None:
        self._trial, self._sandbox, self._kill = trial, trial.sandbox, kill
        self._web = lineage(authority)
        self._other = authority.issue(OTHER, days=200, key="p256")
        self._web.new.write(trial.directory / "certs" / self._web.name)

    def steps(self) -> list[Step]:
        """Return the calls of a renewal that nothing disturbs, after which all holds too."""
        run = self._trial.run("calm", self._begin("valid"))
        assert self._broken(run) == []
        assert run.ran
        assert run.ran.returncode == 0, run.ran.text
        return cells.steps(run.calls)

    def known_steps(self) -> list[Step]:
        """Return the same, of an earlier renewal in this process where there was one."""
        if self._kill:
            return self.steps()
        _calm[:] = _calm or self.steps()
        return _calm

    def failures(self, cell: Cell) -> list[str]:
        """Carry out a cell: the run with the fault, and the next one without; say what broke.

        In a slice there is no next run where the first one has ended with 0.
        """
        before = self._begin(cell.phase)
        self._disturb(cell)
        first = self._trial.run("first", before)
        broken = [*self._broken(first), *_unmet(cell, first)]
        if FULL or first.ran is None or first.ran.returncode:
            self._sandbox.clear_faults()
            second = self._trial.run("second", first.after)
            again = (*self._broken(second), *self._unfinished(before, first, second))
            broken += [f"next run: {line}" for line in again]
        return [f"{cell}: {line}" for line in broken]

    def _begin(self, phase: str) -> Moment:
        self._sandbox.reset()
        populate(self._sandbox, self._web, self._other)
        set_clock(self._sandbox, phase, self._web.old.not_after)
        return self._trial.observer.look()

    def _disturb(self, cell: Cell) -> None:
        """Have the cell's call go wrong, and the certificate expire right before it."""
        service, operation, region, call = cell.step
        if cell.phase == "expiring":
            self._sandbox.before(service, operation, expire, call, region)
        if self._kill:
            kill = self._kill
            self._sandbox.before(service, operation, lambda _: kill(), call, region)
        if not (self._kill and cell.row.after_effect):
            self._sandbox.inject(cell.row.fault(*cell.step))

    def _broken(self, run: Run) -> list[str]:
        return violations(run, [self._web])

    def _unfinished(self, before: Moment, first: Run, second: Run) -> list[str]:
        """Return what the next run has not completed, or done again."""
        name, found = new_name(self._web), []
        if second.ran is None or second.ran.returncode:
            found.append(f"exit code {second.ran and second.ran.returncode}")
        if left := second.after.holding(before.certificates[self._web.name]):
            found.append(f"{sorted(left)} still have the old certificate")
        uploads = [c for c in (*first.calls, *second.calls) if cells.uploaded(c, name)]
        if len(uploads) > 1:
            found.append(f"{name} was uploaded {len(uploads)} times")
        return found


def _unmet(cell: Cell, run: Run) -> list[str]:
    """Say if a run did not come as far as the cell's call, or ended as it should not."""
    service, operation, region, call = cell.step
    where = service, operation, region
    made = sum((c.service, c.operation, c.region) == where for c in run.calls)
    unmet = ["the fault met no call"] if made < call else []
    if cell.row.family == KILLED and run.ran:
        unmet.append("it was not killed")
    if cell.row.passes and run.ran and run.ran.returncode:
        unmet.append(f"it does not bear what passes: exit code {run.ran.returncode}")
    return unmet


def carry_out(matrix: Matrix, family: str, record: Callable[[str, object], None]) -> None:
    """Carry out the cells of a fault, count them for the summary, and hold that none failed."""
    calls = matrix.known_steps()
    selected = list(cells.full(family, calls) if FULL else cells.slice_of(family, calls))
    failures = {cell: found for cell in selected if (found := matrix.failures(cell))}
    record(CELLS, counted(family, len(selected), len(failures), len(calls)))
    lines = [line for found in failures.values() for line in found]
    assert not lines, "\n".join(lines)


@pytest.mark.parametrize("near", [{"regions": (REGION,)}], indirect=True, ids=[""])
def test_world_has_a_use_for_every_permission(
    near: Sandbox, trial: Trial, authority: Authority
) -> None:
    """Whatever the action may call is called, and so every call of it is in the matrix."""
    called = {step.operation for step in Matrix(trial, authority).steps()}
    allowed = {permission.partition(":")[2] for permission in ReplaceCertificate.permissions}
    assert allowed <= called


@pytest.mark.parametrize("near", [{"regions": (REGION,)}], indirect=True, ids=[""])
@pytest.mark.parametrize("family", [family for family in FAMILIES if family != KILLED])
def test_whatever_fails(
    near: Sandbox,
    trial: Trial,
    authority: Authority,
    family: str,
    record_property: Callable[[str, object], None],
) -> None:
    """Clients are served, nothing is uploaded twice, what is told is true, the next run ends it."""
    carry_out(Matrix(trial, authority), family, record_property)


@pytest.mark.parametrize("near", [{"regions": (REGION,), "server": True}], indirect=True, ids=[""])
def test_whenever_it_is_killed(
    near: Sandbox,
    lives: Trial,
    forker: Forker,
    authority: Authority,
    record_property: Callable[[str, object], None],
) -> None:
    """The same holds for a real process and a real SIGKILL, before and after each call's effect."""
    carry_out(Matrix(lives, authority, forker.kill), KILLED, record_property)
