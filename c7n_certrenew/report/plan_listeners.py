"""The listeners of a plan, in the order in which they have their turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.report.places import served_by

if TYPE_CHECKING:
    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.plan_lines import Lines


@dataclass(frozen=True)
class Turn:
    """A listener with its roles, what it serves and is to serve, and whether it is left alone."""

    wave: str
    listener: str
    old: str
    new: str
    held: str

    def __str__(self) -> str:
        wave = f"wave {self.wave}: " if self.wave else ""
        return f"{wave}{self.listener}" + (f": {self.old} → {self.new}" if self.new else "")


def turns(plan: Shape) -> list[Turn]:
    """Return every listener of a plan once; those that are held back come last."""
    grouped: dict[tuple[str, str, str, str], list[Shape]] = {}
    for binding in plan.get("Bindings", ()):
        wave, held = str(binding.get("Wave", "")), binding.get("Held", "")
        change = _name(binding.get("From", "")), _name(binding.get("To", ""))
        grouped.setdefault((wave, held, *change), []).append(binding)
    found = [
        Turn(wave, listener, old, new, held)
        for (wave, held, old, new), bindings in grouped.items()
        for listener in served_by(bindings)
    ]
    return sorted(found, key=lambda turn: bool(turn.held))


def headers(every: list[Turn]) -> tuple[str, ...]:
    """Return the columns of which any listener has something to say."""
    named = {"Wave": "wave", "Listener": "listener", "Serves": "old", "Will serve": "new"}
    said = [title for title, field in named.items() if any(getattr(t, field) for t in every)]
    return (*said, *(("Left as it is",) if any(turn.held for turn in every) else ()))


def cells(turn: Turn, columns: tuple[str, ...]) -> Iterator[str]:
    """Yield what a listener says in these columns."""
    said = {
        "Wave": turn.wave,
        "Listener": turn.listener,
        "Serves": turn.old,
        "Will serve": turn.new,
        "Left as it is": turn.held,
    }
    return (said[column] for column in columns)


def listed(plan: Shape) -> list[Lines]:
    """Return who serves the certificate where that is all there is to say, else nothing."""
    every = turns(plan)
    if len(headers(every)) > 1:
        return []
    unseen = "nobody, as far as could be seen" if plan.get("Unread") else "nobody"
    return [("listeners", tuple(map(str, every)) or (unseen,))]


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
