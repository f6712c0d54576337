"""Chains in order, and where they end."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import x25519
from unit.core.certificates import (
    DAY,
    NOW,
    Issued,
    authority,
    intermediate,
    issue,
    leaf,
    root,
    rsa_key,
    rsa_public,
)

from c7n_certrenew.core.chain import Chain, anchored, issued, order

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
