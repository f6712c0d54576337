"""Pages of a listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from .errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moto.core.responses import BaseResponse

    from .world import World

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Page(Generic[Entry]):
    """Hold one page; the marker is that of its last entry, None on the last page."""

    entries: Sequence[Entry]
    marker: str | None


def size_of(world: World, response: BaseResponse, parameter: str, usual: int, most: int) -> int:
    """Return the size of a page: what was asked, at most what the sandbox gives.

    `usual` holds when nothing was asked; outside 1 to `most` is a ValidationError.
    """
    asked = int(response._get_int_param(parameter, usual))
    if not 1 <= asked <= most:
        message = f"Value '{asked}' at '{parameter}' must be between 1 and {most}"
        raise AwsError("ValidationError", f"1 validation error detected: {message}")
    return min(asked, world.page_size)


def page(
    entries: Sequence[Entry],
    marker_of: Callable[[Entry], str],
    marker: str | None,
    size: int,
    refusal: str = "ValidationError",
) -> Page[Entry]:
    """Cut the page that follows a marker; raises the service's refusal for one never given."""
    start = _after(entries, marker_of, marker, refusal) if marker else 0
    cut = entries[start : start + size]
    more = len(entries) > start + size
    return Page(cut, marker_of(cut[-1]) if more else None)


def _after(
    entries: Sequence[Entry], marker_of: Callable[[Entry], str], marker: str, refusal: str
) -> int:
    for index, entry in enumerate(entries):
        if marker_of(entry) == marker:
            return index + 1
    raise AwsError(refusal, f"The marker '{marker}' is not valid")
