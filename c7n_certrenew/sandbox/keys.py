"""Which certificates an application load balancer can serve."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

_RSA = frozenset({1024, 2048, 3072, 4096})
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_QUALIFIED = re.compile(r"(\*\.)?([\w-]+\.)+[\w-]+")


def suits_application(pem: str) -> bool:
    """Say whether an application load balancer takes a certificate.

    It wants a fully qualified domain name, and an RSA key of up to 4096 bits or one on P-256,
    P-384 or P-521 (AWS guide for Application Load Balancers, SSL certificates).
    """
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return _has_key(certificate) and any(map(_QUALIFIED.fullmatch, _names(certificate)))


def _has_key(certificate: x509.Certificate) -> bool:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size in _RSA
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)


def _names(certificate: x509.Certificate) -> list[str]:
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names = [str(name.value) for name in common]
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names += extension.value.get_values_for_type(x509.DNSName)
    return names
