"""The plans that dry runs left in their outputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from c7n_certrenew import __version__
from c7n_certrenew.report.output import OutputError, PolicyOutput, policy_outputs
from c7n_certrenew.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from c7n_certrenew.report.bindings import Shape

PLAN, QUOTA = "c7n:replacement", "Quota"
SCHEMA = "certrenew-plan/1"


@dataclass(frozen=True)
class Planned:
    """The plans of one policy's last run, the most urgent first; `started` is aware UTC.

    `failure` says in one line why there are none: it failed, or its files are not whole. `quota` is
    what all of them come to in IAM, empty where nothing is uploaded.
    """

    policy: str
    account_id: str
    started: datetime | None
    dryrun: bool
    plans: tuple[Shape, ...]
    failure: str = ""
    quota: Shape = field(default_factory=dict)

    def __str__(self) -> str:
        account = f" in account {self.account_id}" if self.account_id else ""
        when = f", planned {self.started:%Y-%m-%d %H:%M} UTC" if self.started else ""
        done = "" if self.dryrun else ", and carried out: its certrenew.json says how it went"
        return plain(f"{self.policy}{account}{when}{done}")

    @property
    def shape(self) -> Shape:
        """Return it as JSON."""
        return {
            "Policy": self.policy,
            "AccountId": self.account_id,
            "Started": self.started.isoformat() if self.started else "",
            "DryRun": self.dryrun,
            "Failure": self.failure,
            **({"Quota": self.quota} if self.quota else {}),
            "Plans": list(self.plans),
        }


def read_plans(out: Path) -> list[Planned]:
    """Return the plans at or below a directory, and the runs that left none though they should.

    Raises OutputError where there is no plan at all.
    """
    found = [_planned(output) for output in policy_outputs(out)]
    made = [planned for planned in found if planned]
    if not made:
        raise OutputError(f"{plain(out)} holds no plan: no policy in it has a replacement filter")
    if all(planned.failure for planned in made):
        raise OutputError("; ".join(planned.failure for planned in made))
    return made


def plan_shape(found: Iterable[Planned]) -> Shape:
    """Return the plans of every policy as JSON."""
    policies = [planned.shape for planned in found]
    return {"Schema": SCHEMA, "Version": __version__, "Policies": policies}


def sorted_plans(resources: Iterable[Shape]) -> tuple[Shape, ...]:
    """Return the plans of what a policy matched, the most urgent first."""
    found = [resource[PLAN] for resource in resources if PLAN in resource]
    return tuple(sorted(found, key=lambda plan: str(plan["Expiration"])))


def needs_attention(plan: Shape, now: datetime) -> bool:
    """Say whether a renewal would fail: refused, or served and too late to wait.

    It would also fail where a listener is left as it is or went back to the old certificate, or
    where the new ARN cannot be published under the name that the policy says.
    """
    if plan["Verdict"] == "waiting":
        left = datetime.fromisoformat(plan["Expiration"]) - now
        served = plan.get("Bindings") or plan.get("Unread")
        return left <= timedelta(days=plan.get("AlarmDays", 0)) and bool(served)
    if plan["Verdict"] == "ready":
        unnamed = any(note["Code"] == "not-published" for note in plan.get("Notes", ()))
        bindings = plan.get("Bindings", ())
        return unnamed or any({"Held", "Reverted"} & bound.keys() for bound in bindings)
    return bool(plan["Verdict"] == "refused")


def notes(plans: Iterable[Shape]) -> tuple[str, ...]:
    """Return what the plans remark, each remark once."""
    found = {note["Message"]: None for plan in plans for note in plan.get("Notes", ())}
    return tuple(found)


def count(number: int, noun: str) -> str:
    """Return a number of things: `1 binding`, `2 bindings`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def tally(plans: Iterable[Shape]) -> str:
    """Say how many plans end how, and how many bindings would change."""
    every = list(plans)
    ready = [plan for plan in every if plan["Verdict"] == "ready"]
    verdicts = dict.fromkeys(str(plan["Verdict"]) for plan in every)
    parts = [f"{sum(p['Verdict'] == verdict for p in every)} {verdict}" for verdict in verdicts]
    bindings = [bound for plan in ready for bound in plan.get("Bindings", ())]
    held = sum("Held" in bound for bound in bindings)
    changed = f"{count(len(bindings) - held, 'binding')} would change"
    back = f", {held} held back" if held else ""
    return f"{count(len(every), 'certificate')}: {', '.join(parts)}; {changed}{back}."


def _planned(output: PolicyOutput) -> Planned | None:
    """Return what a policy planned, None for one that makes no plans."""
    plans: tuple[Shape, ...] = ()
    failure = ""
    try:
        plans = _plans(output)
    except OutputError as error:
        failure = str(error)
    unknown = failure and not output.metadata
    if not plans and not unknown and not output.uses("replacement"):
        return None
    started = output.started
    return Planned(
        policy=output.policy,
        account_id=output.account_id,
        started=datetime.fromtimestamp(started, timezone.utc) if started else None,
        dryrun=output.dryrun,
        plans=tuple({k: v for k, v in one.items() if k != QUOTA} for one in plans),
        failure=failure,
        quota=next((one[QUOTA] for one in plans if QUOTA in one), {}),
    )


def _plans(output: PolicyOutput) -> tuple[Shape, ...]:
    if output.failed:
        raise OutputError(
            f"{plain(output.directory)}: the run failed, so there is no plan of it; "
            "its custodian-run.log says why"
        )
    return sorted_plans(output.resources())
