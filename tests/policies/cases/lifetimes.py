"""Cases that the policies on a window by the lifetime have in common: 4 days and 12 hours left."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policies.cases import denials
from policies.cases.iam_certificate_expiring import left
from policies.harness import Case, Verdict
from policies.worlds import DAY, HOUR, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN

LEFT = 4 * DAY + 12 * HOUR
"""What the bases have left: half of 9 days, a third of 13 days and 12 hours."""
_THIRD = 13 * DAY + 12 * HOUR
_DENIED = re.compile("GetServerCertificate answered AccessDenied: ")


def window(days: int, lifetime: int, threshold: float) -> dict[str, Any]:
    """Return the annotation of a certificate with these days left of its lifetime."""
    found = left(days)["c7n:expiry"]
    return {"c7n:expiry": found | {"LifetimeDays": lifetime, "ThresholdDays": threshold}}


def due(shown: Mapping[str, Any]) -> tuple[Case, ...]:
    """Return the cases; what is due shows this as well."""
    expired = {"c7n:expiry": window(-1, 398, 30)["c7n:expiry"] | {"Expired": True}}
    return (
        Case("of 398 days", {}, FAIL, window(4, 398, 30) | shown),
        Case("exactly 30 days of 398", {"expires": 30 * DAY}, FAIL, window(30, 398, 30) | shown),
        Case("a second more than 30 days of 398", {"expires": 30 * DAY + SECOND}, PASS),
        Case("expired yesterday", {"expires": -DAY}, FAIL, expired | shown),
        Case("of 90 days", {"lifetime": 90 * DAY}, FAIL, window(4, 90, 30) | shown),
        Case("of 47 days", {"lifetime": 47 * DAY}, FAIL, window(4, 47, 15.67) | shown),
        Case("exactly a third", {"lifetime": _THIRD}, FAIL, window(4, 13, 4.5) | shown),
        Case("a second more than a third", {"lifetime": _THIRD - 3 * SECOND}, PASS),
        Case("of 10 days, a third of which is less", {"lifetime": 10 * DAY}, PASS),
        Case(
            "of a second less than 10 days, half of which is more",
            {"lifetime": 10 * DAY - SECOND},
            FAIL,
            window(4, 9, 5) | shown,
        ),
        Case("exactly half of 9 days", {"lifetime": 9 * DAY}, FAIL, window(4, 9, 4.5) | shown),
        Case("a second more than half", {"lifetime": 9 * DAY - 2 * SECOND}, PASS),
        Case(
            "the lifetime denied, so the 30 days decide",
            {"denied": (("iam", "GetServerCertificate", None),)},
            UNKNOWN,
            left(4) | {"c7n:unread": [{"Service": "iam", "Region": "*", "Reason": _DENIED}]},
        ),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    )
