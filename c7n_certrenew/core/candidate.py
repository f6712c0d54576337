"""A renewed certificate as it was found: normalised, its key in memory only."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from c7n_certrenew.core import x509
from c7n_certrenew.core.chain import Chain, order
from c7n_certrenew.core.secret import PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.core.x509 import Certificate

_MARKER = re.compile(rb"-----(?P<edge>BEGIN|END) (?P<label>[A-Z0-9 ]+)-----")
_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE"}
_COLUMNS = 64
CERTIFICATES_LIMIT = 500
"""More than any bundle of trusted roots holds (there are some 150); it bounds the time."""


class CandidateError(Exception):
    """Material that is no certificate with its key; the message says what and where."""


@dataclass(frozen=True)
class Candidate:
    """A certificate that could replace another.

    `private_key` is None where the key was not looked at; `origin` says where it came from, and
    `versions` which versions were read, by the name of what has them. `existing` is the candidate
    where the source is AWS's own store: nothing is uploaded then.
    """

    leaf: Certificate
    chain: Chain
    origin: str
    private_key: PrivateKey | None = None
    key_matches: bool | None = None
    versions: tuple[tuple[str, str], ...] = ()
    existing: AnyCertificate | None = None

    @property
    def body_pem(self) -> str:
        """Return the CertificateBody: the leaf alone."""
        return self.leaf.pem

    @property
    def chain_pem(self) -> str:
        """Return the CertificateChain: the intermediates in order, without the root."""
        return "".join(c.pem for c in self.chain.intermediates)


@dataclass(frozen=True)
class Material:
    """What one file (or object, or secret) holds, and the name errors call it by.

    `version` is the id of what was read where the store has versions.
    """

    name: str
    content: bytes = field(repr=False)
    version: str = ""


def assemble(
    certificate: Material,
    chain: Material | None = None,
    key: Material | None = None,
    prefer: Iterable[Certificate] = (),
) -> Candidate:
    """Build a candidate from PEM, repairing what can be repaired without guessing.

    Text around the blocks is dropped, lines are broken anew, certificates are split and ordered by
    issuer, the root and repetitions are left out; `certificate` may be a bundle with the key in it.
    `prefer` is what clients were served before, see `order`.
    A file that was cut off is refused, even where the rest of it would do. Raises
    CandidateError, which never quotes the key and holds on to none of its bytes.
    """
    certificates = read_certificates(certificate)
    if not certificates:
        raise CandidateError(f"{certificate.name}: no certificate in it (a PEM file is expected)")
    others = read_certificates(chain) if chain else []
    if chain and not others and chain.content.strip():
        raise CandidateError(f"{chain.name}: no certificate in it (a PEM file is expected)")
    private_key, public = _read_key(key or certificate, required=key is not None)
    leaf = _leaf(certificates, public)
    read = {one.name: one.version for one in (certificate, chain, key) if one and one.version}
    return Candidate(
        leaf=leaf,
        chain=order(leaf, [*certificates, *others], prefer),
        origin=certificate.name,
        private_key=private_key,
        key_matches=public == leaf.key_fingerprint if public else None,
        versions=tuple(read.items()),
    )


def without_key(candidate: Candidate) -> Candidate:
    """Return the candidate as a plan may keep it: whether the key fits is known, the key not."""
    return replace(candidate, private_key=None)


def read_certificates(material: Material) -> list[Certificate]:
    """Parse every certificate in a PEM text. Raises CandidateError for a broken one."""
    certificates = []
    blocks = _blocks(material)
    if sum(block.label in _CERTIFICATES for block in blocks) > CERTIFICATES_LIMIT:
        raise CandidateError(f"{material.name}: more than {CERTIFICATES_LIMIT} certificates in it")
    for position, block in enumerate(blocks, start=1):
        if block.label in _CERTIFICATES:
            certificate = _certificate(material.content[block.body])
            if certificate is None:
                raise CandidateError(f"{material.name}: PEM block {position} is not a certificate")
            certificates.append(certificate)
    return certificates


@dataclass(frozen=True)
class _Block:
    """Where a PEM block stands in its text; the bytes, which may be a key's, are not copied."""

    label: bytes
    body: slice


def _blocks(material: Material) -> list[_Block]:
    """Find the PEM blocks, in one pass over the markers whatever stands between them.

    Raises CandidateError unless every BEGIN has its END, one block after the other.
    """
    blocks = []
    begin: re.Match[bytes] | None = None
    for marker in _MARKER.finditer(material.content):
        if marker["edge"] == b"BEGIN" and begin is None:
            begin = marker
        elif marker["edge"] == b"END" and begin is not None and begin["label"] == marker["label"]:
            blocks.append(_Block(marker["label"], slice(begin.end(), marker.start())))
            begin = None
        else:
            raise _cut_off(material)
    if begin is not None:
        raise _cut_off(material)
    return blocks


def _cut_off(material: Material) -> CandidateError:
    return CandidateError(f"{material.name}: a PEM block in it is cut off")


def _certificate(body: bytes) -> Certificate | None:
    """Parse base64; None where it is no certificate, as it may be a key under a wrong label."""
    try:
        return x509.load(base64.b64decode(b"".join(body.split()), validate=True))
    except (ValueError, TypeError):
        return None


def _leaf(certificates: Sequence[Certificate], public: str | None) -> Certificate:
    """Pick the key's newest certificate; else the first that is no CA; else the first."""
    of_key = [c for c in certificates if c.key_fingerprint == public]
    if of_key:
        return max(of_key, key=lambda c: (c.not_after, c.fingerprint))
    return next((c for c in certificates if not c.is_ca), certificates[0])


def _read_key(material: Material, required: bool) -> tuple[PrivateKey | None, str | None]:
    """Return the key's PEM and its public key's fingerprint, (None, None) if there is none.

    No frame of a traceback from here holds the key as plain bytes.
    """
    key = _key_block(material)
    if key is None:
        if required:
            raise CandidateError(f"{material.name}: no private key in it (a PEM file is expected)")
        return None, None
    if b"ENCRYPTED" in key.encode():
        raise CandidateError(
            f"{material.name}: the private key is encrypted; AWS takes it without a passphrase"
        )
    public = _public_half(key)
    if public is None:
        raise CandidateError(f"{material.name}: the private key cannot be read")
    return key, public


def _key_block(material: Material) -> PrivateKey | None:
    for block in _blocks(material):
        if block.label.endswith(b"PRIVATE KEY"):
            body = b"".join(material.content[block.body].split())
            lines = b"\n".join(body[at : at + _COLUMNS] for at in range(0, len(body), _COLUMNS))
            return PrivateKey(
                b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (block.label, lines, block.label)
            )
    return None


def _public_half(key: PrivateKey) -> str | None:
    """Return the public key's fingerprint; None for a broken key, as OpenSSL may quote it."""
    try:
        return x509.public_key_fingerprint(
            load_pem_private_key(key.encode(), password=None).public_key()
        )
    except Exception:
        return None
