"""Conditions of IAM policies: operators, and the keys that the sandbox knows (pure)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Context = Callable[[str], Sequence[str] | None]
"""Gives the values of a lower-case key in the context of a request, None where it is absent."""

PRINCIPAL_ACCOUNT = "aws:principalaccount"
PRINCIPAL_ARN = "aws:principalarn"
REQUESTED_REGION = "aws:requestedregion"
SECURE_TRANSPORT = "aws:securetransport"
TAG_KEYS = "aws:tagkeys"
REQUEST_TAG = "aws:requesttag/"
RESOURCE_TAG = "aws:resourcetag/"
OWN_RESOURCE_TAGS = tuple(
    f"{service}:resourcetag/" for service in ("elasticloadbalancing", "secretsmanager", "ssm")
)

_KEYS = frozenset({PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, REQUESTED_REGION, SECURE_TRANSPORT, TAG_KEYS})
_TAGS = (REQUEST_TAG, RESOURCE_TAG, *OWN_RESOURCE_TAGS)
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


class UnsupportedPolicyError(ValueError):
    """Refuse a policy that the sandbox cannot evaluate, so that a test does not pass by it."""


def wildcards(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Compile a pattern in which ``*`` stands for any text and ``?`` for one character."""
    if "${" in pattern:
        raise UnsupportedPolicyError(f"{pattern}: policy variables are not simulated")
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, flags | re.DOTALL)


def _equal(expected: str, value: str) -> bool:
    return expected == value


def _equal_in_any_case(expected: str, value: str) -> bool:
    return expected.casefold() == value.casefold()


def _like(expected: str, value: str) -> bool:
    return bool(wildcards(expected).fullmatch(value))


def _arn_like(expected: str, value: str) -> bool:
    """Compare the six parts of two ARNs apart: a wildcard does not reach over a colon."""
    patterns, parts = expected.split(":", 5), value.split(":", 5)
    return len(patterns) == len(parts) and all(map(_like, patterns, parts))


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_in_any_case,
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": _equal_in_any_case,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_TRUTH = frozenset({"Bool", "Null"})


@dataclass(frozen=True)
class Condition:
    """Hold one operator on one key; it holds for the context of a request or it does not."""

    quantifier: str | None
    operator: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, operator: str, key: str, values: Sequence[str]) -> Condition:
        """Read an element of a Condition block; raises UnsupportedPolicyError for the unknown."""
        found = _OPERATOR.fullmatch(operator)
        quantifier, plain, if_exists = found.groups() if found else (None, "", None)
        if plain not in (*_TESTS, *_NEGATED, "Null"):
            raise UnsupportedPolicyError(f"condition operator {operator} is not simulated")
        lower = key.casefold()
        if lower not in _KEYS and not lower.startswith(_TAGS):
            raise UnsupportedPolicyError(f"condition key {key} is not simulated")
        if lower == TAG_KEYS and not quantifier and plain != "Null":
            raise UnsupportedPolicyError(f"{key} has many values: ForAllValues or ForAnyValue?")
        if plain in _TRUTH and set(values) - {"true", "false"}:
            raise UnsupportedPolicyError(f"{operator} compares {key} with {', '.join(values)}")
        for value in values:
            wildcards(value)
        return cls(quantifier, plain, bool(if_exists), lower, tuple(values))

    def holds(self, context: Context) -> bool:
        """Say whether the condition is met."""
        given = context(self.key)
        if self.operator == "Null":
            return ("true" if given is None else "false") in self.values
        if not given:
            return self._holds_without_a_value()
        met = [self._met_by(value) for value in given]
        return any(met) if self.quantifier == "ForAnyValue" else all(met)

    def _holds_without_a_value(self) -> bool:
        if self.if_exists or self.quantifier == "ForAllValues":
            return True
        return self.operator in _NEGATED and self.quantifier is None

    def _met_by(self, value: str) -> bool:
        test = _TESTS[_NEGATED.get(self.operator, self.operator)]
        found = any(test(expected, value) for expected in self.values)
        return found != (self.operator in _NEGATED)
