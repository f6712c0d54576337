"""What the policies on one certificate, which the user names, have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from policies.cases.in_use import DENIED, SERVED
from policies.harness import Case, Verdict
from policies.worlds import DAY, World

_FEW = (
    "served by nobody",
    "one service denied in one region",
    "certificates denied",
)
FEW = tuple(case for case in (*SERVED, *DENIED) if case.title in _FEW)
"""Who serves it, as far as the cases of other policies leave it open."""

NAME = "NAME-OF-THE-CERTIFICATE"
"""What the policies say until their user says another."""


@dataclass(frozen=True)
class Named(World):
    """A certificate that is valid for long, under the name that the policies have."""

    expires: timedelta = 60 * DAY
    name: str = NAME

    @property
    def names(self) -> tuple[str, ...]:
        """Return the one name."""
        return (self.name,)


def whenever(because: Mapping[str, Any]) -> tuple[Case, ...]:
    """Return cases that show that only the name decides, not the date."""
    return (
        Case("of another name", {"name": "shop0"}, Verdict.PASS),
        Case("of nearly that name", {"name": f"{NAME}-2"}, Verdict.PASS),
        Case("expiring in a day", {"expires": DAY}, Verdict.FAIL, because),
    )
