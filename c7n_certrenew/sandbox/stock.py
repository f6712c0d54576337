"""What moto does itself at each patch point, kept as hashes: an upgrade shows what to read again.

``python -m c7n_certrenew.sandbox.stock`` writes the table anew, once that has been read.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .patch_points import PATCH_POINTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .patching import PatchPoint

TABLE = Path(__file__).with_name("stock.json")
RENEW = "python -m c7n_certrenew.sandbox.stock"
_MISSING = "missing"


def read_table() -> dict[str, str]:
    """Return the hashes of moto's sources that the sandbox was written against, by place."""
    return dict(json.loads(TABLE.read_text()))


def hashes(points: Iterable[PatchPoint] = PATCH_POINTS) -> dict[str, str]:
    """Return the hash of moto's own source at each point, ``missing`` where moto has none.

    No sandbox may be open: its patches would be hashed.
    """
    return {point.place: _hash(point) for point in points}


def differences(
    known: Mapping[str, str], points: Iterable[PatchPoint] = PATCH_POINTS
) -> tuple[str, ...]:
    """Return one line for each patch point that must be read again, nothing when all is known."""
    points = tuple(points)
    why = {point.place: point.why for point in points}
    found = hashes(points)
    changed = [place for place in found if known.get(place, found[place]) != found[place]]
    return (
        *(f"{place}: moto changed it; is it still true that {why[place]}?" for place in changed),
        *(f"{place}: not in the table yet" for place in found if place not in known),
        *(f"{place}: in the table, but not patched" for place in known if place not in found),
    )


def write_table() -> None:
    """Write the hashes of what is there now."""
    TABLE.write_text(json.dumps(hashes(), indent=2, sort_keys=True) + "\n")


def _hash(point: PatchPoint) -> str:
    stock: Any = inspect.getattr_static(point.owner, point.name, None)
    if stock is None:
        return _MISSING
    function = getattr(stock, "fget", None) or getattr(stock, "__func__", stock)
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:16]


if __name__ == "__main__":
    write_table()
