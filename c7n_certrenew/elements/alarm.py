"""When a certificate that waits for its replacement is a failure."""

from __future__ import annotations

from typing import Any

from c7n_certrenew.elements import host
from c7n_certrenew.elements.schemas import ACTION, FILTER, REQUIRE

_DEFAULTS = {FILTER: 0.0, ACTION: 0.0, REQUIRE: 14.0}


def alarm_days(manager: Any) -> float:
    """Return how many days before it expires what waits ends as a failure.

    One number for the policy, whichever of its elements says it. Raises PolicyValidationError
    where they differ.
    """
    found = {kind: host.options_of(manager, kind) for kind in _DEFAULTS}
    given = [one["alarm-days"] for each in found.values() for one in each if "alarm-days" in one]
    if any(one != given[0] for one in given):
        host.reject(manager, "alarm-days", "is said twice, and not alike")
    days: float = given[0] if given else max(_DEFAULTS[kind] for kind in found if found[kind])
    return days
