"""Which certificates an application load balancer can serve."""

from __future__ import annotations

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

from .tls import Keys

_KEYS = Keys(rsa=4096, curves=frozenset({"secp256r1", "secp384r1", "secp521r1"}))
_QUALIFIED = re.compile(r"(\*\.)?([\w-]+\.)+[\w-]+")


def suits_application(pem: str) -> bool:
    """Say whether an application load balancer takes a certificate.

    It wants a fully qualified domain name, and an RSA key of up to 4096 bits or one on P-256,
    P-384 or P-521 (AWS guide for Application Load Balancers, SSL certificates).
    """
    certificate = x509.load_pem_x509_certificate(pem.encode())
    return _KEYS.hold(pem) and any(map(_QUALIFIED.fullmatch, _names(certificate)))


def _names(certificate: x509.Certificate) -> list[str]:
    common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    names = [str(name.value) for name in common]
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            names += extension.value.get_values_for_type(x509.DNSName)
    return names
