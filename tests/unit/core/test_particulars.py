"""What rules ask of a certificate beside what a renewal depends on."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from unit.core.certificates import (
    CLIENT,
    SERVER,
    Issued,
    authority,
    intermediate,
    issue,
    key_usage,
    leaf,
    root,
    rsa_key,
)

from c7n_certrenew.core.chain import Chain, order
from c7n_certrenew.core.particulars import chain_end, particulars


def test_serial_number_and_common_name(shop: Issued) -> None:
    """The serial number is hex, as browsers and OpenSSL show it."""
    found = particulars(shop.certificate)
    assert int(found.serial_number, 16) == shop.certificate.x509.serial_number
    assert found.common_name == "shop.example.com"


def test_names_are_the_alternative_names_alone() -> None:
    """The common name is not among them; addresses are apart; text is printable A-labels."""
    made = leaf("cn.example", names=("B.example", "*.a\n.example"), addresses=("10.0.0.1",))
    found = particulars(made.certificate)
    assert found.dns_names == (r"*.a\n.example", "b.example")
    assert found.ip_addresses == ("10.0.0.1",)
    assert particulars(issue("cn.example", names=()).certificate).dns_names == ()


@pytest.mark.parametrize(
    ("by", "algorithm"),
    [
        (lambda: None, "ecdsa-with-SHA256"),
        (lambda: authority("RSA", key=rsa_key()), "sha256WithRSAEncryption"),
        (lambda: authority("Ed", key=ed25519.Ed25519PrivateKey.generate()), "ed25519"),
    ],
)
def test_signature_algorithms_have_their_names(by: object, algorithm: str) -> None:
    """They are called as OpenSSL prints them."""
    made = issue("a.example", by())  # type: ignore[operator]
    assert particulars(made.certificate).signature_algorithm == algorithm


def test_usages_have_their_names() -> None:
    """Key usages are called as in RFC 5280; an extended one without a name is its number."""
    odd = x509.ObjectIdentifier("1.2.3.4")
    made = leaf(usage=(*SERVER, *CLIENT, odd), extras=(key_usage("digital_signature", "crl_sign"),))
    found = particulars(made.certificate)
    assert found.key_usage == ("digitalSignature", "cRLSign")
    assert found.extended_key_usage == ("serverAuth", "clientAuth", "1.2.3.4")
    assert particulars(leaf(usage=()).certificate).extended_key_usage == ()
    assert particulars(leaf().certificate).key_usage == ()


def test_key_identifiers(shop: Issued) -> None:
    """They are hex, and empty where the certificate has none."""
    body = shop.certificate.x509
    key = x509.SubjectKeyIdentifier.from_public_key(body.public_key())
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(body.public_key())
    nameless = x509.AuthorityKeyIdentifier(None, [x509.DNSName("ca.example")], 1)
    found = particulars(leaf(extras=(key, by)).certificate)
    assert found.subject_key_identifier == found.authority_key_identifier == key.digest.hex()
    found = particulars(leaf(extras=(nameless,)).certificate)
    assert (found.subject_key_identifier, found.authority_key_identifier) == ("", "")


PUBLIC = [root().certificate]


def test_chain_ends_at_the_leaf_itself() -> None:
    """A self-signed certificate has no chain, and a CA's name alone makes none."""
    assert chain_end(issue("a.example").certificate, Chain(), PUBLIC) == "self-signed"
    namesake = issue("Intermediate", intermediate())
    assert chain_end(namesake.certificate, Chain(), []) == "unknown"


def test_chain_ends_at_a_public_root(shop: Issued) -> None:
    """Whether IAM holds the root or only what is below it."""
    below = order(shop.certificate, [intermediate().certificate])
    with_root = order(shop.certificate, [intermediate().certificate, root().certificate])
    assert chain_end(shop.certificate, below, PUBLIC) == "public-root"
    assert chain_end(shop.certificate, with_root, PUBLIC) == "public-root"


def test_chain_ends_at_a_private_root(shop: Issued) -> None:
    """A root that is stored but not public is private; left out it is unknown."""
    chain = order(shop.certificate, [intermediate().certificate, root().certificate])
    assert chain_end(shop.certificate, chain, []) == "private-root"
    assert chain_end(shop.certificate, Chain(chain.intermediates), []) == "unknown"


def test_missing_intermediate_is_unknown(shop: Issued) -> None:
    """A public root that has only the name of the issuer ends no chain."""
    assert chain_end(shop.certificate, Chain(), PUBLIC) == "unknown"
    namesake = authority("Intermediate").certificate
    assert chain_end(shop.certificate, Chain(), [namesake]) == "unknown"
