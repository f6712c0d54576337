"""What ACM shows of a certificate's text (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    import datetime as dt

KEY_ALGORITHMS = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)
"""What ACM imports (ACM guide, "Prerequisites for importing ACM certificates")."""

CLIENT_AUTHENTICATION = "TLS_WEB_CLIENT_AUTHENTICATION"
_USAGES = {
    "digital_signature": "DIGITAL_SIGNATURE",
    "content_commitment": "NON_REPUDIATION",
    "key_encipherment": "KEY_ENCIPHERMENT",
    "data_encipherment": "DATA_ENCIPHERMENT",
    "key_agreement": "KEY_AGREEMENT",
    "key_cert_sign": "CERTIFICATE_SIGNING",
    "crl_sign": "CRL_SIGNING",
}
_EXTENDED = {
    ExtendedKeyUsageOID.SERVER_AUTH: "TLS_WEB_SERVER_AUTHENTICATION",
    ExtendedKeyUsageOID.CLIENT_AUTH: CLIENT_AUTHENTICATION,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE: "ANY",
}
_CURVES = {"secp256r1": "prime256v1"}
_DOMAIN = re.compile(r"(\*\.)?([\w-]+\.)+[\w-]+", re.ASCII)


@dataclass(frozen=True)
class Facts:
    """Hold a certificate's values, spelled as botocore's model acm.CertificateDetail has them."""

    names: tuple[str, ...]
    serial: str
    subject: str
    issuer: str
    not_before: dt.datetime
    not_after: dt.datetime
    key_algorithm: str
    signature_algorithm: str
    key_usages: tuple[str, ...]
    extended_key_usages: tuple[tuple[str, str], ...]


@lru_cache(maxsize=4096)
def facts(pem: str) -> Facts:
    """Read a certificate; raises ValueError for text that is none."""
    found = x509.load_pem_x509_certificate(pem.encode())
    key = "ECDSA" if isinstance(found.signature_algorithm_parameters, ec.ECDSA) else "RSA"
    digest = found.signature_hash_algorithm
    return Facts(
        names=tuple(dict.fromkeys(_names(found))),
        serial=found.serial_number.to_bytes(20, "big").lstrip(b"\0").hex(":"),
        subject=found.subject.rfc4514_string(),
        issuer=_issuer(found.issuer),
        not_before=found.not_valid_before_utc,
        not_after=found.not_valid_after_utc,
        key_algorithm=_key_algorithm(found),
        signature_algorithm=f"{digest.name.upper() if digest else ''}WITH{key}",
        key_usages=tuple(_usages(found)),
        extended_key_usages=tuple(_extended(found)),
    )


def _names(found: x509.Certificate) -> list[str]:
    """Return the CN, where it is a domain name, and the alternative names."""
    common = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names = [str(name.value) for name in common if _DOMAIN.fullmatch(str(name.value))]
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return names
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return [*names, *extension.value.get_values_for_type(x509.DNSName), *map(str, addresses)]


def _issuer(name: x509.Name) -> str:
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            return str(attribute.value)
    return ""


def _key_algorithm(found: x509.Certificate) -> str:
    key = found.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA_{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC_{_CURVES.get(key.curve.name, key.curve.name)}"
    return type(key).__name__


def _usages(found: x509.Certificate) -> list[str]:
    try:
        usage = found.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return []
    return [name for attribute, name in _USAGES.items() if getattr(usage, attribute)]


def _extended(found: x509.Certificate) -> list[tuple[str, str]]:
    try:
        usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return []
    return [(_EXTENDED.get(oid, "CUSTOM"), oid.dotted_string) for oid in usage]
