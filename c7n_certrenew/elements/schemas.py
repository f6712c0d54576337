"""Options that several elements have in common, as JSON schema."""

from __future__ import annotations

from typing import Any

from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.aws.regions import REGION
from c7n_certrenew.sources import SOURCES

FILTER, ACTION, REQUIRE = "replacement", "replace-certificate", "require-replacement"

MOST_DAYS = 36500
"""The most days that an option takes, a hundred years: beyond 9999 there are no dates."""

_REGION = rf"{REGION}|^\{{[^{{}}]+\}}$"  # or a variable that c7n has still to expand

SCOPE: dict[str, Any] = {
    "services": {"type": "array", "items": {"enum": list(CONSUMERS)}},
    "regions": {"type": "array", "items": {"type": "string", "pattern": _REGION}},
}
"""Which listeners are looked at."""

SOURCE: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {"type": {"enum": list(SOURCES)}},
}
"""What all sources take. The rest is for the schema of the one that is named to say."""

SHARED: dict[str, Any] = {
    **SCOPE,
    "source": SOURCE,
    "store": {"enum": ["iam", "acm"]},
    "trust": {
        "oneOf": [
            {"type": "string", "enum": ["same", "any"]},
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["bundle"],
                "properties": {"bundle": {"type": "string"}},
            },
        ]
    },
    "issuers": {"type": "array", "items": {"type": "string"}},
    "drop-names": {"type": "array", "items": {"type": "string"}},
    "min-extension": {"type": "number"},
    "rekey": {"type": "boolean"},
    "alarm-days": {"type": "number", "minimum": 0},
    "managed": {"enum": ["skip", "rebind"]},
    "managed-tags": {"type": "array", "items": {"type": "string", "pattern": "^[^=]"}},
    "retry": {"type": "boolean"},
    "order": {
        "type": "array",
        "items": {
            "oneOf": [
                {"type": "string", "pattern": rf"^\*$|{_REGION}"},
                {"type": "array", "items": {"type": "string", "pattern": _REGION}},
            ]
        },
    },
}
"""The options that the filter and the action have in common, as JSON schema."""
