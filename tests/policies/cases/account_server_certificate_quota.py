"""Cases of account-server-certificate-quota: how full the account is."""

from __future__ import annotations

import re
from typing import Any

from policies.cases import denials
from policies.harness import Case, Table, Verdict
from policies.quotas import Room

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


def used(number: int, quota: int, expired: list[str] | None = None) -> dict[str, Any]:
    """Return what the account must show of its quota."""
    shown = {"Used": number, "Quota": quota, "Percent": 100 * number / quota, "Expired": expired}
    return {"c7n:server-certificate-quota": shown}


NO_SUMMARY = (("iam", "GetAccountSummary", None),)
NO_ALIASES = (("iam", "ListAccountAliases", None),)

TABLE = Table(
    Room(),
    (
        Case("80 of 100", {}, FAIL, used(80, 100)),
        Case("one fewer", {"certificates": 79}, PASS),
        Case("all of them", {"certificates": 100}, FAIL, used(100, 100)),
        Case("none", {"certificates": 0}, PASS),
        Case("a larger quota", {"quota": 101}, PASS),
        Case("a quota that was lowered since", {"quota": 20}, FAIL, used(80, 20)),
        Case("two have expired", {"expired": 2}, FAIL, used(80, 100, ["old1", "old0"])),
        Case(
            "the quota denied",
            {"denied": NO_SUMMARY},
            UNKNOWN,
            denials.unread(("iam", "*")) | {"c7n:server-certificate-quota": None},
        ),
        Case(
            "certificates denied, so it is not known which have expired",
            {"denied": denials.NO_LIST},
            UNKNOWN,
            denials.unread(("iam", "*")) | used(80, 100),
        ),
        Case(
            "the account denied",
            {"denied": NO_ALIASES},
            UNKNOWN,
            {"error": re.compile("AccessDenied.*ListAccountAliases")},
        ),
    ),
)
