"""Which certificates an application load balancer can serve."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from c7n_certrenew.sandbox.keys import suits_application


def certificate(key: Any, name: str = "www.example.com", *names: x509.GeneralName) -> str:
    """Return a certificate for a public key, signed by whoever."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])
    builder = (
        x509.CertificateBuilder(subject, subject, key, 1)
        .not_valid_before(dt.datetime(2026, 1, 1))
        .not_valid_after(dt.datetime(2027, 1, 1))
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def rsa_key(bits: int) -> rsa.RSAPublicKey:
    """Return something of the size of an RSA key; nobody has its private part."""
    return rsa.RSAPublicNumbers(65537, (1 << (bits - 1)) + 1).public_key()


def ecdsa_key(curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    """Return a key on a curve."""
    return ec.generate_private_key(curve).public_key()


@pytest.mark.parametrize("bits", [1024, 2048, 3072, 4096])
def test_rsa_of_usual_sizes(bits: int) -> None:
    """RSA keys of up to 4096 bits suit."""
    assert suits_application(certificate(rsa_key(bits)))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_ecdsa_on_usual_curves(curve: ec.EllipticCurve) -> None:
    """P-256, P-384 and P-521 suit."""
    assert suits_application(certificate(ecdsa_key(curve)))


@pytest.mark.parametrize(
    "key",
    [
        rsa_key(4097),
        ecdsa_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ],
    ids=lambda key: type(key).__name__,
)
def test_other_keys(key: Any) -> None:
    """Larger RSA keys, other curves and Edwards keys do not."""
    assert not suits_application(certificate(key))


@pytest.mark.parametrize(
    ("name", "names", "suits"),
    [
        ("*.example.com", (), True),
        ("", (x509.DNSName("example.com"),), True),
        ("shop", (x509.DNSName("shop.example.com"),), True),
        ("shop", (), False),
        ("", (x509.DNSName("shop"),), False),
        ("*example.com", (), False),
    ],
)
def test_a_full_name_is_wanted(name: str, names: tuple[x509.GeneralName, ...], suits: bool) -> None:
    """One name, common or alternative, must be fully qualified."""
    assert suits_application(certificate(ecdsa_key(ec.SECP256R1()), name, *names)) is suits
