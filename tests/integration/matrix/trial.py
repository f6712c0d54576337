"""Runs of one policy in a sandbox, and what was there before and after each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.conftest import Ran
from integration.matrix.invariants import Run
from integration.matrix.moments import Moment, Observer, Spot

from c7n_certrenew.sandbox import Sandbox


@dataclass(frozen=True)
class Trial:
    """Runs a policy; `start` returns what a run left, None if it was killed.

    `directory` is where the policy's source and outputs are.
    """

    sandbox: Sandbox
    observer: Observer
    start: Callable[[str], Ran | None]
    directory: Path

    def run(
        self,
        out: str,
        before: Moment,
        meddled: frozenset[Spot] = frozenset(),
    ) -> Run:
        """Run the policy once, with its output in a directory that is new."""
        made = len(self.sandbox.journal)
        ran = self.start(out)
        return Run(
            before=before,
            after=self.observer.look(),
            ran=ran,
            record=self._record(out),
            calls=self.sandbox.journal[made:],
            meddled=meddled,
        )

    def _record(self, out: str) -> dict[str, Any] | None:
        path = self.directory / out / "renew" / "certrenew.json"
        return dict(json.loads(path.read_text("utf-8"))) if path.exists() else None
