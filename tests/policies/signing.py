"""Certificates with any key, signature, name and date. Who signs them is a name.

Nothing of it is served, so that a certificate's key is its public half alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from functools import cache, partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

EVER = (datetime(2000, 1, 1, tzinfo=timezone.utc), datetime(2049, 12, 31, tzinfo=timezone.utc))
"""How long authorities last."""

_CURVES: Mapping[str, type[ec.EllipticCurve]] = {
    "P-224": ec.SECP224R1,
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
    "secp256k1": ec.SECP256K1,
}
_OLD: Mapping[str, tuple[bytes, hashes.HashAlgorithm]] = {
    "md5": (b"\x04", hashes.MD5()),
    "sha1": (b"\x05", hashes.SHA1()),
}
"""Digests that nothing signs with any more, and how 1.2.840.113549.1.1 ends then (RFC 8017)."""
_WITH_RSA, _SHA256 = bytes.fromhex("2a864886f70d0101"), b"\x0b"
_DIGESTS = {
    one.name: one for one in (hashes.SHA224(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())
}


def _rsa(bits: int) -> rsa.RSAPublicKey:
    """Return a key that nobody can sign with: any odd number is one."""
    return rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 1).public_key()


@cache
def _on(curve: str) -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(_CURVES[curve]()).public_key()


PUBLIC_KEYS: Mapping[str, Callable[[], Any]] = {
    **{f"RSA {bits}": partial(_rsa, bits) for bits in (1024, 2047, 2048, 3072, 4096)},
    **{curve: partial(_on, curve) for curve in _CURVES},
    "Ed25519": lambda: ed25519.Ed25519PrivateKey.generate().public_key(),
}
"""What a certificate may be for."""


@cache
def signing_key(name: str) -> Any:
    """Return the key that an authority signs with; an RSA key if its name ends so."""
    if name.endswith("RSA"):
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1())


@cache
def authority(name: str, by: str, end: datetime = EVER[1]) -> x509.Certificate:
    """Return the certificate of an authority, a root where it signs itself."""
    key = signing_key(name).public_key()
    return signed(name, by, key, (EVER[0], end), [x509.BasicConstraints(True, None)])


def signed(
    name: str,
    by: str,
    key: Any,
    dates: tuple[datetime, datetime],
    extensions: Iterable[x509.ExtensionType],
    digest: str = "sha256",
) -> x509.Certificate:
    """Issue a certificate; with an old digest by an authority that has an RSA key."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(by))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(dates[0])
        .not_valid_after(dates[1])
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(signing_key(by), _DIGESTS.get(digest, hashes.SHA256()))
    return _again(made, signing_key(by), digest) if digest in _OLD else made


def _again(made: x509.Certificate, key: rsa.RSAPrivateKey, digest: str) -> x509.Certificate:
    """Sign with a digest that cryptography's builder refuses; nothing changes its length."""
    number, algorithm = _OLD[digest]
    der = made.public_bytes(Encoding.DER).replace(_WITH_RSA + _SHA256, _WITH_RSA + number)
    body = x509.load_der_x509_certificate(der).tbs_certificate_bytes
    signature = key.sign(body, PKCS1v15(), algorithm)
    return x509.load_der_x509_certificate(der[: -len(signature)] + signature)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pem(certificate: x509.Certificate) -> str:
    """Return a certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()
