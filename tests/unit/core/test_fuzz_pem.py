"""PEM files as they come out of accidents: taken as they were meant, or refused."""

from __future__ import annotations

import re
from base64 import b64decode, encodebytes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from canary import Canary
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_pem_private_key
from hypothesis import HealthCheck, given, settings, strategies as st
from unit.core.certificates import (
    DAY,
    NOW,
    Issued,
    block,
    ec_key,
    intermediate,
    issue,
    leaf,
    root,
)

from c7n_certrenew.core.candidate import Candidate, CandidateError, Material, assemble
from c7n_certrenew.core.chain import order
from c7n_certrenew.core.preflight import Case, Rules, preflight
from c7n_certrenew.core.x509 import Certificate

STEADY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
EC_PARAMETERS = block("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107"))
PKCS8, TRADITIONAL = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL


@dataclass(frozen=True)
class Bundle:
    """A renewed certificate as files hold it, and the one that it would replace."""

    issued: Issued
    old: Certificate
    key: bytes
    canary: Canary

    @property
    def blocks(self) -> list[bytes]:
        """Return certificate, issuers and key."""
        return [self.issued.pem, intermediate().pem, root().pem, self.key]


@cache
def bundle(algorithm: str, form: PrivateFormat) -> Bundle:
    """Make a certificate with its key in one of the forms that tools write."""
    make = {"EC": ec_key, "RSA": lambda: rsa.generate_private_key(65537, 1024)}[algorithm]
    new, another = leaf(key=make()), leaf(key=make())
    key = new.key_pem(form)
    public = [new.pem.decode(), another.key_pem(form).decode()]
    old = leaf(key=another.key, end=9 * DAY).certificate
    before = EC_PARAMETERS if algorithm == "EC" and form is TRADITIONAL else b""
    return Bundle(new, old, before + key, Canary.of(key.decode(), public=public))


BUNDLES = st.builds(
    bundle, st.sampled_from(["EC", "EC", "EC", "RSA"]), st.sampled_from([PKCS8, TRADITIONAL])
)


def attempt(make: Callable[[], Candidate]) -> Candidate | str:
    """Return the candidate, or what the error says; any other exception goes through."""
    try:
        return make()
    except CandidateError as error:
        return str(error)


def read(*texts: bytes) -> Candidate | str:
    """Read one bundle, or certificate, chain and key, as the source `files` does."""
    files = [Material(f"{n}.pem", text) for n, text in enumerate(texts)]
    if len(files) == 1:
        return attempt(lambda: assemble(files[0], None, files[0]))
    return attempt(lambda: assemble(*files))


def refusals(one: Bundle, candidate: Candidate) -> list[str]:
    """Return why a policy's defaults refuse the candidate."""
    chain = order(one.old, [intermediate().certificate])
    case = Case(one.old, chain, candidate, (), Rules(), NOW)
    return [str(reason) for reason in preflight(case)]


def is_whole(one: Bundle, candidate: Candidate) -> bool:
    """Say whether leaf, chain and key are what they were before anything happened to them."""
    assert candidate.private_key is not None
    held: Any = load_pem_private_key(candidate.private_key.encode(), None)
    meant: Any = one.issued.key
    return (
        candidate.leaf == one.issued.certificate
        and candidate.chain.intermediates == (intermediate().certificate,)
        and candidate.key_matches is True
        and held.private_numbers() == meant.private_numbers()
    )


STRANGER = issue("stranger.example.com")
JUNK = [
    b"\0",
    b"\r",
    b"\r\n",
    b" ",
    b"\n\n",
    b"=",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"Bag Attributes\n    localKeyID: 01 02\n",
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"-----BEGIN %s-----\n" % b"PRIVATE KEY",
    b"-----END PRIVATE KEY-----\n",
    b"-----END EC PRIVATE KEY-----\n",
    b"Proc-Type: 4,ENCRYPTED\n",
    block("X509 CRL", b"crl" * 9),
    block("CERTIFICATE", b"no certificate"),
    STRANGER.pem,
    STRANGER.key_pem(),
    "text in UTF-16\n".encode("utf-16"),
]
LABELS = [b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE", b"PRIVATE KEY"]
LABELS += [b"EC PRIVATE KEY", b"RSA PRIVATE KEY", b"ENCRYPTED PRIVATE KEY", b"PUBLIC KEY"]


_BODY = re.compile(rb"(?<=-----\n)(?:[A-Za-z0-9+/]{4})+[A-Za-z0-9+/=\n]+(?=-----END)")


def _span(draw: st.DrawFn, size: int) -> tuple[int, int]:
    start = draw(st.integers(0, size))
    return start, min(size, start + draw(st.sampled_from([1, 2, 64, 65, 300])))


def _delete(draw: st.DrawFn, text: bytes) -> bytes:
    start, end = _span(draw, len(text))
    return text[:start] + text[end:]


def _double(draw: st.DrawFn, text: bytes) -> bytes:
    start, end = _span(draw, len(text))
    return text[:end] + text[start:]


def _move(draw: st.DrawFn, text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    start, end = draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))
    moved, rest = lines[start : start + 3], lines[:start] + lines[start + 3 :]
    return b"".join([*rest[:end], *moved, *rest[end:]])


