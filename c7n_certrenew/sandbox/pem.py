"""Judge an upload as IAM does: PEM form, chain order, key, validity."""

from __future__ import annotations

import datetime as dt
import re

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization

from .errors import AwsError

_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----\n*")
_CHAIN_ORDER = (
    "Unable to validate certificate chain. The certificate chain must start with the immediate "
    "signing certificate, followed by any intermediaries in order. "
    "The index within the chain of the invalid certificate is: {index}"
)


def malformed(message: str) -> AwsError:
    """Make the MalformedCertificate answer (botocore model iam.UploadServerCertificate)."""
    return AwsError("MalformedCertificate", message)


def checked_upload(
    body: str, private_key: str, chain: str | None, now: dt.datetime
) -> x509.Certificate:
    """Return the parsed leaf of an upload that IAM accepts.

    Raises MalformedCertificate for text before a PEM block, CRLF, several certificates in the
    body, a chain out of order, with the leaf or the root in it, an encrypted or unreadable key,
    and a certificate not valid now; KeyPairMismatch for another's key (AWS row 7).
    """
    leaf = _leaf(body)
    _check_key(leaf, private_key)
    _check_chain(leaf, _certificates(chain) if chain else [])
    if now >= leaf.not_valid_after_utc:
        raise malformed("Certificate is no longer valid. The 'Not After' date has passed.")
    if now < leaf.not_valid_before_utc:
        raise malformed("Certificate is not valid yet. The 'Not Before' date has not passed.")
    return leaf


def _leaf(body: str) -> x509.Certificate:
    certificates = _certificates(body)
    if len(certificates) != 1:
        raise malformed("The certificate body must hold one certificate and nothing else.")
    return certificates[0]


def _certificates(text: str) -> list[x509.Certificate]:
    blocks = _BLOCK.findall(text)
    if "".join(blocks) != text:
        raise malformed("Unable to parse certificate. Please ensure it is in PEM format.")
    try:
        return [x509.load_pem_x509_certificate(block.encode()) for block in blocks]
    except ValueError as error:
        raise malformed("Unable to parse certificate.") from error


def _check_key(leaf: x509.Certificate, private_key: str) -> None:
    try:
        key = serialization.load_pem_private_key(private_key.encode(), None)
    except (TypeError, ValueError) as error:
        raise malformed("Invalid private key: it must be an unencrypted PEM key.") from error
    if _spki(key.public_key()) != _spki(leaf.public_key()):
        raise AwsError(
            "KeyPairMismatch", "The public key of the certificate is not that of the private key."
        )


def _spki(key: object) -> bytes:
    encode = key.public_bytes  # type: ignore[attr-defined]  # every public key type has it
    der = serialization.Encoding.DER
    return bytes(encode(der, serialization.PublicFormat.SubjectPublicKeyInfo))


def _check_chain(leaf: x509.Certificate, chain: list[x509.Certificate]) -> None:
    below = leaf
    for index, certificate in enumerate(chain):
        if certificate.issuer == certificate.subject or not _issued_by(below, certificate):
            raise malformed(_CHAIN_ORDER.format(index=index))
        below = certificate


def _issued_by(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True
