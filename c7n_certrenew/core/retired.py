"""Public keys that must never be served again, as a certificate's tag remembers them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RETIRED_TAG = "certrenew:retired-keys"
_DIGITS = 16
_KEPT = 15
"""How many fit, with a blank between them, into the 256 characters of a tag's value (IAM, ACM)."""
_KEY = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")


def retired_keys(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return how the retired public keys of a lineage begin, the newest first.

    Each is the first 16 hex digits of the SHA-256 of a SubjectPublicKeyInfo. What does not look
    like that was not written by a renewal and is left out.

    >>> retired_keys({"certrenew:retired-keys": "0123456789abcdef x"})
    ('0123456789abcdef',)
    """
    words = tags.get(RETIRED_TAG, "").split()
    return tuple(word for word in words if _KEY.fullmatch(word))


def retire(key: str, keys: Iterable[str]) -> tuple[str, ...]:
    """Return the retired keys with one more, a SHA-256 in hex; the oldest go where it is full."""
    return tuple(dict.fromkeys((key[:_DIGITS], *keys)))[:_KEPT]


def is_retired(key: str, keys: Iterable[str]) -> bool:
    """Say whether a public key, by its SHA-256 in hex, is one of the retired."""
    return key[:_DIGITS] in keys


def retired_tag(keys: Iterable[str]) -> dict[str, str]:
    """Return the tag that says which keys are retired, none where there are none."""
    value = " ".join(keys)
    return {RETIRED_TAG: value} if value else {}
