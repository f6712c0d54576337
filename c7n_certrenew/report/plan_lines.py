"""What there is to say of one plan, label by label: the same on a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from c7n_certrenew.core.page import page_for
from c7n_certrenew.core.window import days_left
from c7n_certrenew.report.places import explained, scopes

if TYPE_CHECKING:
    from c7n_certrenew.report.bindings import Shape

Lines = tuple[str, tuple[str, ...]]
"""A label, and one line for each thing to say under it."""


def plan_lines(plan: Shape, now: datetime) -> list[Lines]:
    """Return what a person must know before the renewal; what does not apply is left out.

    Its listeners are for `plan_listeners` to say.
    """
    said = (
        ("expires", (expires_on(plan, now),)),
        ("replaced by", tuple(_replacement(plan))),
        ("from", _stated(plan, "Origin")),
        ("version", tuple(_versions(plan))),
        ("issuer", _stated(plan, "Issuer")),
        ("names", tuple(dict.fromkeys(", ".join(one["Names"]) for one in _candidates(plan)))),
        ("key", _stated(plan, "Key")),
        ("published", tuple(_published(plan))),
        ("held back", _explained(plan, "Held", "Reason")),
        ("reverted", _explained(plan, "Reverted", "Reverted")),
        ("refused", _messages(plan.get("Refusals", ()))),
        ("note", _messages(plan.get("Notes", ()))),
        ("what to do", _page(plan)),
        ("not looked at", scopes(plan.get("Unread", ()))),
    )
    return [(label, values) for label, values in said if any(values)]


def quota_lines(quota: Shape) -> list[Lines]:
    """Return what all uploads of a run come to, nothing where there are none."""
    if not quota:
        return []
    held = f"{quota['Used']} of {quota['Limit']} server certificates"
    uploads = f"{quota['Uploads']} to be uploaded"
    short = f", {quota['Short']} must be freed for the rest" if quota["Short"] else ""
    names = tuple(map(str, quota.get("PruneFirst", ())))
    first = [("prune first", names)] if names else []
    return [("quota", (f"{held}, {uploads}{short}",)), *first]


def expires(end: datetime, now: datetime) -> str:
    """Return a date and how far it is: `2026-12-06 (12 days left)`."""
    left = days_left(end, now)
    ago = f"{-left} day{'s' * (left != -1)} ago" if left < 0 else f"{left} days left"
    return f"{end:%Y-%m-%d} ({ago})"


def expires_on(plan: Shape, now: datetime) -> str:
    """Return the end of the certificate that is to be replaced, and how far it is."""
    return expires(datetime.fromisoformat(plan["Expiration"]), now)


def targets(plan: Shape) -> list[Shape]:
    """Return what is to be served: one for all regions, one a region, or nothing."""
    return list(plan.get("Targets", ())) or ([plan] if "Candidate" in plan else [])


def _replacement(plan: Shape) -> Iterator[str]:
    for target in targets(plan):
        until = f"valid until {target['Candidate']['NotAfter'][:10]}"
        region = f"{target['Region']}: " if target.get("Region") else ""
        if plan["Verdict"] != "ready":
            yield f"{region}nothing; at the source is one {until}"
        else:
            yield f"{region}{target['NewName']}, {until}, {_way(target)}"


def _way(target: Shape) -> str:
    """Say how a target comes to where it is to be."""
    if target.get("Renews"):
        return f"imported into {target['Renews']}"
    there = "ACM" if target.get("Store") == "acm" else "IAM"
    if not target["Upload"]:
        return f"already in {there}"
    return "to be imported into ACM" if there == "ACM" else "to be uploaded"


def _candidates(plan: Shape) -> list[Shape]:
    return [target["Candidate"] for target in targets(plan)]


def _stated(plan: Shape, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(candidate[key] for candidate in _candidates(plan)))


def _versions(plan: Shape) -> Iterator[str]:
    found = (one.get("Versions", {}) for one in _candidates(plan))
    lines = (f"{version} of {name}" for each in found for name, version in each.items())
    yield from dict.fromkeys(lines)


def _published(plan: Shape) -> Iterator[str]:
    """Yield each parameter with its regions."""
    regions: dict[str, list[str]] = {}
    for one in plan.get("Publishes", ()):
        regions.setdefault(one["Name"], []).append(one["Region"])
    yield from (f"{name} in {', '.join(where)}" for name, where in regions.items())


def _explained(plan: Shape, key: str, reason: str) -> tuple[str, ...]:
    """Return the bindings that have a key, with what stands under another of them."""
    found = (binding for binding in plan.get("Bindings", ()) if key in binding)
    return explained((binding, binding.get(reason, "")) for binding in found)


def _page(plan: Shape) -> tuple[str, ...]:
    """Return where it is written what to do about what is refused or held back."""
    refused = {reason["Code"] for reason in plan.get("Refusals", ())}
    words = refused or {one["Held"] for one in plan.get("Bindings", ()) if "Held" in one}
    several = "refused" if refused else "incomplete"
    return (page_for(words.pop() if len(words) == 1 else several),) if words else ()


def _messages(reasons: Iterable[Shape]) -> tuple[str, ...]:
    return tuple(reason["Message"] for reason in reasons)
