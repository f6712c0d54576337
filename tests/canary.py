"""A private key that is looked for in everything a run leaves, however it may be spelled."""

from __future__ import annotations

import base64
import re
import string
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

WINDOW, STRIDE = 20, 5
"""Characters of base64: any run of 24 holds a whole window that is looked at."""
DIGITS = 28
"""Hexadecimal or decimal digits, of which any run of 32 is found."""
CHUNK = 12
"""Bytes of DER, of which any run of 23 is found, as they are or as Python prints them."""

_OF_URLS = bytes.maketrans(b"-_", b"+/")
_ESCAPED, _OF_XML = re.compile(rb"\\+[nr]"), re.compile(rb"&#(?:10|13|x[aAdD]);")


def _blanking(kept: str) -> bytes:
    """Return a table for `translate` under which all but some characters are blanks."""
    return bytes(code if chr(code) in kept else ord(" ") for code in range(256))


_BASE64 = _blanking(f"{string.ascii_letters}{string.digits}+/")
_NUMBERS = _blanking(string.hexdigits)


@dataclass(frozen=True)
class Canary:
    """Finds parts of private keys in a text.

    What the keys share with what everybody may see is not looked for: their certificates, the
    form of a key of their kind.
    """

    windows: frozenset[bytes] = field(repr=False)
    numbers: frozenset[bytes] = field(repr=False)
    chunks: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def of(cls, *keys: str, public: Iterable[str] = ()) -> Canary:
        """Look for these PEM keys, and not for what is in the public PEM texts."""
        known = [der(text) for text in public]
        windows: set[bytes] = set()
        numbers: set[bytes] = set()
        chunks: set[bytes] = set()
        for key in keys:
            windows.update(_windows(der(key), known), *_of_the_text(key))
            numbers.update(_digits(key, known))
            chunks.update(c for c in _cut(der(key), CHUNK, CHUNK) if not _is_known(c, known))
        spelled = {spelling for c in chunks for spelling in (c, repr(c)[2:-1].encode())}
        return cls(frozenset(windows), frozenset(numbers), tuple(spelled))

    def leaks(self, text: bytes | str) -> list[bytes]:
        """Return what of the keys is in a text, across line ends, escapes and URL encoding."""
        raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        found = [chunk for chunk in self.chunks if chunk in raw]
        joined = _joined(raw).replace(b"\\/", b"/")
        for form in _forms(joined):
            found += _among(self.windows, _BASE64, WINDOW, form)
            found += _among(self.numbers, _NUMBERS, DIGITS, form.lower())
        if b"-" in joined or b"_" in joined:
            found += _among(self.windows, _BASE64, WINDOW, joined.translate(_OF_URLS))
        return found


def _joined(text: bytes) -> bytes:
    """Return a text without its line ends, however they are written."""
    return _OF_XML.sub(b"", _ESCAPED.sub(b"", text.translate(None, b"\r\n")))


def _forms(joined: bytes) -> Iterator[bytes]:
    """Yield a text without line ends as it is, and as it is out of a URL."""
    yield joined
    if b"%" in joined:
        yield _joined(unquote_to_bytes(joined)).replace(b" ", b"+")


def _among(wanted: frozenset[bytes], runs: bytes, size: int, text: bytes) -> list[bytes]:
    return [
        run[at : at + size]
        for run in set(text.translate(runs).split())
        for at in range(0, len(run) - size + 1, STRIDE)
        if run[at : at + size] in wanted
    ]


def der(pem: str) -> bytes:
    """Return what a PEM text holds, block after block."""
    blocks = re.findall(r"-----BEGIN [^-]+-----\n([A-Za-z0-9+/=\n]+)-----END", pem)
    return b"\0".join(base64.b64decode(block) for block in blocks)


def _windows(private: bytes, known: list[bytes]) -> Iterator[bytes]:
    """Yield each window of the base64 unless the bytes behind it are known."""
    text = base64.b64encode(private)
    for at in range(len(text) - WINDOW + 1):
        behind = private[-(-at * 3 // 4) : (at + WINDOW) * 3 // 4]
        if not _is_known(behind, known):
            yield text[at : at + WINDOW]


def _of_the_text(pem: str) -> Iterator[set[bytes]]:
    """Yield the windows of base64 over the PEM itself, which is how secrets are often kept."""
    body = "".join(pem.split("-----")[2:3]).encode()
    for offset in range(3):
        yield set(_cut(base64.b64encode(body[offset:])[4:-4], WINDOW, 1))


def _digits(pem: str, known: list[bytes]) -> Iterator[bytes]:
    """Yield the secret numbers, and the DER in hexadecimal."""
    for part in _cut(der(pem), DIGITS // 2, 1):
        if not _is_known(part, known):
            yield part.hex().encode()
    for number in _secrets(pem):
        yield from _cut(str(number).encode(), DIGITS, 1)


def _secrets(pem: str) -> tuple[int, ...]:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):  # broken or encrypted: there is its text alone
        return ()
    numbers = key.private_numbers()  # type: ignore[union-attr]
    if isinstance(key, rsa.RSAPrivateKey):
        return (numbers.d, numbers.p, numbers.q)  # type: ignore[union-attr]
    return (numbers.private_value,)  # type: ignore[union-attr]


def _cut(text: bytes, size: int, step: int) -> Iterator[bytes]:
    for at in range(0, len(text) - size + 1, step):
        yield text[at : at + size]


def _is_known(part: bytes, known: list[bytes]) -> bool:
    return any(part in text for text in known)


def with_locals(error: BaseException) -> str:
    """Return an exception, its causes and contexts, with the locals of their frames."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    behind = [one for one in (error.__cause__, error.__context__) if one is not None]
    attributes = f"{error!r} {error.args!r} {vars(error)!r}\n"
    return attributes + "".join([*shown.format(), *map(with_locals, behind)])
