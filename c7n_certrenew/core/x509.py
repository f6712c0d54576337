"""What a certificate says, read once from its X.509 body."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from c7n_certrenew.core.text import disarmed

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import datetime, timedelta

    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_UNREADABLE = (
    UnsupportedAlgorithm,
    KeyError,  # a name of an unknown ASN.1 type, up to cryptography 45
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_EC_STRENGTH = {"secp256r1": 128, "secp384r1": 192, "secp521r1": 256}


@dataclass(frozen=True)
class KeyType:
    """A public key's algorithm (RSA, ECDSA, or the class name) and size or curve."""

    algorithm: str
    size: int
    curve: str = ""

    @property
    def strength(self) -> int:
        """Return bits of security, to compare keys of one algorithm (NIST SP 800-57)."""
        return _EC_STRENGTH.get(self.curve, self.size // 2) if self.curve else self.size

    def __str__(self) -> str:
        return f"{self.algorithm} {self.curve or self.size or ''}".strip()


@dataclass(frozen=True)
class Certificate:
    """One parsed certificate. Dates are aware UTC, fingerprints SHA-256 in hex.

    Text is printable: control characters in it are escaped. `names` are the common name's where
    there are no alternative names (`has_san`); `serves_tls` is what the extended key usage
    allows, `handshakes` what the key usage does.
    """

    subject: str
    issuer: str
    names: frozenset[str]
    has_san: bool
    not_before: datetime
    not_after: datetime
    key: KeyType
    signature_hash: str
    is_ca: bool
    serves_tls: bool
    handshakes: bool
    must_staple: bool
    self_issued: bool
    fingerprint: str
    key_fingerprint: str
    x509: x509.Certificate = field(repr=False, compare=False)

    @property
    def lifetime(self) -> timedelta:
        """Return how long the certificate is valid in all."""
        return self.not_after - self.not_before

    @property
    def pem(self) -> str:
        """Return the certificate as one PEM block with a final newline."""
        return self.x509.public_bytes(Encoding.PEM).decode("ascii")


def load(der: bytes) -> Certificate:
    """Parse one DER certificate. Raises ValueError, for what cryptography cannot read too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            return describe(x509.load_der_x509_certificate(der))
        except _UNREADABLE as error:
            raise ValueError(str(error)) from error


def describe(certificate: x509.Certificate) -> Certificate:
    """Read what a certificate says. Raises ValueError where an extension is malformed."""
    basic = extension(certificate, x509.BasicConstraints)
    usage = extension(certificate, x509.ExtendedKeyUsage)
    feature = extension(certificate, x509.TLSFeature)
    digest = certificate.signature_hash_algorithm
    return Certificate(
        subject=printable(certificate.subject.rfc4514_string()),
        issuer=printable(certificate.issuer.rfc4514_string()),
        names=frozenset(_names(certificate)),
        has_san=extension(certificate, x509.SubjectAlternativeName) is not None,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=_key_type(certificate),
        signature_hash=digest.name if digest else "",
        is_ca=basic is not None and basic.ca,
        serves_tls=usage is None or not _SERVER_USAGES.isdisjoint(usage),
        handshakes=_handshakes(certificate),
        must_staple=feature is not None and x509.TLSFeatureType.status_request in feature,
        self_issued=certificate.subject == certificate.issuer,
        fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        key_fingerprint=public_key_fingerprint(certificate.public_key()),
        x509=certificate,
    )


_SERVER_USAGES = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}


def public_key_fingerprint(key: PublicKeyTypes) -> str:
    """Return the SHA-256 of a public key's SubjectPublicKeyInfo, in hex."""
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(encoded).hexdigest()


def extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    """Return what an extension says, None where the certificate has no such extension."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _handshakes(certificate: x509.Certificate) -> bool:
    """Say whether the key may sign a handshake or, RSA alone, take the client's secret."""
    usage = extension(certificate, x509.KeyUsage)
    if usage is None or usage.digital_signature:
        return True
    return usage.key_encipherment and isinstance(certificate.public_key(), rsa.RSAPublicKey)


def _key_type(certificate: x509.Certificate) -> KeyType:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return KeyType("RSA", key.key_size)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return KeyType("ECDSA", key.key_size, key.curve.name)
    return KeyType(type(key).__name__.strip("_").removesuffix("PublicKey"), 0)


def _names(certificate: x509.Certificate) -> Iterable[str]:
    """Yield DNS names (A-labels, lower case) and addresses; the common name without a SAN."""
    names = extension(certificate, x509.SubjectAlternativeName)
    if names is None:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return [normal_name(printable(str(attribute.value))) for attribute in common]
    dns = (normal_name(printable(name)) for name in names.get_values_for_type(x509.DNSName))
    return [*dns, *(str(ip) for ip in names.get_values_for_type(x509.IPAddress))]


def printable(text: str) -> str:
    r"""Return a text without what could break a line or hide in one: such is escaped.

    >>> print(printable("CN=Shop\nERROR"))
    CN=Shop\nERROR
    """
    return disarmed(
        "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    )


def normal_name(name: str) -> str:
    """Return a name as names are compared: A-labels, lower case, no final dot.

    >>> normal_name("Büro.example.com.")
    'xn--bro-hoa.example.com'
    """
    name = name.lower().rstrip(".")
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def covers(names: Container[str], wanted: str) -> bool:
    """Say whether `names` cover a name; one wildcard stands for exactly one label (RFC 6125).

    >>> covers(["*.example.com"], "api.example.com"), covers(["*.example.com"], "example.com")
    (True, False)
    """
    _, _, parent = wanted.partition(".")
    return wanted in names or f"*.{parent}" in names
