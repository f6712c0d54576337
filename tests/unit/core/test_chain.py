"""Chains in order, and where they end."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.x509.oid import NameOID
from unit.core.certificates import (
    DAY,
    NOW,
    Issued,
    authority,
    ec_key,
    intermediate,
    issue,
    leaf,
    root,
    rsa_key,
    rsa_public,
)

from c7n_certrenew.core.chain import DEEPEST, Chain, anchored, issued, order
from c7n_certrenew.core.x509 import load

ROOT, INTERMEDIATE = root().certificate, intermediate().certificate


def test_issued_looks_at_name_and_signature(shop: Issued) -> None:
    """A certificate of the issuer's name with another key has not signed it."""
    namesake = authority("Intermediate", root())
    assert issued(shop.certificate, INTERMEDIATE)
    assert not issued(shop.certificate, namesake.certificate)
    assert not issued(shop.certificate, ROOT)
    assert not issued(shop.certificate, authority("Intermediate", key=rsa_key()).certificate)


def test_a_key_that_cannot_sign_has_issued_nothing(shop: Issued) -> None:
    """A namesake whose key is for key agreement alone is not the issuer, and no error."""
    odd = x25519.X25519PrivateKey.generate().public_key()
    namesake = authority("Intermediate", root(), key=odd)
    assert not issued(shop.certificate, namesake.certificate)


def test_a_chain_without_anything() -> None:
    """The top of what a server sends is the leaf where there is no chain."""
    one = leaf().certificate
    assert order(one, []) == Chain()
    assert Chain().top(one) == one
    assert Chain((INTERMEDIATE,), ROOT).top(one) == INTERMEDIATE


def test_a_gap_ends_the_chain() -> None:
    """Without the certificate in the middle, the rest is unrelated and no root is claimed."""
    deep = leaf(by=authority("Issuing", intermediate())).certificate
    chain = order(deep, [INTERMEDIATE, ROOT])
    assert (chain.intermediates, chain.root) == ((), None)
    assert set(chain.unrelated) == {INTERMEDIATE, ROOT}


def test_a_self_signed_leaf_has_no_chain() -> None:
    """What signed itself has no issuers, whoever else is in the file."""
    own = issue("self.example").certificate
    assert order(own, [own, ROOT]) == Chain(unrelated=(ROOT,))


def test_of_two_cross_signed_the_root_then_the_longest() -> None:
    """With one key under several certificates, the root ends the chain, else the longest lives."""
    signer = authority("New Root")
    elder = authority("New Root", root(), key=signer.key, end=100 * DAY)
    longer = authority("New Root", root(), key=signer.key, end=9000 * DAY)
    one = leaf(by=signer).certificate
    crossed = [elder.certificate, longer.certificate]
    assert order(one, [*crossed, ROOT]).intermediates == (longer.certificate,)
    assert order(one, [*crossed, ROOT, signer.certificate]).root == signer.certificate


def test_what_was_served_before_is_preferred() -> None:
    """A CA that clients were sent stays, beside its root and beside a copy that lives longer."""
    signer = authority("New Root")
    served = authority("New Root", root(), key=signer.key, end=100 * DAY)
    longer = authority("New Root", root(), key=signer.key, end=9000 * DAY)
    one = leaf(by=signer).certificate
    pool = [longer.certificate, signer.certificate, served.certificate, ROOT]
    chain = order(one, pool, [served.certificate])
    assert (chain.intermediates, chain.root) == ((served.certificate,), ROOT)
    assert order(one, pool, [signer.certificate]).root == signer.certificate
    assert order(one, pool[:2], [served.certificate]).root == signer.certificate


def test_what_had_expired_is_not_preferred() -> None:
    """A CA's certificate that had ended when the leaf began gives way to the one after it."""
    signer = authority("Renewed", root(), end=900 * DAY)
    former = authority("Renewed", root(), key=signer.key, end=-DAY)
    pool = [former.certificate, signer.certificate]
    one = leaf(by=signer, start=-DAY).certificate
    assert order(one, pool, pool[:1]).intermediates == (signer.certificate,)
    early = leaf(by=signer, start=-2 * DAY).certificate
    assert order(early, pool, pool[:1]).intermediates == (former.certificate,)


def test_the_certificates_of_a_chain() -> None:
    """The root comes last, where it is known."""
    assert Chain((INTERMEDIATE,), ROOT).certificates == (INTERMEDIATE, ROOT)
    assert Chain((INTERMEDIATE,)).certificates == (INTERMEDIATE,)


def test_only_a_ca_is_an_issuer(shop: Issued) -> None:
    """A server certificate that signed another one is not sent as its issuer."""
    one = leaf(by=shop).certificate
    assert order(one, [shop.certificate]) == Chain(unrelated=(shop.certificate,))


def test_a_root_of_version_1_is_an_issuer() -> None:
    """Roots from before X.509 version 3 cannot say that they are CAs."""
    old = version_1("Old Root")
    assert old.certificate.x509.version is x509.Version.v1
    assert order(leaf(by=old).certificate, [old.certificate]).root == old.certificate


