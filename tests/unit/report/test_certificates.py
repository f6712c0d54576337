"""A certificate as JSON: every key, and nothing that does not apply."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

from cryptography.hazmat.primitives.asymmetric import ed25519
from unit.core.certificates import leaf

from c7n_certrenew.core.candidate import Material, assemble
from c7n_certrenew.core.chain import Chain
from c7n_certrenew.core.model import ServerCertificate
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.report.certificates import certificate_shape
from c7n_certrenew.sandbox import Authority, Issued

LINK = {"Subject", "Issuer", "NotAfter"}


def stored(issued: Issued, chain: str) -> Stored:
    """Return a certificate as it is read from IAM."""
    made = assemble(
        Material("cert.pem", issued.certificate.encode()), Material("chain.pem", chain.encode())
    )
    arn = "arn:aws:iam::123456789012:server-certificate/shop"
    return Stored(ServerCertificate("shop", arn, "/", issued.not_after), made.leaf, made.chain)


def test_shape(authority: Authority) -> None:
    """What the certificate says is there, in plain JSON."""
    issued = authority.issue(
        "*.example.com",
        "example.com",
        key="p256",
        ips=["10.0.0.1"],
        not_before=datetime(2026, 4, 1, tzinfo=timezone.utc),
        not_after=datetime(2026, 4, 1, tzinfo=timezone.utc) + timedelta(days=200),
    )
    stranger = Authority("Other").intermediate
    shape = certificate_shape(stored(issued, authority.intermediate + stranger), [])
    assert json.loads(json.dumps(shape)) == shape
    assert {key: shape[key] for key in shape if key not in LINK | {"Chain", "ChainUnrelated"}} == {
        "SerialNumber": shape["SerialNumber"],
        "FingerprintSHA256": issued.fingerprint,
        "CommonName": "*.example.com",
        "DNSNames": ["*.example.com", "example.com"],
        "IPAddresses": ["10.0.0.1"],
        "Wildcard": True,
        "SelfSigned": False,
        "SubjectKeyIdentifier": shape["SubjectKeyIdentifier"],
        "AuthorityKeyIdentifier": shape["AuthorityKeyIdentifier"],
        "NotBefore": "2026-04-01T00:00:00+00:00",
        "LifetimeDays": 200,
        "LifetimeLimitDays": 200,
        "ExceedsLifetimeLimit": True,
        "KeyAlgorithm": "ECDSA",
        "KeySize": 256,
        "Curve": "secp256r1",
        "SignatureAlgorithm": "ecdsa-with-SHA256",
        "SignatureHash": "sha256",
        "IsCA": False,
        "KeyUsage": ["digitalSignature", "keyEncipherment"],
        "ExtendedKeyUsage": ["serverAuth"],
        "MustStaple": False,
        "ChainEnd": "unknown",
    }
    assert (shape["Subject"], shape["Issuer"]) == ("CN=*.example.com", "CN=Example Intermediate")
    [link], [unrelated] = shape["Chain"], shape["ChainUnrelated"]
    assert set(link) == set(unrelated) == LINK
    assert (link["Subject"], unrelated["Subject"]) == (shape["Issuer"], "CN=Other Intermediate")


def test_what_does_not_apply_is_left_out() -> None:
    """An RSA key has no curve, an old certificate no limit; lists are there to be counted."""
    issued = Authority().self_signed("example.com")
    shape = certificate_shape(stored(issued, ""), [])
    assert "Curve" not in shape
    assert shape["IPAddresses"] == shape["Chain"] == shape["ChainUnrelated"] == []
    assert (shape["SelfSigned"], shape["ChainEnd"]) == (True, "self-signed")


def test_key_without_a_size_has_none() -> None:
    """A rule about small keys does not meet a kind of key that has but one size."""
    made = leaf(key=ed25519.Ed25519PrivateKey.generate()).certificate
    kept = ServerCertificate("shop", "arn", "/", made.not_after)
    shape = certificate_shape(Stored(kept, made, Chain()), [])
    assert "KeySize" not in shape
    assert shape["KeyAlgorithm"] == "Ed25519"
