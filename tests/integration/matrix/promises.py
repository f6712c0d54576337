"""What a plan promises, held against what a run did and against what AWS holds afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integration.matrix.invariants import schema, spot
from integration.matrix.moments import Moment

from c7n_certrenew.report.plan_lines import targets

Shape = Mapping[str, Any]
DONE = ("VERIFIED", "API_VERIFIED", "UNCHANGED")
SAME = {"refused": "REFUSED", "waiting": "WAITING", "unused": "UNUSED"}
"""How a certificate ends of which no listener is to be changed."""
_OF_THE_FILTER = ("Available", "Quota", "Notes", "AlarmDays")


def broken(plans: Sequence[Shape], record: Shape, before: Moment, after: Moment) -> Iterator[str]:
    """Yield everything that was planned and neither happened nor is said why it did not."""
    made = {plan["Arn"]: plan for plan in record["Plans"]}
    ended = {outcome["Arn"]: outcome for outcome in record["Outcomes"]}
    yield from (f"certrenew.json: {error.message}" for error in schema().iter_errors(record))
    yield from _room(plans, record, before, after)
    for plan in plans:
        arn = plan["Arn"]
        if _planned(plan) != _planned(made[arn]):
            yield f"{arn}: the action planned {_planned(made[arn])}, the filter {_planned(plan)}"
        yield from (f"{arn}: {line}" for line in _kept(plan, ended[arn], after))


def _planned(plan: Shape) -> Shape:
    """Return what the filter and the action plan alike: only one of them looks at the key."""
    notes = [one for one in plan.get("Notes", ()) if one["Code"] != "key-not-checked"]
    return {**{k: v for k, v in plan.items() if k not in _OF_THE_FILTER}, "Notes": notes}


def _room(plans: Sequence[Shape], record: Shape, before: Moment, after: Moment) -> Iterator[str]:
    """Hold that IAM gets no more than was said, and each plan says the same of it."""
    said = [plan["Quota"] for plan in plans if "Quota" in plan]
    if any(one != record.get("Quota") for one in said):
        yield f"the quota is {record.get('Quota')} in the record and {said} in the plans"
    gained = len(after.certificates) - len(before.certificates)
    fits = said[0]["Uploads"] if said else 0
    if gained > fits:
        yield f"{gained} certificates are new, and {fits} were to be uploaded"


def _kept(plan: Shape, outcome: Shape, after: Moment) -> Iterator[str]:
    state, verdict = outcome["State"], plan["Verdict"]
    if verdict in SAME:
        yield from _unchanged(plan, outcome)
        return
    if state in ("WAITING", "UNUSED") or (state == "REFUSED" and not outcome.get("Reasons")):
        yield f"it was ready and is {state}"
    if outcome["Uploaded"] and not plan["Upload"]:
        yield "it was uploaded, and was not to be"
    if state == "REFUSED":
        return
    yield from _named(plan, outcome)
    yield from _bindings(plan, outcome, after)
    yield from _waves(plan, outcome)
    yield from _published(plan, outcome)
    if plan.get("Unread", []) != outcome.get("Unread", []):
        yield f"unread are {outcome.get('Unread')}"


def _unchanged(plan: Shape, outcome: Shape) -> Iterator[str]:
    publishing = [r for r in outcome.get("Reasons", ()) if r["Code"] == "publish-failed"]
    if outcome["State"] != SAME[plan["Verdict"]] and not publishing:
        yield f"it was {plan['Verdict']} and is {outcome['State']}"
    if plan.get("Refusals", []) and plan["Refusals"] != outcome.get("Reasons"):
        yield f"refused for {outcome.get('Reasons')}, planned was {plan['Refusals']}"
    if outcome["Uploaded"] or "Bindings" in outcome:
        yield "something was changed"


def _named(plan: Shape, outcome: Shape) -> Iterator[str]:
    """Hold that the new certificate is called and comes as planned."""
    arns = _arns(outcome)
    names = {target["NewName"] for target in targets(dict(plan))}
    for arn in arns:
        if not arn.startswith("arn:"):
            yield f"{arn} is no ARN"
        if ":server-certificate/" in arn and arn.rpartition("/")[2] not in names:
            yield f"the new one is {arn}, planned was {names}"
    left = {b["State"] for b in outcome.get("Bindings", ())}
    if plan["Upload"] and not outcome["Uploaded"] and not left & {"DEFERRED", "FAILED"}:
        yield "it was to be uploaded"
    if not arns and left - {"DEFERRED", "MANAGED", "FAILED"}:
        yield "there is no new one"


def _bindings(plan: Shape, outcome: Shape, after: Moment) -> Iterator[str]:
    """Hold that each binding is as planned, or its outcome says why not."""
    ends, new = {spot(b): b for b in outcome.get("Bindings", ())}, _arns(outcome)
    planned = {spot(b): b for b in plan.get("Bindings", ())}
    if set(ends) != set(planned):
        yield f"bindings are {sorted(ends)}, planned were {sorted(planned)}"
        return
    for where, binding in planned.items():
        end, held = ends[where], after.held.get(where, frozenset())
        if "Held" in binding:
            wanted = "MANAGED" if binding["Held"] == "managed" else "FAILED"
            if end["State"] != wanted or plan["Arn"] not in held:
                yield f"{where} was held as {binding['Held']}, and is {end['State']}"
        elif end["State"] in DONE:
            if plan["Arn"] in held or not any(_is(arn, binding["To"]) for arn in new & held):
                yield f"{where} holds {sorted(held)}, planned was {binding['To']}"
        elif not end.get("Reason") or plan["Arn"] not in held:
            yield f"{where} is {end['State']} without a reason, or without its certificate"


def _arns(outcome: Shape) -> frozenset[str]:
    """Return the ARNs of the new certificate."""
    return frozenset(outcome.get("NewArns", [outcome["NewArn"]] if "NewArn" in outcome else ()))


def _is(arn: str, planned: str) -> bool:
    """Say whether this was planned; ACM gives names of its own to what is imported."""
    return planned in (arn, arn.rpartition("/")[2]) or (
        ":acm:" in arn and not planned.startswith("arn:")
    )


def _waves(plan: Shape, outcome: Shape) -> Iterator[str]:
    """Hold that nothing is begun before what comes before it is proven."""
    ends = {spot(b): b["State"] for b in outcome.get("Bindings", ())}
    waves: dict[int, list[str]] = {}
    for binding in plan.get("Bindings", ()):
        if "Wave" in binding:
            waves.setdefault(binding["Wave"], []).append(ends.get(spot(binding), ""))
    proven = True
    for number in sorted(waves):
        if not proven and set(waves[number]) != {"DEFERRED"}:
            yield f"wave {number} was begun, and ended {waves[number]}"
        proven = proven and all(state in DONE for state in waves[number])


def _published(plan: Shape, outcome: Shape) -> Iterator[str]:
    """Hold that what is published stands where it was planned, and stands if anything is proven."""
    planned = {(one["Region"], one["Name"]) for one in plan.get("Publishes", ())}
    there = {(one["Region"], one["Name"]) for one in outcome.get("Published", ())}
    proven = any(b["State"] in DONE for b in outcome.get("Bindings", ()))
    if there - planned:
        yield f"published besides: {sorted(there - planned)}"
    if proven and not there:
        yield "it is proven and not published"