def version_1(name: str) -> Issued:
    """Make a root of version 1, which no library makes any more: without version, extensions."""
    key = ec_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1, NOW - DAY, NOW + DAY)
    body = builder.sign(key, hashes.SHA256()).tbs_certificate_bytes
    version = bytes.fromhex("a003020102")
    body = _der(0x30, body[body.index(version) + len(version) :])
    signature = key.sign(body, ec.ECDSA(hashes.SHA256()))
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    return Issued(load(_der(0x30, body + algorithm + _der(0x03, b"\0" + signature))), key)


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    length = octets if size < 128 else bytes([0x80 + len(octets)]) + octets
    return bytes([tag]) + length + content


def test_a_rolled_over_key_is_no_root() -> None:
    """A CA's new key, signed by its old one under the same name, is sent like any intermediate."""
    rolled = authority("Root", root())
    one = leaf(by=rolled).certificate
    chain = order(one, [rolled.certificate, ROOT])
    assert (chain.intermediates, chain.root) == ((rolled.certificate,), ROOT)


def test_a_loop_ends() -> None:
    """Two CAs that signed each other do not make an endless chain."""
    first = authority("First")
    second = authority("Second", first)
    again = authority("First", second, key=first.key)
    one = leaf(by=second).certificate
    chain = order(one, [again.certificate, second.certificate])
    assert chain.intermediates == (second.certificate, again.certificate)


SHOP = leaf()
DEEP = authority("Issuing", intermediate())


@pytest.mark.parametrize(
    ("one", "between", "anchors"),
    [
        (SHOP, [intermediate()], [root()]),
        (SHOP, [], [intermediate()]),
        (SHOP, [], [root(), intermediate()]),
        (leaf(by=DEEP), [DEEP], [intermediate()]),
        (leaf(by=DEEP), [intermediate(), DEEP], [root()]),
        (leaf(names=()), [intermediate()], [root()]),
        (leaf(start=-90 * DAY, end=-DAY), [intermediate()], [root()]),
        (leaf(start=DAY), [intermediate()], [root()]),
        (leaf(usage=()), [intermediate()], [root()]),
        (leaf(key=rsa_public(4096)), [intermediate()], [root()]),
    ],
)
def test_anchored(one: Issued, between: list[Issued], anchors: list[Issued]) -> None:
    """Signatures up to an anchor are enough: the leaf's own faults are reported elsewhere."""
    assert _fault(one, between, anchors) is None


STALE = authority("Stale", root(), start=-900 * DAY, end=-DAY)
FAKE = authority("Root")
TAIL = authority("Tail", root(), end=30 * DAY)


@pytest.mark.parametrize(
    ("one", "between", "anchors", "fault"),
    [
        (SHOP, [intermediate()], [], "nothing to verify it against"),
        (SHOP, [], [root()], "candidates exhausted"),
        (SHOP, [intermediate()], [FAKE], "candidates exhausted"),
        (leaf(by=FAKE), [], [root()], "candidates exhausted"),
        (leaf(by=FAKE), [FAKE], [root()], "candidates exhausted"),
        (leaf(by=STALE), [STALE], [root()], "candidates exhausted"),
        (leaf("a.example", by=SHOP), [SHOP, intermediate()], [root()], "must be asserted"),
        (leaf("a.example", by=SHOP), [], [SHOP], "must be asserted"),
        (issue("self.example"), [], [root()], "candidates exhausted"),
    ],
)
def test_not_anchored(
    one: Issued, between: list[Issued], anchors: list[Issued], fault: str
) -> None:
    """A way that ends elsewhere, is expired, or goes over a leaf is none, and says why."""
    found = _fault(one, between, anchors)
    assert found is not None
    assert fault in found


def test_a_fault_is_one_line() -> None:
    """What the path builder quotes of a certificate is escaped."""
    evil = leaf("evil\n.example")
    fault = _fault(leaf(by=evil), [], [evil])
    assert fault is not None
    assert fault.isprintable()


def _fault(one: Issued, between: list[Issued], anchors: list[Issued]) -> str | None:
    return anchored(
        one.certificate,
        [c.certificate for c in between],
        [c.certificate for c in anchors],
        NOW,
    )


def test_the_moment_is_now() -> None:
    """An intermediate that is valid today is enough, though the leaf will outlive it."""
    one = leaf(by=TAIL).certificate
    assert anchored(one, [TAIL.certificate], [ROOT], NOW) is None
    assert anchored(one, [TAIL.certificate], [ROOT], NOW + 31 * DAY) is not None


def test_a_ladder_of_issuers_ends() -> None:
    """Two CAs that sign each other for ever are followed for as long as clients follow them."""
    one, two = authority("One", start=-999 * DAY), authority("Two")
    pool = [
        authority(mine.certificate.x509.subject.rfc4514_string()[3:], other, key=mine.key)
        for mine, other in ((one, two), (two, one))
        for _ in range(DEEPEST)
    ]
    chain = order(leaf(by=one).certificate, [rung.certificate for rung in pool])
    assert len(chain.intermediates) == DEEPEST
    assert len(chain.unrelated) == DEEPEST
