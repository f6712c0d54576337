"""Every server certificate of an account, judged as the audit's policies did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from c7n_certrenew.core.window import days_left
from c7n_certrenew.report.bindings import applying
from c7n_certrenew.report.output import RESOURCES, read_resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from c7n_certrenew.report.bindings import Shape

INVENTORY = "iam-certificate-inventory"
EXPIRING = "iam-certificate-expiring"
EXPIRING_IN_USE = "iam-certificate-expiring-in-use"
RENEW = "iam-certificate-expiring-renew"


@dataclass(frozen=True)
class Finding:
    """One server certificate as the audit sees it. Days are rounded down, for people.

    `matched` are the policies that found it, the inventory, which finds all, left out.
    `replaced_by` is what a renewal replaced it by, where it is served again though that is there.
    """

    name: str
    arn: str
    expiration: datetime
    days_left: int
    matched: tuple[str, ...]
    listeners: tuple[Shape, ...]
    unread: tuple[Shape, ...]
    replaced_by: str = ""

    @property
    def state(self) -> str:
        """Return healthy, expiring or expired."""
        if EXPIRING not in self.matched:
            return "healthy"
        return "expired" if self.days_left < 0 else "expiring"

    @property
    def in_use(self) -> str:
        """Return yes, no, or unknown while something could not be looked at."""
        if self.listeners:
            return "yes"
        return "unknown" if any(s["Service"] != "iam" for s in self.unread) else "no"

    @property
    def verdict(self) -> str:
        """Say in a word or two what is to be said of it."""
        if self.state == "healthy":
            return self.state
        return f"{self.state}, {'reverted' if self.replaced_by else _USE[self.in_use]}"


_USE = {"yes": "in use", "no": "unused", "unknown": "perhaps in use"}


def findings(audit: Path, policies: Sequence[str], now: datetime) -> list[Finding]:
    """Return every certificate that a policy saw, the oldest first.

    Raises OutputError where a policy left nothing: nothing is clean that was not looked at.
    """
    seen: dict[str, Shape] = {}
    matched: dict[str, list[str]] = {}
    for policy in policies:
        for resource in read_resources(audit / policy / RESOURCES):
            former = seen.get(resource["Arn"], {})
            scopes = [*former.get("c7n:unread", ()), *resource.get("c7n:unread", ())]
            seen[resource["Arn"]] = former | resource | {"c7n:unread": _once(scopes)}
            matched.setdefault(resource["Arn"], []).append(policy)
    found = (_finding(shape, matched[arn], now) for arn, shape in seen.items())
    return sorted(found, key=lambda one: (one.expiration, one.name))


def names(audit: Path, policy: str) -> frozenset[str]:
    """Return the names of the certificates that a policy matched. Raises OutputError."""
    found = read_resources(audit / policy / RESOURCES)
    return frozenset(resource["ServerCertificateName"] for resource in found)


def unread(found: Iterable[Finding]) -> list[Shape]:
    """Return each scope that could not be looked at, once."""
    scopes = {(s["Service"], s["Region"], s["Reason"]): s for one in found for s in one.unread}
    return [scopes[key] for key in sorted(scopes)]


def totals(found: Sequence[Finding]) -> Shape:
    """Return how many there are of each state; InUse and Unknown count what is due alone."""
    states = Counter(one.state for one in found)
    use = Counter(one.in_use for one in found if one.state != "healthy")
    return {
        "Certificates": len(found),
        "Healthy": states["healthy"],
        "Expiring": states["expiring"],
        "Expired": states["expired"],
        "DueInUse": use["yes"],
        "DueUnused": use["no"],
        "DueUnknown": use["unknown"],
        "Unread": len(unread(found)),
    }


def finding_shape(one: Finding) -> Shape:
    """Return a finding as JSON."""
    certificate = {
        "ServerCertificateName": one.name,
        "Arn": one.arn,
        "Expiration": one.expiration.isoformat(),
        "DaysLeft": one.days_left,
        "State": one.state,
        "InUse": one.in_use,
        "Policies": list(one.matched),
    }
    where = {"Listeners": list(one.listeners), "Unread": list(one.unread)}
    return certificate | applying({**where, "ReplacedBy": one.replaced_by})


def _once(scopes: list[Shape]) -> list[Shape]:
    return [one for number, one in enumerate(scopes) if one not in scopes[:number]]


def _finding(resource: Shape, matched: Iterable[str], now: datetime) -> Finding:
    expiration = datetime.fromisoformat(resource["Expiration"])
    return Finding(
        name=resource["ServerCertificateName"],
        arn=resource["Arn"],
        expiration=expiration,
        days_left=days_left(expiration, now),
        matched=tuple(policy for policy in matched if policy != INVENTORY),
        listeners=tuple(resource.get("c7n:listeners", ())),
        unread=tuple(resource.get("c7n:unread", ())),
    )
