"""Certificates made on the spot: P-256 keys, a fixed clock, a knob for each preflight check."""

from __future__ import annotations

import ipaddress
from base64 import encodebytes
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from c7n_certrenew.core.x509 import Certificate, describe

NOW = datetime(2026, 6, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
SERVER = (ExtendedKeyUsageOID.SERVER_AUTH,)
CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)

Private: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Issued:
    """A certificate; its private key too, unless it was made for a public key alone."""

    certificate: Certificate
    key: Private | None = field(repr=False)

    @property
    def pem(self) -> bytes:
        """Return the certificate as PEM."""
        return self.certificate.pem.encode()

    def key_pem(
        self, form: PrivateFormat = PrivateFormat.PKCS8, passphrase: bytes | None = None
    ) -> bytes:
        """Return the private key as PEM."""
        assert self.key is not None
        lock: KeySerializationEncryption = NoEncryption()
        if passphrase:
            lock = BestAvailableEncryption(passphrase)
        return self.key.private_bytes(Encoding.PEM, form, lock)


def block(label: str, content: bytes) -> bytes:
    """Write a PEM block."""
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (
        label.encode(),
        encodebytes(content),
        label.encode(),
    )


def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """Make a key on a curve: microseconds."""
    return ec.generate_private_key(curve())


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    """Make the session's one RSA key."""
    return rsa.generate_private_key(65537, 2048)


def rsa_public(bits: int) -> rsa.RSAPublicKey:
    """Return a number of this size that passes for a public key: nobody holds the private one."""
    return rsa.RSAPublicNumbers(65537, 2 ** (bits - 1) + 1).public_key()


def issue(
    name: str,
    by: Issued | None = None,
    *,
    key: Any = None,
    names: tuple[str, ...] | None = None,
    addresses: tuple[str, ...] = (),
    start: timedelta = -DAY,
    end: timedelta = 89 * DAY,
    ca: bool = False,
    usage: tuple[x509.ObjectIdentifier, ...] = SERVER,
    staple: bool = False,
    extras: tuple[x509.ExtensionType, ...] = (),
    path_length: int | None = None,
) -> Issued:
    """Make a certificate, self-signed unless `by` signs it.

    `names` are its DNS names, `name` alone unless given; the empty tuple leaves the extension
    out. `key` may be a public key. `extras` are further extensions, critical. `start` and
    `end` count from NOW.
    """
    key = key or ec_key()
    public = key.public_key() if hasattr(key, "public_key") else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.x509.subject if by else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + start)
        .not_valid_after(NOW + end)
        .add_extension(x509.BasicConstraints(ca, path_length), critical=True)
    )
    alternatives = _alternatives((name,) if names is None else names, addresses)
    if alternatives and not ca:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    if usage and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    if staple:
        feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
        builder = builder.add_extension(feature, critical=False)
    for extra in extras:
        builder = builder.add_extension(extra, critical=True)
    signer: Any = by.key if by else key
    digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    private = None if key is public else key
    return Issued(describe(builder.sign(signer, digest)), private)


def key_usage(*uses: str) -> x509.KeyUsage:
    """Return a key usage that allows these alone, such as `digital_signature`."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{use: use in uses for use in every})


def _alternatives(names: tuple[str, ...], addresses: tuple[str, ...]) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in names),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
    ]


def authority(name: str, by: Issued | None = None, **knobs: Any) -> Issued:
    """Make a CA that lives ten years."""
    knobs = {"start": -365 * DAY, "end": 3285 * DAY, **knobs}
    return issue(name, by, ca=True, **knobs)


@cache
def root() -> Issued:
    """Return the root that the tests trust."""
    return authority("Root")


@cache
def intermediate() -> Issued:
    """Return the intermediate that issues the leaves."""
    return authority("Intermediate", root())


def leaf(name: str = "shop.example.com", **knobs: Any) -> Issued:
    """Make a server certificate of the intermediate."""
    return issue(name, knobs.pop("by", intermediate()), **knobs)
