"""TLS contexts of certificates, and the choice of a certificate by server name."""

from __future__ import annotations

import ssl
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .certificates import Material


@dataclass(frozen=True)
class Keys:
    """Hold the keys that a service can serve: RSA up to so many bits, and curves by name."""

    rsa: int
    curves: frozenset[str]

    def hold(self, certificate: str) -> bool:
        """Say whether a certificate's key is among them."""
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        if isinstance(key, rsa.RSAPublicKey):
            return key.key_size <= self.rsa
        return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in self.curves


def server_context(*materials: Material) -> ssl.SSLContext:
    """Make a context without session resumption: each handshake shows the certificate.

    Of several with different kinds of keys OpenSSL serves the one that suits the client. Raises
    ssl.SSLError for a certificate that cannot be served. The key is on disk, in a private
    directory, only while OpenSSL reads it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    for material in materials:
        with tempfile.TemporaryDirectory() as directory:
            bundle = Path(directory) / "bundle.pem"
            parts = (material.private_key, material.certificate, material.chain)
            bundle.write_text("\n".join(part.strip() for part in parts))
            context.load_cert_chain(bundle)
    return context


def best_matches(server_name: str, candidates: Sequence[Material]) -> tuple[Material, ...]:
    """Return the first certificate with the exact name, else with a wildcard for one label.

    It is the first with each kind of key: twins are chosen by what the client takes.
    """
    for wanted in _spellings(server_name):
        named = [c for c in candidates if wanted in names(c.certificate)]
        if named:
            kinds = {_has_rsa_key(c.certificate): c for c in reversed(named)}
            return tuple(kinds.values())
    return ()


@lru_cache(maxsize=4096)
def _has_rsa_key(certificate: str) -> bool:
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    return isinstance(key, rsa.RSAPublicKey)


def covers(valid: frozenset[str], name: str) -> bool:
    """Say whether names of a certificate cover a name, itself or by a wildcard for one label."""
    return any(wanted in valid for wanted in _spellings(name))


def _spellings(name: str) -> tuple[str, str]:
    return name.lower(), "*." + name.lower().partition(".")[2]


@lru_cache(maxsize=4096)
def names(certificate: str) -> frozenset[str]:
    """Return the DNS names of a certificate, the CN where it has no alternative names."""
    parsed = x509.load_pem_x509_certificate(certificate.encode())
    try:
        extension = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        common = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return frozenset(str(attribute.value).lower() for attribute in common)
    return frozenset(n.lower() for n in extension.value.get_values_for_type(x509.DNSName))
