"""What the keys of the filter `x509` can be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHAIN_ENDS = ("public-root", "private-root", "self-signed", "unknown")
_NUMBERS = frozenset({"KeySize", "LifetimeDays", "LifetimeLimitDays"})
_SWITCHES = frozenset({"Wildcard", "SelfSigned", "ExceedsLifetimeLimit", "IsCA", "MustStaple"})
_WORDS = ("present", "absent", "not-null", "empty")
_MEMBERSHIP = ("in", "ni", "not-in")
_EQUALITY = (None, "eq", "equal", "ne", "not-equal", *_MEMBERSHIP)


def misfit(data: Mapping[str, Any]) -> str:
    """Return why the key of a value filter can never have such a value, empty where it can.

    Custodian compares what cannot be compared as unequal: `KeySize` below `"2048"` is never found.
    What it has still to expand (`{bits}`) and what it converts is left alone.
    """
    value, op = data.get("value"), data.get("op")
    later = isinstance(value, str) and "{" in value
    if "value" not in data or "value_type" in data or later or value in _WORDS:
        return ""
    if op in _MEMBERSHIP and not isinstance(value, list):
        return f"{op} takes a list, not {value!r}"
    for one in value if isinstance(value, list) else [value]:
        if reason := _misfit(data["key"], op, one):
            return reason
    return ""


def _misfit(key: str, op: str | None, value: Any) -> str:
    if key in _NUMBERS and (isinstance(value, bool) or not isinstance(value, (int, float))):
        return f"{key} is a number, not {value!r}"
    if key in _SWITCHES and not isinstance(value, bool):
        return f"{key} is true or false, not {value!r}"
    if key == "ChainEnd" and op in _EQUALITY and value not in CHAIN_ENDS:
        return f"ChainEnd is one of {', '.join(CHAIN_ENDS)}, not {value!r}"
    return ""
