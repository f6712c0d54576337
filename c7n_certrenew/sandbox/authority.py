"""Certificate authorities and certificates for tests and demonstrations, made when needed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

KEYS: dict[str, Callable[[], Key]] = {
    "rsa1024": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505 (to be refused)
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "rsa4096": lambda: rsa.generate_private_key(65537, 4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
}


_BETWEEN = "# issues\n"


@dataclass(frozen=True)
class Issued:
    """Hold one certificate with its key and chain as PEM text (LF, trailing newline)."""

    certificate: str
    private_key: str
    chain: str
    root: str
    not_before: dt.datetime
    not_after: dt.datetime
    fingerprint: str

    def write(self, directory: Path) -> None:
        """Write cert.pem, key.pem (mode 0600) and chain.pem into a directory, made if missing."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "cert.pem").write_text(self.certificate)
        (directory / "chain.pem").write_text(self.chain)
        _write_private(directory / "key.pem", self.private_key)


@dataclass(frozen=True)
class _Signer:
    certificate: x509.Certificate
    key: Key

    @classmethod
    def of(cls, text: str) -> _Signer:
        found = x509.load_pem_x509_certificate(text.encode())
        return cls(found, _key(text[text.index("-----BEGIN PRIVATE") :]))

    @property
    def text(self) -> str:
        return _pem(self.certificate) + _private_pem(self.key)


class Authority:
    """Be a private authority: a root, one intermediate, and what the intermediate issues.

    The authority's own keys are P-256, which is quick to make; the certificates it issues have
    any key named in ``KEYS``. Nothing is written to disk but by :meth:`write`.
    """

    def __init__(self, name: str = "Example") -> None:
        now = _now()
        self._root = _authority(f"{name} Root", None, now, path_length=1)
        self._intermediate = _authority(f"{name} Intermediate", self._root, now, path_length=0)

    @classmethod
    def read(cls, path: Path) -> Authority:
        """Return the authority that was written to a file. Raises OSError without one."""
        kept = cls.__new__(cls)
        blocks = path.read_text().split(_BETWEEN)
        kept._root, kept._intermediate = (_Signer.of(block) for block in blocks)
        return kept

    def write(self, path: Path) -> None:
        """Write both certificates with their keys into one file (mode 0600)."""
        blocks = (self._root.text, self._intermediate.text)
        _write_private(path, _BETWEEN.join(blocks))

    @property
    def root(self) -> str:
        """Return the root certificate as PEM."""
        return _pem(self._root.certificate)

    @property
    def intermediate(self) -> str:
        """Return the intermediate certificate as PEM."""
        return _pem(self._intermediate.certificate)

    def issue(
        self,
        *names: str,
        days: float = 90,
        age: float = 0,
        not_before: dt.datetime | None = None,
        not_after: dt.datetime | None = None,
        key: str = "rsa2048",
        ca: bool = False,
        server_auth: bool = True,
        chain: bool = True,
        must_staple: bool = False,
        ips: Iterable[str] = (),
    ) -> Issued:
        """Issue a certificate; the first name is the CN, all names become DNS SANs.

        It is valid for `days` from now and became valid `age` days ago. With negative `days` it
        is expired, and `age` (or 30) is the days it lived. `key` is a name in ``KEYS`` or the PEM
        of a key to use again. With ``chain=False`` the root itself issues it, without a chain.
        """
        signer = self._intermediate if chain else self._root
        validity = _validity(days, age, not_before, not_after)
        extensions = _leaf_extensions(names, ips, ca, server_auth, must_staple)
        leaf = _sign(names[0], _key(key), signer, validity, extensions)
        return _issued(leaf, self.intermediate if chain else "", self.root)

    def self_signed(self, *names: str, days: float = 90, key: str = "rsa2048") -> Issued:
        """Issue a certificate that is its own issuer and so has no chain."""
        extensions = _leaf_extensions(names, (), False, True, False)
        leaf = _sign(names[0], _key(key), None, _validity(days, 0, None, None), extensions)
        return _issued(leaf, "", _pem(leaf.certificate))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc).replace(microsecond=0)


def _key(key: str) -> Key:
    if not key.startswith("-----BEGIN"):
        return KEYS[key]()
    loaded = serialization.load_pem_private_key(key.encode(), None)
    assert isinstance(loaded, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    return loaded


def _validity(
    days: float, age: float, not_before: dt.datetime | None, not_after: dt.datetime | None
) -> tuple[dt.datetime, dt.datetime]:
    end = not_after or _now() + dt.timedelta(days=days)
    expired_start = end - dt.timedelta(days=age or 30)
    start = expired_start if days < 0 else _now() - dt.timedelta(days=age)
    return not_before or start, end


def _leaf_extensions(
    names: Iterable[str], ips: Iterable[str], ca: bool, server_auth: bool, must_staple: bool
) -> list[tuple[x509.ExtensionType, bool]]:
    usage = ExtendedKeyUsageOID.SERVER_AUTH if server_auth else ExtendedKeyUsageOID.CLIENT_AUTH
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    alternatives += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectAlternativeName(alternatives), False),
        (x509.BasicConstraints(ca=ca, path_length=None), True),
        (x509.ExtendedKeyUsage([usage]), False),
        (_key_usage(signs_certificates=ca), True),
    ]
    if must_staple:
        extensions.append((x509.TLSFeature([x509.TLSFeatureType.status_request]), False))
    return extensions


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not signs_certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(name: str, signer: _Signer | None, now: dt.datetime, path_length: int) -> _Signer:
    validity = (now - dt.timedelta(days=3650), now + dt.timedelta(days=3650))
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_key_usage(signs_certificates=True), True),
    ]
    return _sign(name, _key("p256"), signer, validity, extensions)


def _sign(
    name: str,
    key: Key,
    signer: _Signer | None,
    validity: tuple[dt.datetime, dt.datetime],
    extensions: list[tuple[x509.ExtensionType, bool]],
) -> _Signer:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    issuer_key = signer.key if signer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity[0])
        .not_valid_after(validity[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return _Signer(builder.sign(issuer_key, hashes.SHA256()), key)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private_pem(key: Key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as stream:
        stream.write(text)


def _issued(leaf: _Signer, chain: str, root: str) -> Issued:
    return Issued(
        certificate=_pem(leaf.certificate),
        private_key=_private_pem(leaf.key),
        chain=chain,
        root=root,
        not_before=leaf.certificate.not_valid_before_utc,
        not_after=leaf.certificate.not_valid_after_utc,
        fingerprint=leaf.certificate.fingerprint(hashes.SHA256()).hex(),
    )
