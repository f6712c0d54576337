"""What holds after every run, whatever went wrong in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import jsonschema
from integration.conftest import READS, Ran
from integration.matrix.cells import uploaded
from integration.matrix.moments import Lineage, Moment, Spot
from integration.matrix.world import new_name

from c7n_certrenew.sandbox import Call

HOLDS_NEW = ("VERIFIED", "API_VERIFIED", "UNCONFIRMED", "UNCHANGED")
HOLDS_OLD = ("FAILED", "DEFERRED", "UNDONE", "MANAGED", "REVERTED")
"""What a binding's state says of the listener. SKIPPED and UNKNOWN say that it is not the run's."""
FAILING = ("INCOMPLETE", "UNDONE", "REFUSED")
"""States of certificates that make a run fail."""

Shape = Mapping[str, Any]


@dataclass(frozen=True)
class Run:
    """One run: what was there before it and after it, what it left, and the calls it made.

    `ran` is None for a run that was killed; `record` is its certrenew.json, None without one.
    """

    before: Moment
    after: Moment
    ran: Ran | None
    record: Shape | None
    calls: Sequence[Call]
    meddled: frozenset[Spot] = frozenset()
    """What somebody else changed meanwhile."""


def violations(run: Run, lineages: Sequence[Lineage]) -> list[str]:
    """Return everything that does not hold, each in a line."""
    return [
        *_clients(run, lineages),
        *_changes(run, lineages),
        *_uploads(run, lineages),
        *_recorded(run, lineages),
        *_exit(run, lineages),
    ]


def _clients(run: Run, lineages: Sequence[Lineage]) -> Iterator[str]:
    """Hold that each client is served what it was before, or its renewal."""
    renewed = {one.old.fingerprint: one.new.fingerprint for one in lineages}
    meddled = {spot.name for spot in run.meddled}
    for view, before in run.before.served.items():
        after = run.after.served.get(view, before)
        if after not in (before, renewed.get(before)) and view.place not in meddled:
            yield f"{view} is served {after[:8] or 'nothing'} after {before[:8] or 'nothing'}"


def _changes(run: Run, lineages: Sequence[Lineage]) -> Iterator[str]:
    """Hold that listeners exchange a certificate for its renewal and nothing else."""
    exchange = dict(_arns(run, lineages))
    for spot, before in run.before.held.items():
        after = run.after.held.get(spot, frozenset())
        settled = {frozenset(exchange.get(arn, arn) for arn in arns) for arns in (before, after)}
        if spot not in run.meddled and len(settled) > 1:
            yield f"{spot} holds {sorted(after)} after {sorted(before)}"
    for call in run.calls:
        if call.operation.startswith(("Delete", "Create")) and not call.scripted:
            yield f"{call.operation} was called"


def _arns(run: Run, lineages: Sequence[Lineage]) -> Iterator[tuple[str, str]]:
    for one in lineages:
        old, new = run.before.certificates[one.name], run.after.certificates.get(new_name(one))
        if new:
            yield old, new


def _uploads(run: Run, lineages: Sequence[Lineage]) -> Iterator[str]:
    """Hold that nothing is in IAM but what was there, and each renewal once, by one upload."""
    expected = {new_name(one) for one in lineages}
    extra = set(run.after.certificates) - set(run.before.certificates) - expected
    if extra:
        yield f"uploaded beside: {sorted(extra)}"
    if missing := set(run.before.certificates) - set(run.after.certificates):
        yield f"gone from IAM: {sorted(missing)}"
    for name in expected:
        answered = [call for call in run.calls if uploaded(call, name)]
        if len(answered) > (name not in run.before.certificates):
            yield f"{name} was uploaded {len(answered)} times"


def _recorded(run: Run, lineages: Sequence[Lineage]) -> Iterator[str]:
    """Hold that certrenew.json is valid, there before the first change, and true."""
    record = run.record
    if record is None:
        changed = [c.operation for c in run.calls if changes(c) and not c.scripted]
        if changed:
            yield f"{changed} without a record"
        return
    yield from (f"certrenew.json: {error.message}" for error in schema().iter_errors(record))
    for plan in record["Plans"]:
        yield from _planned(run, plan)
    for outcome in record["Outcomes"]:
        yield from _ended(run, outcome)
    if run.ran and (not record["Finished"] or len(record["Outcomes"]) != len(record["Plans"])):
        yield "certrenew.json is not finished"
    if run.ran and "Traceback" in run.ran.text:
        yield f"Traceback: {run.ran.text[-300:]}"


def changes(call: Call) -> bool:
    """Say whether a call changes something."""
    return not call.operation.startswith(READS)


@cache
def schema() -> Any:
    """Return what checks a record against its published schema."""
    text = resources.files("c7n_certrenew.report") / "schema" / "certrenew-v1.json"
    return jsonschema.Draft7Validator(json.loads(text.read_text("utf-8")))


def _planned(run: Run, plan: Shape) -> Iterator[str]:
    """Hold that a plan names every binding there was, or the scope where it was not looked for."""
    named = {spot(b) for b in plan.get("Bindings", [])}
    there = run.before.holding(plan["Arn"])
    unread = {(u["Service"], u["Region"]) for u in plan.get("Unread", [])}
    for missed in there - named - run.meddled:
        if not unread & {(missed.service, missed.region), (missed.service, "*"), ("ec2", "*")}:
            yield f"the plan passes over {missed}, and nothing is unread"
    for invented in named - there - run.meddled:
        yield f"the plan has {invented}, which was not so"


def spot(binding: Shape) -> Spot:
    """Return where a binding of an outcome or a plan is."""
    return Spot(
        binding["Service"],
        binding.get("Region", ""),
        binding["LoadBalancerName"],
        binding["Port"],
        binding["Role"],
    )


def _ended(run: Run, outcome: Shape) -> Iterator[str]:
    """Hold that what an outcome says of each binding, and of IAM, is what AWS holds."""
    old, new = outcome["Arn"], outcome.get("NewArn", "")
    if new and new not in run.after.certificates.values():
        yield f"{new} is not in IAM"
    if outcome["State"] == "RENEWED" and run.after.holding(old) - run.meddled:
        yield f"RENEWED, and {sorted(run.after.holding(old))} still have the old one"
    for binding in outcome.get("Bindings", []):
        if spot(binding) not in run.meddled:
            yield from _bound(run, binding, old, new)
    gained = set(run.after.certificates) - set(run.before.certificates)
    for message in (reason["Message"] for reason in outcome.get("Reasons", [])):
        name, _, _ = message.partition(" was not uploaded")
        if name in gained:
            yield f"{message}: but it is there"


def _bound(run: Run, binding: Shape, old: str, new: str) -> Iterator[str]:
    where, state = spot(binding), binding["State"]
    held = run.after.held.get(where, frozenset())
    if (state in HOLDS_NEW and (new not in held or old in held)) or (
        state in HOLDS_OLD and old not in held
    ):
        yield f"{where} {state}, but it holds {sorted(held)}"
    if state == "SKIPPED":
        yield f"{where} SKIPPED, but nobody else has changed it"


def _exit(run: Run, lineages: Sequence[Lineage]) -> Iterator[str]:
    """Hold that a run ends with 0 if and only if it has renewed everything it was to renew."""
    if run.ran is None:
        return
    left = [run.before.certificates[one.name] for one in lineages]
    still = {where for arn in left for where in run.after.holding(arn)} - run.meddled
    states = [outcome["State"] for outcome in run.record["Outcomes"]] if run.record else []
    failing = [state for state in states if state in FAILING]
    if run.ran.returncode == 0 and (still or failing):
        yield f"exit code 0, {states}, but {sorted(still)} still have the old certificate"
    if run.ran.returncode not in (0, 1, 2):
        yield f"exit code {run.ran.returncode}"
    if run.ran.returncode and states and not failing:
        yield f"exit code {run.ran.returncode}, but {states}"
