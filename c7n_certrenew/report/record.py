"""The record of one run: what was planned before the first change, and how each ended.

Written by the action alone, as `certrenew.json` in the policy's output directory; its shape
is `schema/certrenew-v1.json`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from c7n_certrenew import __version__
from c7n_certrenew.core.outcome import CertificateOutcome
from c7n_certrenew.core.plan import Plan
from c7n_certrenew.core.room import Room
from c7n_certrenew.report.bindings import Shape
from c7n_certrenew.report.shapes import outcome_shape, plan_shape, room_shape

FILE_NAME = "certrenew.json"
SCHEMA = "certrenew/1"


@dataclass(frozen=True)
class Execution:
    """Who ran which policy, where and when."""

    execution_id: str
    policy: Mapping[str, Any]
    account_id: str
    partition: str
    region: str
    caller: str
    started: datetime


@dataclass
class Record:
    """Keeps the record on disk true at each moment. `write` must be durable when it returns."""

    execution: Execution
    write: Callable[[str], object]
    _plans: list[Shape] = field(default_factory=list)
    _outcomes: list[Shape] = field(default_factory=list)
    _quota: Shape = field(default_factory=dict)
    _finished: str = ""

    def planned(self, plans: Iterable[Plan], room: Room | None = None) -> None:
        """Write every plan, with the prior state of every binding, before the first change."""
        self._plans = [plan_shape(plan) for plan in plans]
        self._quota = room_shape(room)
        self._save()

    def ended(self, outcome: CertificateOutcome) -> None:
        """Write how one certificate ended, as soon as it is known."""
        self._outcomes.append(outcome_shape(outcome))
        self._save()

    def finished(self, moment: datetime) -> None:
        """Write that the run came to its end."""
        self._finished = moment.isoformat()
        self._save()

    def _save(self) -> None:
        run = self.execution
        self.write(
            json.dumps(
                {
                    "Schema": SCHEMA,
                    "Version": __version__,
                    "ExecutionId": run.execution_id,
                    "Policy": {"Name": run.policy["name"], "Digest": digest(run.policy)},
                    "Partition": run.partition,
                    "AccountId": run.account_id,
                    "Region": run.region,
                    "Caller": run.caller,
                    "Started": run.started.isoformat(),
                    "Finished": self._finished,
                    **self._quota,
                    "Plans": self._plans,
                    "Outcomes": self._outcomes,
                },
                indent=2,
            )
        )


def digest(policy: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a policy as canonical JSON, in hex."""
    text = json.dumps(policy, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
