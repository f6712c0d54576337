"""A renewed certificate as it was found: normalised, its key in memory only."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from c7n_certrenew.core import x509
from c7n_certrenew.core.chain import Chain, order
from c7n_certrenew.core.secret import PrivateKey
from c7n_certrenew.core.x509 import Certificate

_BLOCK = re.compile(
    rb"-----BEGIN (?P<label>[A-Z0-9 ]+)-----(?P<body>[^-]*)-----END (?P=label)-----"
)
_CERTIFICATES = {b"CERTIFICATE", b"X509 CERTIFICATE"}
_KEY = re.compile(
    rb"-----BEGIN (?P<label>(?:[A-Z0-9]+ )*PRIVATE KEY)-----.*?-----END (?P=label)-----", re.DOTALL
)


class CandidateError(Exception):
    """Material that is no certificate with its key; the message says what and where."""


@dataclass(frozen=True)
class Candidate:
    """A certificate that could replace another.

    `private_key` is None where the key was not looked at; `origin` says where it came from.
    """

    leaf: Certificate
    chain: Chain
    origin: str
    private_key: PrivateKey | None = None
    key_matches: bool | None = None

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
    """What one file (or object, or secret) holds, and the name errors call it by."""

    name: str
    content: bytes = field(repr=False)


def assemble(
    certificate: Material, chain: Material | None = None, key: Material | None = None
) -> Candidate:
    """Build a candidate from PEM, repairing what can be repaired without guessing.

    Text around the blocks and CRLF are dropped, certificates are split and ordered by issuer,
    the root and repetitions are left out; `certificate` may be a bundle with the key in it.
    Raises CandidateError.
    """
    certificates = read_certificates(certificate)
    if not certificates:
        raise CandidateError(f"{certificate.name}: no certificate in it (a PEM file is expected)")
    others = read_certificates(chain) if chain else []
    if chain and not others and chain.content.strip():
        raise CandidateError(f"{chain.name}: no certificate in it (a PEM file is expected)")
    private_key, public = _read_key(key or certificate, required=key is not None)
    leaf = _leaf(certificates, public)
    return Candidate(
        leaf=leaf,
        chain=order(leaf, [*certificates, *others]),
        origin=certificate.name,
        private_key=private_key,
        key_matches=public == leaf.key_fingerprint if public else None,
    )


def without_key(candidate: Candidate) -> Candidate:
    """Return the candidate as a plan may keep it: whether the key fits is known, the key not."""
    return replace(candidate, private_key=None)


def read_certificates(material: Material) -> list[Certificate]:
    """Parse every certificate in a PEM text. Raises CandidateError for a broken one."""
    return [
        _certificate(material.name, position, body)
        for position, (label, body) in enumerate(_blocks(material.content), start=1)
        if label in _CERTIFICATES
    ]


def _blocks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    for block in _BLOCK.finditer(content):
        yield block["label"], block["body"]


def _certificate(name: str, position: int, body: bytes) -> Certificate:
    try:
        return x509.load(base64.b64decode(b"".join(body.split()), validate=True))
    except (ValueError, binascii.Error, TypeError) as error:
        raise CandidateError(f"{name}: PEM block {position} is not a certificate") from error


def _leaf(certificates: Sequence[Certificate], public: str | None) -> Certificate:
    """Pick the certificate of the key; else the first that is no CA; else the first."""
    for certificate in certificates:
        if certificate.key_fingerprint == public:
            return certificate
    return next((c for c in certificates if not c.is_ca), certificates[0])


def _read_key(material: Material, required: bool) -> tuple[PrivateKey | None, str | None]:
    """Return the key's PEM and its public key's fingerprint, (None, None) if there is none."""
    block = _KEY.search(material.content)
    if block is None:
        if required:
            raise CandidateError(f"{material.name}: no private key in it (a PEM file is expected)")
        return None, None
    if b"ENCRYPTED" in block[0]:
        raise CandidateError(
            f"{material.name}: the private key is encrypted; AWS takes it without a passphrase"
        )
    lines = block[0].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        public = load_pem_private_key(lines, password=None).public_key()
    except Exception:  # what OpenSSL says of a broken key may quote it
        raise CandidateError(f"{material.name}: the private key cannot be read") from None
    return PrivateKey(lines.decode("ascii") + "\n"), x509.public_key_fingerprint(public)

