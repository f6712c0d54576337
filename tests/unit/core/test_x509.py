"""What a certificate says."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from unit.core.certificates import (
    CLIENT,
    DAY,
    NOW,
    SERVER,
    Issued,
    ec_key,
    intermediate,
    issue,
    key_usage,
    leaf,
    root,
    rsa_key,
    rsa_public,
)

from c7n_certrenew.core.x509 import (
    Certificate,
    KeyType,
    covers,
    load,
    normal_name,
    printable,
    public_key_fingerprint,
)


def reloaded(one: Issued) -> Certificate:
    """Go through DER, as every certificate from outside does."""
    return load(one.certificate.x509.public_bytes(Encoding.DER))


def test_the_fields_of_a_certificate(shop: Issued) -> None:
    """Dates are aware UTC, names are RFC 4514, fingerprints are SHA-256 in hex."""
    read = reloaded(shop)
    assert (read.subject, read.issuer) == ("CN=shop.example.com", "CN=Intermediate")
    assert (read.not_before, read.not_after) == (NOW - DAY, NOW + 89 * DAY)
    assert read.not_after.utcoffset() == 0 * DAY
    assert read.lifetime == 90 * DAY
    assert read.names == {"shop.example.com"}
    assert read.signature_hash == "sha256"
    assert len(read.fingerprint) == len(read.key_fingerprint) == 64
    assert not any((read.is_ca, read.must_staple, read.self_issued))
    assert read == shop.certificate
    assert x509.load_pem_x509_certificate(read.pem.encode()) == shop.certificate.x509


def test_what_a_ca_says() -> None:
    """A root is a CA and its own issuer, an intermediate a CA of another."""
    assert (root().certificate.is_ca, root().certificate.self_issued) == (True, True)
    assert (intermediate().certificate.is_ca, intermediate().certificate.self_issued) == (
        True,
        False,
    )


def test_the_key_fingerprint_is_that_of_the_private_key(shop: Issued) -> None:
    """The fingerprint read from a certificate and from its private key are the same."""
    public = load_pem_private_key(shop.key_pem(), None).public_key()
    assert public_key_fingerprint(public) == shop.certificate.key_fingerprint
    assert public_key_fingerprint(ec_key().public_key()) != shop.certificate.key_fingerprint


@pytest.mark.parametrize(
    ("key", "kind", "text"),
    [
        (ec_key(), KeyType("ECDSA", 256, "secp256r1"), "ECDSA secp256r1"),
        (ec_key(ec.SECP384R1), KeyType("ECDSA", 384, "secp384r1"), "ECDSA secp384r1"),
        (rsa_key(), KeyType("RSA", 2048), "RSA 2048"),
        (rsa_public(3072), KeyType("RSA", 3072), "RSA 3072"),
        (ed25519.Ed25519PrivateKey.generate(), KeyType("Ed25519", 0), "Ed25519"),
    ],
)
def test_key_types(key: object, kind: KeyType, text: str) -> None:
    """Algorithm, size and curve are told apart, and printed as people write them."""
    found = leaf(key=key).certificate.key
    assert found == kind
    assert str(found) == text


def test_strength_compares_keys_of_one_algorithm() -> None:
    """Longer keys and larger curves are stronger."""
    curves = ("secp256r1", "secp384r1", "secp521r1")
    strengths = [KeyType("ECDSA", 0, curve).strength for curve in curves]
    assert strengths == [128, 192, 256]
    assert KeyType("ECDSA", 224, "secp224r1").strength < 128
    assert KeyType("RSA", 2048).strength < KeyType("RSA", 3072).strength


@pytest.mark.parametrize(
    ("usage", "serves"),
    [
        (SERVER, True),
        ((), True),
        ((ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,), True),
        (CLIENT, False),
        ((*CLIENT, *SERVER), True),
    ],
)
def test_serves_tls(usage: tuple[x509.ObjectIdentifier, ...], serves: bool) -> None:
    """A certificate without extended key usage may serve, one for clients alone may not."""
    assert leaf(usage=usage).certificate.serves_tls is serves


@pytest.mark.parametrize(
    ("uses", "elliptic", "rsa"),
    [
        (("digital_signature",), True, True),
        (("digital_signature", "key_encipherment"), True, True),
        (("key_encipherment",), False, True),
        (("key_agreement",), False, False),
        (("key_cert_sign", "crl_sign"), False, False),
    ],
)
def test_handshakes(uses: tuple[str, ...], elliptic: bool, rsa: bool) -> None:
    """A key signs the handshake; an RSA key may be encrypted to instead."""
    extras = (key_usage(*uses),)
    assert leaf(extras=extras).certificate.handshakes is elliptic
    assert leaf(key=rsa_key(), extras=extras).certificate.handshakes is rsa
    assert leaf().certificate.handshakes


def test_has_san() -> None:
    """It is known whether the names are alternative names or the common name."""
    assert leaf().certificate.has_san
    assert not leaf(names=()).certificate.has_san


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CN=My Shop,O=Bücher", "CN=My Shop,O=Bücher"),
        ("a\nb\r\tc\0", r"a\nb\r\tc\x00"),
        ("\x1b[31m", r"\x1b[31m"),
        ("a\x85b\u2028c", r"a\x85b\u2028c"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("##[error]", r"#\x23[error]"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    """Nothing breaks a line or changes how it is shown; letters of any language stay."""
    assert printable(text) == shown


def test_what_a_certificate_says_is_printable() -> None:
    """Subject, issuer and names of a hostile certificate stay on their line."""
    evil = issue("Evil\nERROR")
    read = issue("a\x1b[2J", evil, names=("a\0b.example",)).certificate
    assert (read.subject, read.issuer) == (r"CN=a\x1b[2J", r"CN=Evil\nERROR")
    assert read.names == {r"a\x00b.example"}
    assert issue("a\nb", names=()).certificate.names == {r"a\nb"}


def test_must_staple() -> None:
    """The TLS feature `status_request` is must-staple."""
    assert leaf(staple=True).certificate.must_staple


@pytest.mark.parametrize(
    ("name", "names", "addresses", "expected"),
    [
        ("a.example", ("B.Example", "c.example."), (), {"b.example", "c.example"}),
        ("a.example", (), (), {"a.example"}),
        ("A.example.", (), (), {"a.example"}),
        ("bücher.example", (), (), {"xn--bcher-kva.example"}),
        ("a.example", ("xn--bcher-kva.example",), (), {"xn--bcher-kva.example"}),
        ("a.example", (), ("10.0.0.1",), {"10.0.0.1"}),
        ("a.example", ("*.example",), ("2001:DB8:0::1",), {"*.example", "2001:db8::1"}),
    ],
)
def test_names(
    name: str, names: tuple[str, ...], addresses: tuple[str, ...], expected: set[str]
) -> None:
    """The common name counts only where there are no alternative names; all are normal."""
    assert issue(name, names=names, addresses=addresses).certificate.names == expected


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("Shop.Example.", "shop.example"),
        ("*.BÜCHER.example", "*.xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("10.0.0.1", "10.0.0.1"),
        ("My Shop", "my shop"),
        ("ü" * 64, "ü" * 64),
        ("ü..example", "ü..example"),
        ("", ""),
    ],
)
def test_normal_names(name: str, normal: str) -> None:
    """Names are compared as lower-case A-labels; what has none stays as it is."""
    assert normal_name(name) == normal


@pytest.mark.parametrize(
    ("names", "wanted", "covered"),
    [
        (["shop.example.com"], "shop.example.com", True),
        (["*.example.com"], "shop.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "a.shop.example.com", False),
        (["*.example.com"], "*.example.com", True),
        (["*.com"], "*.example.com", False),
        (["*.example.com"], "*.shop.example.com", False),
        (["shop.example.com"], "*.example.com", False),
        (["s*.example.com"], "shop.example.com", False),
        (["*.example.com"], "shopexample.com", False),
        (["*"], "localhost", False),
        (["10.0.0.1"], "10.0.0.1", True),
        (["10.0.0.1"], "10.0.0.2", False),
        ([], "shop.example.com", False),
        (["a.example", "b.example"], "b.example", True),
    ],
)
def test_covers(names: list[str], wanted: str, covered: bool) -> None:
    """One wildcard stands for exactly one label, and for no part of one."""
    assert covers(names, wanted) is covered


@pytest.mark.parametrize("der", [b"\x30", b"\x30\x00", b"junk", b"\x30\x82\xff\xff"])
def test_what_is_no_certificate(der: bytes) -> None:
    """Anything else is a ValueError."""
    with pytest.raises(ValueError, match="parsing"):
        load(der)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a003020102", "a003020107", "not a valid X509 version"),
        ("06072a8648ce3d0201", "06072a8648ce3d027f", "key type"),
        ("0603551d25", "0603551d11", "Duplicate"),
        ("06035504030c", "060355040300", None),
    ],
    ids=["version 8", "unknown key algorithm", "an extension twice", "a name of no known type"],
)
def test_what_cryptography_cannot_read_is_a_value_error(
    shop: Issued, old: str, new: str, message: str | None
) -> None:
    """Odd certificates raise ValueError too, not an exception of cryptography's own."""
    der = shop.certificate.x509.public_bytes(Encoding.DER)
    odd = der.replace(bytes.fromhex(old), bytes.fromhex(new))
    assert odd != der
    with pytest.raises(ValueError, match=message):
        load(odd)
