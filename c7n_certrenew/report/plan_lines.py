"""What there is to say of one plan, label by label: the same on a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from c7n_certrenew.core.window import days_left
from c7n_certrenew.report.places import explained, scopes, served_by

if TYPE_CHECKING:
    from c7n_certrenew.report.bindings import Shape

Lines = tuple[str, tuple[str, ...]]
"""A label, and one line for each thing to say under it."""


def plan_lines(plan: Shape, now: datetime) -> list[Lines]:
    """Return what a person must know before the renewal; what does not apply is left out."""
    said = (
        ("expires", (expires(datetime.fromisoformat(plan["Expiration"]), now),)),
        ("replaced by", tuple(_replacement(plan))),
        ("from", _stated(plan, "Origin")),
        ("issuer", _stated(plan, "Issuer")),
        ("names", (", ".join(plan.get("Candidate", {}).get("Names", ())),)),
        ("key", _stated(plan, "Key")),
        ("listeners", tuple(_bindings(plan))),
        ("held back", _explained(plan, "Held", "Reason")),
        ("reverted", _explained(plan, "Reverted", "Reverted")),
        ("refused", _messages(plan.get("Refusals", ()))),
        ("note", _messages(plan.get("Notes", ()))),
        ("not looked at", scopes(plan.get("Unread", ()))),
    )
    return [(label, values) for label, values in said if any(values)]


def expires(end: datetime, now: datetime) -> str:
    """Return a date and how far it is: `2026-12-06 (12 days left)`."""
    left = days_left(end, now)
    ago = f"{-left} day{'s' * (left != -1)} ago" if left < 0 else f"{left} days left"
    return f"{end:%Y-%m-%d} ({ago})"


def _replacement(plan: Shape) -> Iterator[str]:
    candidate = plan.get("Candidate")
    if not candidate:
        return
    until = f"valid until {candidate['NotAfter'][:10]}"
    if plan["Verdict"] != "ready":
        yield f"nothing; at the source is one {until}"
        return
    there = "to be uploaded" if plan["Upload"] else "already in IAM"
    yield f"{plan['NewName']}, {until}, {there}"


def _bindings(plan: Shape) -> Iterator[str]:
    """Yield each listener, with what it serves and what it would serve."""
    changes: dict[tuple[str, str], list[Shape]] = {}
    every = plan.get("Bindings", ())
    for binding in (one for one in every if "Held" not in one):
        change = binding.get("From", ""), binding.get("To", "")
        changes.setdefault(change, []).append(binding)
    for (old, new), bindings in changes.items():
        arrow = f": {_name(old)} → {_name(new)}" if new else ""
        yield from (f"{listener}{arrow}" for listener in served_by(bindings))
    if not every:
        yield "nobody, as far as could be seen" if plan.get("Unread") else "nobody"


def _explained(plan: Shape, key: str, reason: str) -> tuple[str, ...]:
    """Return the bindings that have a key, with what stands under another of them."""
    found = (binding for binding in plan.get("Bindings", ()) if key in binding)
    return explained((binding, binding.get(reason, "")) for binding in found)


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _stated(plan: Shape, key: str) -> tuple[str, ...]:
    return (plan.get("Candidate", {}).get(key, ""),)


def _messages(reasons: Iterable[Shape]) -> tuple[str, ...]:
    return tuple(reason["Message"] for reason in reasons)
