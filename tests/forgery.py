"""Certificates as an attacker makes them: signed by anybody, of anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from c7n_certrenew.sandbox import Issued

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Signer:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def served(self, *chain: Signer) -> Issued:
        """Return the certificate as files hold it, with these issuers."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Issued(
            certificate=self.pem,
            private_key=key.decode(),
            chain="".join(one.pem for one in chain),
            root=chain[-1].pem if chain else self.pem,
            not_before=self.certificate.not_valid_before_utc,
            not_after=self.certificate.not_valid_after_utc,
            fingerprint=self.certificate.fingerprint(hashes.SHA256()).hex(),
        )


def make(
    subject: str,
    by: Signer | None = None,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    names: tuple[Any, ...] = (),
    ca: bool = False,
    path_length: int | None = None,
    start: float = -1,
    end: float = 90,
    signs: bool = True,
    extras: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Signer:
    """Make a certificate, its own issuer unless `by` signs it; `start` and `end` are days from now.

    `names` are DNS names, or general names as they are. A CA without `signs` may not sign
    certificates by its key usage. `extras` are further extensions and whether they are critical.
    """
    key, now = key or ec.generate_private_key(ec.SECP256R1()), datetime.now(timezone.utc)
    issuer = by or Signer(None, key)  # type: ignore[arg-type]
    kind = NameOID.COMMON_NAME if len(subject) <= 64 else NameOID.ORGANIZATION_NAME
    name = x509.Name([x509.NameAttribute(kind, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start * DAY)
        .not_valid_after(now + end * DAY)
        .add_extension(x509.BasicConstraints(ca, path_length), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False
        )
        .add_extension(_usage(ca and signs, not ca), critical=True)
    )
    if not ca:
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(server, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(_general(names)), False)
    for extra, critical in extras:
        builder = builder.add_extension(extra, critical)
    return Signer(builder.sign(issuer.key, hashes.SHA256()), key)


def _general(names: tuple[Any, ...]) -> list[x509.GeneralName]:
    return [name if isinstance(name, x509.GeneralName) else x509.DNSName(name) for name in names]


def _usage(signs: bool, handshakes: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    return x509.KeyUsage(
        digital_signature=handshakes or not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
        **no,
    )


def authority(subject: str, by: Signer | None = None, **knobs: Any) -> Signer:
    """Make a CA that lives ten years, unless the knobs say otherwise."""
    return make(subject, by, ca=True, **{"start": -3650, "end": 3650, **knobs})


@cache
def root() -> Signer:
    """Return the root that clients trust."""
    return authority("True Root")


@cache
def intermediate() -> Signer:
    """Return the intermediate that issued what is served."""
    return authority("True Intermediate", root(), path_length=0)


@cache
def hostile() -> Signer:
    """Return the attacker's own root, which is called like the true one."""
    return authority("True Root")
