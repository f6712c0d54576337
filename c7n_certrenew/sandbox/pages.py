"""Pages of a listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from .errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Page(Generic[Entry]):
    """Hold one page; the marker is that of its last entry, None on the last page."""

    entries: Sequence[Entry]
    marker: str | None


def page(
    entries: Sequence[Entry], marker_of: Callable[[Entry], str], marker: str | None, size: int
) -> Page[Entry]:
    """Cut the page that follows a marker; raises ValidationError for a marker never given."""
    start = _after(entries, marker_of, marker) if marker else 0
    cut = entries[start : start + size]
    more = len(entries) > start + size
    return Page(cut, marker_of(cut[-1]) if more else None)


def _after(entries: Sequence[Entry], marker_of: Callable[[Entry], str], marker: str) -> int:
    for index, entry in enumerate(entries):
        if marker_of(entry) == marker:
            return index + 1
    raise AwsError("ValidationError", f"The marker '{marker}' is not valid")
