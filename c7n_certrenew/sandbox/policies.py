"""IAM policies and what they say about an action on a resource (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from .conditions import Condition, UnsupportedPolicyError, wildcards

if TYPE_CHECKING:
    from .conditions import Context

Document = str | Mapping[str, Any]
"""A policy as JSON text or as what that text says."""

_ELEMENTS = frozenset(
    {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)


class Verdict(Enum):
    """Tell what policies of one kind say: a denial outweighs any permission."""

    DENIED = "denied"
    SILENT = "silent"
    ALLOWED = "allowed"


@dataclass(frozen=True)
class _Names:
    """Hold the patterns of Action or Resource, or of the Not form, which means all others."""

    patterns: tuple[re.Pattern[str], ...]
    excluded: bool

    def include(self, name: str) -> bool:
        return any(p.fullmatch(name) for p in self.patterns) != self.excluded


@dataclass(frozen=True)
class Statement:
    """Hold one statement of a policy."""

    allows: bool
    actions: _Names
    resources: _Names
    conditions: tuple[Condition, ...]

    @classmethod
    def parse(cls, element: Mapping[str, Any]) -> Statement:
        """Read a statement; raises UnsupportedPolicyError for what the sandbox cannot evaluate."""
        if unknown := set(element) - _ELEMENTS:
            raise UnsupportedPolicyError(f"statement has {', '.join(sorted(unknown))}")
        if element.get("Effect") not in ("Allow", "Deny"):
            raise UnsupportedPolicyError(f"Effect is {element.get('Effect')!r}")
        return cls(
            allows=element["Effect"] == "Allow",
            actions=_names(element, "Action", re.IGNORECASE),
            resources=_names(element, "Resource"),
            conditions=tuple(_conditions(element.get("Condition", {}))),
        )

    def applies(self, action: str, resource: str, context: Context) -> bool:
        """Say whether the statement is about this action on this resource in this context."""
        return (
            self.actions.include(action)
            and self.resources.include(resource)
            and all(condition.holds(context) for condition in self.conditions)
        )


@dataclass(frozen=True)
class Policy:
    """Hold a policy of a user or role, of a session, or of an organization."""

    statements: tuple[Statement, ...]

    @classmethod
    def parse(cls, document: Document) -> Policy:
        """Read a policy; raises UnsupportedPolicyError for what the sandbox cannot evaluate.

        Principals, policy variables, dates, numbers and addresses are not simulated.
        """
        read = json.loads(document) if isinstance(document, str) else document
        if unknown := set(read) - {"Version", "Id", "Statement"}:
            raise UnsupportedPolicyError(f"policy has {', '.join(sorted(unknown))}")
        return cls(tuple(Statement.parse(element) for element in _listed(read["Statement"])))

    @property
    def allows_anything(self) -> bool:
        """Say whether the policy allows at all: a list of what may be done, not only of denials."""
        return any(statement.allows for statement in self.statements)


def verdict(policies: Iterable[Policy], action: str, resource: str, context: Context) -> Verdict:
    """Return what policies of one kind say together."""
    allowed = {
        statement.allows
        for policy in policies
        for statement in policy.statements
        if statement.applies(action, resource, context)
    }
    if False in allowed:
        return Verdict.DENIED
    return Verdict.ALLOWED if allowed else Verdict.SILENT


def _names(element: Mapping[str, Any], name: str, flags: int = 0) -> _Names:
    if (name in element) == (f"Not{name}" in element):
        raise UnsupportedPolicyError(f"statement needs either {name} or Not{name}")
    excluded = name not in element
    patterns = _listed(element[f"Not{name}" if excluded else name])
    return _Names(tuple(wildcards(pattern, flags) for pattern in patterns), excluded)


def _conditions(block: Mapping[str, Any]) -> Iterable[Condition]:
    for operator, tests in block.items():
        for key, values in tests.items():
            yield Condition.parse(operator, key, [_text(value) for value in _listed(values)])


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


FULL_ACCESS = Policy.parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
"""Let everything be done."""


def region_guard(region: str) -> Document:
    """Return a service control policy that denies all but global services in a region."""
    denial = {
        "Effect": "Deny",
        "NotAction": ["cloudfront:*", "iam:*", "organizations:*", "route53:*", "sts:*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": region}},
    }
    return {"Statement": denial}
