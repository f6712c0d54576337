"""What the stock commands wrote, read back from their output directories."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from c7n_certrenew.core.window import days_left

INVENTORY = "iam-certificate-inventory"
EXPIRING = "iam-certificate-expiring"
EXPIRING_IN_USE = "iam-certificate-expiring-in-use"
RENEW = "iam-certificate-expiring-renew"

_ROLES = {"default": "default", "sni": "SNI"}


@dataclass(frozen=True)
class Finding:
    """One server certificate as the audit sees it. Days are rounded down, for people."""

    name: str
    expiration: dt.datetime
    days_left: int
    expiring: bool
    in_use: bool
    served_by: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """Say in a word or two what is to be said of it."""
        if not self.expiring:
            return "healthy"
        due = "expired" if self.days_left < 0 else "expiring"
        return f"{due}, {'in use' if self.in_use else 'unused'}"


def findings(audit: Path, now: dt.datetime) -> list[Finding]:
    """Return every certificate of the inventory, judged as the policies did, the oldest first."""
    expiring, in_use = (names(audit, policy) for policy in (EXPIRING, EXPIRING_IN_USE))
    found = []
    for resource in resources(audit, INVENTORY):
        name = resource["ServerCertificateName"]
        expiration = dt.datetime.fromisoformat(resource["Expiration"])
        found.append(
            Finding(
                name=name,
                expiration=expiration,
                days_left=days_left(expiration, now),
                expiring=name in expiring,
                in_use=name in in_use,
                served_by=served_by(resource.get("c7n:listeners", ())),
            )
        )
    return sorted(found, key=lambda finding: finding.expiration)


def plans(plan: Path) -> list[dict[str, Any]]:
    """Return the plans that a dry run wrote, the most urgent first."""
    found = (resource.get("c7n:replacement") for resource in resources(plan, RENEW))
    return sorted(filter(None, found), key=lambda one: str(one["Expiration"]))


def names(output: Path, policy: str) -> frozenset[str]:
    """Return the names of the certificates that a policy matched."""
    return frozenset(resource["ServerCertificateName"] for resource in resources(output, policy))


def resources(output: Path, policy: str) -> list[dict[str, Any]]:
    """Return what a policy matched, nothing where it wrote nothing."""
    path = output / policy / "resources.json"
    return list(json.loads(path.read_text())) if path.is_file() else []


def served_by(bindings: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return one line a listener, with its roles: `eu-west-1 ALB sso:443 (default+SNI)`."""
    roles: dict[str, list[str]] = {}
    for binding in bindings:
        place = f"{binding['LoadBalancerName']}:{binding['Port']}"
        listener = f"{binding['Region']} {_kind(binding)} {place}"
        roles.setdefault(listener, []).append(_ROLES[binding["Role"]])
    return tuple(f"{listener} ({'+'.join(both)})" for listener, both in roles.items())


def _kind(binding: Mapping[str, Any]) -> str:
    if binding["Service"] == "elb":
        return "CLB"
    return "NLB" if ":loadbalancer/net/" in binding["LoadBalancerArn"] else "ALB"