def _flip(draw: st.DrawFn, text: bytes) -> bytes:
    at = draw(st.integers(0, max(0, len(text) - 1)))
    return (
        text[:at]
        + bytes(c ^ draw(st.sampled_from([1, 2, 32])) for c in text[at : at + 1])
        + (text[at + 1 :])
    )


def _replace(draw: st.DrawFn, text: bytes) -> bytes:
    at = draw(st.integers(0, max(0, len(text) - 1)))
    return text[:at] + draw(st.sampled_from([b"A", b"M", b"/", b"Z"])) + text[at + 1 :]


def _truncate(draw: st.DrawFn, text: bytes) -> bytes:
    return text[: draw(st.integers(0, len(text)))]


def _insert(draw: st.DrawFn, text: bytes) -> bytes:
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(JUNK)) + text[at:]


def _relabel(draw: st.DrawFn, text: bytes) -> bytes:
    old, new = (draw(st.sampled_from(LABELS)) for _ in range(2))
    return text.replace(old, new, draw(st.integers(1, 3)))


def _encode(draw: st.DrawFn, text: bytes) -> bytes:
    form = draw(st.sampled_from(["utf-16", "utf-16-be", "utf-8-sig", "utf-7"]))
    return text.decode("latin-1").encode(form)


def _decoded(body: bytes) -> bytes:
    try:
        return b64decode(body)
    except ValueError:  # damaged before
        return body


def _corrupt(draw: st.DrawFn, text: bytes) -> bytes:
    """Flip a bit of what is below the base64."""
    bodies = list(_BODY.finditer(text))
    if not bodies:
        return text
    body = draw(st.sampled_from(bodies))
    der = bytearray(_decoded(body[0]))
    der[draw(st.integers(0, len(der) - 1))] ^= draw(st.sampled_from([1, 128]))
    return text[: body.start()] + encodebytes(der) + text[body.end() :]


def _precede(draw: st.DrawFn, text: bytes) -> bytes:
    """Put somebody else's key before the first."""
    return STRANGER.key_pem() + text


DAMAGES = [
    _corrupt,
    _corrupt,
    _precede,
    _delete,
    _double,
    _move,
    _flip,
    _replace,
    _truncate,
    _insert,
    _relabel,
    _encode,
]


@st.composite
def damaged(draw: st.DrawFn, blocks: list[bytes]) -> bytes:
    """Do to a text what editors, copying, disks and people do."""
    text = b"".join(draw(st.permutations(blocks)))
    for damage in draw(st.lists(st.sampled_from(DAMAGES), max_size=3)):
        text = damage(draw, text)
    return text


@given(st.data(), BUNDLES, st.booleans())
@settings(STEADY, max_examples=100)
def test_damage_is_refused_or_harmless(data: st.DataObject, one: Bundle, apart: bool) -> None:
    """What is read and not refused is the very certificate, chain and key; errors show no key."""
    leaf_, *issuers, key = one.blocks
    parts = [[leaf_], issuers, [key]] if apart else [one.blocks]
    texts = [data.draw(damaged(part)) for part in parts]
    result = read(*texts)
    assert result == read(*texts)
    reasons = [result] if isinstance(result, str) else refusals(one, result)
    for reason in reasons:
        assert reason.isprintable()
        assert one.canary.leaks(reason) == []
    if isinstance(result, str):
        assert result.startswith(("0.pem: ", "1.pem: ", "2.pem: "))
    elif not reasons:
        assert is_whole(one, result)


BAG = b"Bag Attributes\n    friendlyName: shop\n    localKeyID: 54 69 6D 65\nsubject=CN = shop\n"


def _columns(pem: bytes, columns: int) -> bytes:
    """Break the lines of a block anew."""
    begin, *lines, end = pem.splitlines()
    body = b"".join(lines)
    cut = [body[at : at + columns] for at in range(0, len(body), columns)]
    return b"\n".join([begin, *cut, end, b""])


UNTIDY: list[Callable[[bytes], bytes]] = [
    lambda pem: pem.replace(b"\n", b"\r\n"),
    lambda pem: pem.replace(b"\n", b"\r"),
    lambda pem: pem.replace(b"\n", b" \t\n"),
    lambda pem: pem.replace(b"\n", b"\n\n"),
    lambda pem: pem.replace(b"\n", b"\n    "),
    lambda pem: BAG + pem,
    lambda pem: b"\xef\xbb\xbf" + pem + b"\x1a",
    lambda pem: pem + block("X509 CRL", b"crl"),
    lambda pem: b"text - of - mail -- \xe9 --- \0\n" + pem + b"bye ----\n",
    bytes.strip,
    lambda pem: pem * 2,
]


@given(st.data(), BUNDLES, st.sampled_from([48, 64, 76, 9999]))
@settings(STEADY, max_examples=60)
def test_what_is_merely_untidy_is_taken(data: st.DataObject, one: Bundle, columns: int) -> None:
    """Order, line ends and widths, blanks, text and repetitions do not matter, in any mixture."""
    blocks = [one.issued.pem, intermediate().pem, root().pem, one.key.removeprefix(EC_PARAMETERS)]
    untidy = []
    for pem in data.draw(st.permutations([_columns(pem, columns) for pem in blocks])):
        for change in data.draw(st.lists(st.sampled_from(UNTIDY), max_size=2)):
            pem = change(pem)
        untidy.append(pem)
    result = read(b"".join(untidy))
    assert not isinstance(result, str), result
    assert is_whole(one, result)
    assert refusals(one, result) == []
