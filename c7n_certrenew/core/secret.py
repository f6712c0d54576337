"""A private key that cannot be shown."""

from __future__ import annotations

import re
from typing import NoReturn
from urllib.parse import unquote_to_bytes

REDACTED = "[private key]"
"""It stands in XML and JSON as it is."""

_GRAM = 8
"""Characters of a key's base64 that no other text has in common with it: 48 bits."""
_RUN = re.compile(rb"(?:[A-Za-z0-9+/=]|%[0-9A-Fa-f]{2}|\\+[nr/])+")
"""What base64 is written with: plain, URL-encoded, escaped as in JSON and in a repr."""
_BETWEEN = re.compile(rb"\\+[nr]?|\s")
_MARKER = re.compile(rb"-----[A-Z ]+-----")


class PrivateKey(str):
    """A PEM private key that is a placeholder to everything but `encode`.

    It is a `str`, so that botocore takes it as a parameter, but one that reads `[private key]`:
    printed, formatted, sliced, joined, as JSON, in a log line or a traceback, whatever logger,
    handler or level a host sets up. botocore writes a form's body with `encode()`, which alone
    yields the key. It cannot be pickled or copied, which is how c7n caches and how processes
    talk. Should a client library read it in another way, the placeholder is uploaded and AWS
    refuses it. Equality is the key's.
    """

    __slots__ = ("_pem",)
    _pem: bytes

    def __new__(cls, pem: str | bytes) -> PrivateKey:
        """Keep a PEM text; a PrivateKey is kept as it is."""
        if isinstance(pem, PrivateKey):
            return pem
        key = super().__new__(cls, REDACTED)
        key._pem = pem.encode() if isinstance(pem, str) else pem
        return key

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return the key itself. PEM is ASCII, whatever the encoding."""
        return self._pem

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PrivateKey) and self._pem == other._pem

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self._pem)

    def __repr__(self) -> str:
        return REDACTED

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a private key is not pickled")


def without(key: PrivateKey, text: bytes) -> bytes:
    """Return a text, such as an error that quotes its request, with the placeholder for the key.

    What goes is each run of base64 that has eight characters in a row from the key's: the key or a
    part of it, on lines or on one, URL-encoded or escaped.
    """
    secret = _grams(_MARKER.sub(b"", key.encode()))
    place = REDACTED.encode()
    return _RUN.sub(lambda run: run[0] if _grams(run[0]).isdisjoint(secret) else place, text)


def _grams(text: bytes) -> set[bytes]:
    body = _BETWEEN.sub(b"", unquote_to_bytes(text))
    return {body[at : at + _GRAM] for at in range(len(body) - _GRAM + 1)}
