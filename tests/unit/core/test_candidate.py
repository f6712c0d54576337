"""Candidates from whatever stands in people's PEM files."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from hypothesis import HealthCheck, given, settings, strategies as st
from unit.core.certificates import (
    DAY,
    Issued,
    authority,
    block,
    ec_key,
    intermediate,
    issue,
    leaf,
    root,
    rsa_key,
)

from c7n_certrenew.core.candidate import (
    Candidate,
    CandidateError,
    Material,
    assemble,
    read_certificates,
    without_key,
)

QUICK = settings(deadline=None, max_examples=80, derandomize=True)
EC_PARAMETERS = block("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107"))


def build(certificate: bytes, chain: bytes | None = None, key: bytes | None = None) -> Candidate:
    """Assemble files of the names cert.pem, chain.pem and key.pem."""
    return assemble(
        Material("cert.pem", certificate),
        None if chain is None else Material("chain.pem", chain),
        None if key is None else Material("key.pem", key),
    )


def attempt(make: Callable[[], Candidate]) -> Candidate | CandidateError:
    """Return the candidate, or the error as a value; any other exception goes through."""
    try:
        return make()
    except CandidateError as error:
        return error


def is_whole(candidate: Candidate, shop: Issued) -> bool:
    """Say whether nothing is missing, nothing too much, and the key fits."""
    return (
        candidate.leaf == shop.certificate
        and candidate.body_pem.encode() == shop.pem
        and candidate.chain_pem.encode() == intermediate().pem
        and candidate.key_matches is True
    )


def crlf(pem: bytes) -> bytes:
    """Write line ends as Windows does."""
    return pem.replace(b"\n", b"\r\n")


def commented(pem: bytes) -> bytes:
    """Put text around a block, as `openssl x509 -text` and mail programs do."""
    return b"Bag Attributes\n    localKeyID: 01\nsubject=CN = shop\n" + pem + b"\nbye - bye\n"


def test_three_clean_files(shop: Issued) -> None:
    """A certificate, its chain and its key are taken as they are."""
    candidate = build(shop.pem, intermediate().pem, shop.key_pem())
    assert is_whole(candidate, shop)
    assert candidate.origin == "cert.pem"
    assert candidate.chain.unrelated == ()


@pytest.mark.parametrize("spoil", [crlf, commented, lambda pem: crlf(commented(pem)), bytes.strip])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_line_ends_and_text_are_repaired(shop: Issued, spoil, part: int) -> None:  # type: ignore
    """Line ends and text around the blocks do not matter, in any of the files (AWS row 7)."""
    files = [shop.pem, intermediate().pem, shop.key_pem()]
    files[part] = spoil(files[part])
    candidate = build(*files)
    assert is_whole(candidate, shop)
    assert candidate.private_key is not None
    assert candidate.private_key.encode() == shop.key_pem()


@pytest.mark.parametrize(
    "chain",
    [
        lambda shop: root().pem + intermediate().pem,
        lambda shop: intermediate().pem + root().pem,
        lambda shop: shop.pem + intermediate().pem,
        lambda shop: intermediate().pem * 3,
        lambda shop: intermediate().pem + shop.pem + root().pem + shop.pem + intermediate().pem,
    ],
    ids=["wrong order", "with root", "with leaf", "repeated", "all of it"],
)
def test_the_chain_is_repaired(shop: Issued, chain) -> None:  # type: ignore[no-untyped-def]
    """Order, a root, the leaf and repetitions in a chain file are put right (AWS row 7)."""
    candidate = build(shop.pem, chain(shop), shop.key_pem())
    assert is_whole(candidate, shop)
    assert candidate.chain.unrelated == ()


def test_two_intermediates_are_put_in_order(shop: Issued) -> None:
    """Whatever the file's order, each certificate of the chain has signed the one before."""
    second = authority("Issuing", intermediate())
    deep = leaf(by=second)
    candidate = build(deep.pem, root().pem + intermediate().pem + second.pem, deep.key_pem())
    assert candidate.chain.intermediates == (second.certificate, intermediate().certificate)
    assert candidate.chain.root == root().certificate


@pytest.mark.parametrize("order", ["lik", "kli", "ilk", "kil", "klir", "rilk", "llkii", "lki"])
def test_one_bundle_instead_of_three_files(shop: Issued, order: str) -> None:
    """One file does for three: l(eaf), i(ntermediate), r(oot), k(ey), in any order."""
    parts = {"l": shop.pem, "i": intermediate().pem, "r": root().pem, "k": shop.key_pem()}
    assert is_whole(build(b"".join(parts[letter] for letter in order)), shop)


def test_a_full_chain_in_the_certificate_file(shop: Issued) -> None:
    """The chain may stand in the certificate's file, and in the chain's as well."""
    full = shop.pem + intermediate().pem
    assert is_whole(build(full, None, shop.key_pem()), shop)
    assert is_whole(build(full, full, shop.key_pem()), shop)


def test_an_empty_chain_file_is_no_chain(shop: Issued) -> None:
    """Tools write an empty chain file for a certificate straight from the root."""
    assert build(shop.pem, b"\n", shop.key_pem()).chain_pem == ""


def test_a_stranger_in_the_chain_is_left_out(shop: Issued) -> None:
    """A certificate that signed nothing here is not sent to clients, and is remembered."""
    stranger = authority("Stranger")
    candidate = build(shop.pem, stranger.pem + intermediate().pem, shop.key_pem())
    assert is_whole(candidate, shop)
    assert candidate.chain.unrelated == (stranger.certificate,)


def test_what_was_served_before_is_preferred(shop: Issued) -> None:
    """Of two copies of a CA in the file, the one that clients were served is kept."""
    copy = authority("Intermediate", authority("Elsewhere"), key=intermediate().key, end=9000 * DAY)
    files = Material("cert.pem", shop.pem), Material("chain.pem", copy.pem + intermediate().pem)
    assert assemble(*files).chain.intermediates == (copy.certificate,)
    before = [intermediate().certificate]
    assert assemble(*files, prefer=before).chain.intermediates == (intermediate().certificate,)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_blanks_at_the_ends_of_lines(shop: Issued, ends: bytes) -> None:
    """Blanks behind markers and lines are dropped, from the key as well."""
    spoilt = [
        pem.replace(b"\n", b" \t" + ends) for pem in (shop.pem, intermediate().pem, shop.key_pem())
    ]
    candidate = build(*spoilt)
    assert is_whole(candidate, shop)
    assert candidate.private_key is not None
    assert candidate.private_key.encode() == shop.key_pem()


def test_files_joined_without_a_line_end(shop: Issued) -> None:
    """What `cat` makes of files without a final line end is taken apart again."""
    parts = (shop.pem, intermediate().pem, shop.key_pem())
    assert is_whole(build(b"".join(part.strip() for part in parts)), shop)


@pytest.mark.parametrize(
    "content",
    [
        b"-----BEGIN A-----\n" * 200_000,
        b"-----END A-----\n" * 200_000,
        b"-----BEGIN " * 300_000,
        b"-----BEGIN " + b"A " * 2_000_000,
        b"-" * 4_000_000,
        b"".join(b"-----BEGIN A%d-----\n" % n for n in range(150_000)),
        b"-----BEGIN A-----\n-----END A-----\n" * 100_000,
    ],
    ids=["begins", "ends", "half begins", "label", "dashes", "labels", "blocks"],
)
def test_hostile_files_take_no_time(content: bytes) -> None:
    """Four megabytes of markers are read as fast as any other text."""
    began = time.thread_time()
    attempt(lambda: build(content))
    assert time.thread_time() - began < 10


def test_too_many_certificates(shop: Issued) -> None:
    """What holds more certificates than any bundle is refused before they are parsed."""
    with pytest.raises(CandidateError, match=r"^chain\.pem: more than 500 certificates in it$"):
        build(shop.pem, intermediate().pem * 501, shop.key_pem())
    assert is_whole(build(shop.pem, intermediate().pem * 500, shop.key_pem()), shop)


@pytest.mark.parametrize("columns", [1, 48, 76, 9999])
def test_lines_of_any_length(shop: Issued, columns: int) -> None:
    """A key whose lines are longer than OpenSSL reads is uploaded in lines of 64."""
    begin, *lines, end = shop.key_pem().splitlines()
    body = b"".join(lines)
    broken = [body[at : at + columns] for at in range(0, len(body), columns)]
    candidate = build(shop.pem, intermediate().pem, b"\n".join([begin, *broken, end]))
    assert is_whole(candidate, shop)
    assert candidate.private_key is not None
    assert candidate.private_key.encode() == shop.key_pem()


def cut(pem: bytes) -> bytes:
    """Lose the last line."""
    return pem[: pem.rstrip().rindex(b"\n") + 1]


def beheaded(pem: bytes) -> bytes:
    """Lose the first line."""
    return pem[pem.index(b"\n") + 1 :]


def flipped(pem: bytes) -> bytes:
    """Change one character in the structure of the DER."""
    lines = pem.splitlines(keepends=True)
    lines[1] = b"AAAA" + lines[1][4:]
    return b"".join(lines)


JUNK = bytes(range(256)) * 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda shop: b"", "no certificate in it"),
        (lambda shop: b" \n", "no certificate in it"),
        (lambda shop: JUNK, "no certificate in it"),
        (lambda shop: shop.pem.decode().encode("utf-16"), "no certificate in it"),
        (lambda shop: shop.key_pem(), "no certificate in it"),
        (lambda shop: cut(shop.pem), "cut off"),
        (lambda shop: beheaded(shop.pem), "cut off"),
        (lambda shop: cut(shop.pem) + intermediate().pem, "cut off"),
        (lambda shop: shop.pem + cut(intermediate().pem), "cut off"),
        (lambda shop: shop.pem + shop.pem[:40], "cut off"),
        (lambda shop: shop.pem.replace(b"END CERT", b"END X509 CERT"), "cut off"),
        (lambda shop: b"-----BEGIN A-----\n" + shop.pem + b"-----END A-----\n", "cut off"),
        (lambda shop: flipped(shop.pem), "PEM block 1 is not a certificate"),
        (lambda shop: shop.pem + flipped(shop.pem), "PEM block 2 is not a certificate"),
        (lambda shop: shop.pem.replace(b"M", b"!", 5), "PEM block 1 is not a certificate"),
    ],
)
def test_a_broken_certificate_file_is_named(shop: Issued, content, message: str) -> None:  # type: ignore[no-untyped-def]
    """What is no certificate is refused, with the file and what is wrong with it."""
    with pytest.raises(CandidateError, match=rf"^cert\.pem: .*{message}"):
        build(content(shop), None, shop.key_pem())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (JUNK, "no certificate in it"),
        (cut(intermediate().pem), "cut off"),
        (intermediate().pem + cut(root().pem), "cut off"),
        (flipped(intermediate().pem), "PEM block 1 is not a certificate"),
        (intermediate().pem + flipped(root().pem), "PEM block 2 is not a certificate"),
    ],
    ids=("junk", "cut", "second cut", "flipped", "second flipped"),
)
def test_a_broken_chain_file_is_named(shop: Issued, content: bytes, message: str) -> None:
    """A chain that is only half there is refused: it would be served half."""
    with pytest.raises(CandidateError, match=rf"^chain\.pem: .*{message}"):
        build(shop.pem, content, shop.key_pem())


TRADITIONAL = PrivateFormat.TraditionalOpenSSL
BROKEN_KEYS = [
    (lambda shop: b"", "no private key in it"),
    (lambda shop: JUNK, "no private key in it"),
    (lambda shop: shop.pem, "no private key in it"),
    (lambda shop: cut(shop.key_pem()), "cut off"),
    (lambda shop: beheaded(shop.key_pem()), "cut off"),
    (lambda shop: flipped(shop.key_pem()), "cannot be read"),
    (lambda shop: shop.key_pem().replace(b"\n", b"\n# \xc3\xa9\n", 1), "cannot be read"),
    (lambda shop: shop.key_pem().replace(b"\n", b"\n\xff\n", 1), "cannot be read"),
    (lambda shop: shop.key_pem(passphrase=b"secret"), "encrypted"),
    (lambda shop: shop.key_pem(TRADITIONAL, b"secret"), "encrypted"),
    (lambda shop: crlf(shop.key_pem(TRADITIONAL, b"secret")), "encrypted"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN_KEYS)
def test_a_broken_key_file_is_named(shop: Issued, content, message: str) -> None:  # type: ignore[no-untyped-def]
    """What is no key that AWS would take is refused, with the file and what is wrong with it."""
    with pytest.raises(CandidateError, match=rf"^key\.pem: .*{message}"):
        build(shop.pem, intermediate().pem, content(shop))


@pytest.mark.parametrize(("content", "message"), BROKEN_KEYS[3:])
def test_a_broken_key_in_a_bundle_is_named(shop: Issued, content, message: str) -> None:  # type: ignore[no-untyped-def]
    """A bundle whose key is broken is no bundle without a key."""
    with pytest.raises(CandidateError, match=rf"^cert\.pem: .*{message}"):
        build(shop.pem + content(shop))


@pytest.mark.parametrize(
    ("form", "label"),
    [(PrivateFormat.PKCS8, b"BEGIN PRIVATE"), (TRADITIONAL, b"BEGIN EC PRIVATE")],
)
@pytest.mark.parametrize("before", [b"", EC_PARAMETERS])
def test_every_form_of_an_ec_key(
    shop: Issued, form: PrivateFormat, label: bytes, before: bytes
) -> None:
    """PKCS#8 and SEC1 are taken, with or without the parameters that OpenSSL writes first."""
    key = shop.key_pem(form)
    assert label in key
    candidate = build(shop.pem, intermediate().pem, before + key)
    assert is_whole(candidate, shop)
    assert candidate.private_key is not None
    assert candidate.private_key.encode() == key


@pytest.mark.parametrize(
    ("form", "label"),
    [(PrivateFormat.PKCS8, b"BEGIN PRIVATE"), (TRADITIONAL, b"BEGIN RSA PRIVATE")],
)
def test_every_form_of_an_rsa_key(form: PrivateFormat, label: bytes) -> None:
    """PKCS#8 and PKCS#1 are taken."""
    shop = leaf(key=rsa_key())
    key = shop.key_pem(form)
    assert label in key
    assert is_whole(build(shop.pem, intermediate().pem, key), shop)


def test_a_key_of_another_certificate(shop: Issued) -> None:
    """A readable key that belongs elsewhere is no error here: preflight says it with the rest."""
    assert build(shop.pem, intermediate().pem, leaf().key_pem()).key_matches is False


@pytest.mark.parametrize("other", [rsa_key(), ec_key(ec.SECP384R1)], ids=["RSA", "P-384"])
def test_a_key_of_another_kind(shop: Issued, other) -> None:  # type: ignore[no-untyped-def]
    """A key of another algorithm or curve does not match, and does not break the comparison."""
    assert build(shop.pem, key=Issued(shop.certificate, other).key_pem()).key_matches is False


def test_an_ed25519_key_is_read() -> None:
    """A key that no consumer can serve is read all the same: preflight says so."""
    odd = leaf(key=ed25519.Ed25519PrivateKey.generate())
    assert is_whole(build(odd.pem, intermediate().pem, odd.key_pem()), odd)


@pytest.mark.parametrize("picked", [0, 1, 2])
def test_the_key_picks_its_certificate(picked: int) -> None:
    """Of several server certificates in one file, the key says which is meant."""
    leaves = [leaf(f"{name}.example.com") for name in "abc"]
    everything = b"".join(one.pem for one in leaves) + intermediate().pem
    candidate = build(everything, None, leaves[picked].key_pem())
    assert is_whole(candidate, leaves[picked])
    assert set(candidate.chain.unrelated) == {
        one.certificate for one in leaves if one is not leaves[picked]
    }


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_key_used_again_means_the_newest_certificate(newest_first: bool) -> None:
    """Where a key was kept at a renewal and both are in the file, the later one is meant."""
    key = ec_key()
    renewed, former = leaf(key=key, end=90 * DAY), leaf(key=key, end=10 * DAY)
    both = renewed.pem + former.pem if newest_first else former.pem + renewed.pem
    assert build(both, intermediate().pem, renewed.key_pem()).leaf == renewed.certificate


def test_without_a_key_the_first_that_is_no_ca(shop: Issued) -> None:
    """Where the key is not looked at, the server certificate is found behind its issuers."""
    candidate = build(root().pem + intermediate().pem + shop.pem)
    assert candidate.leaf == shop.certificate
    assert candidate.key_matches is None
    assert candidate.private_key is None


def test_a_ca_alone_is_still_a_candidate() -> None:
    """A file with nothing but a CA is read, for preflight to say what is wrong with it."""
    assert build(root().pem).leaf == root().certificate


def test_a_plan_keeps_everything_but_the_key(shop: Issued) -> None:
    """Without the key it is still known that the key fits."""
    candidate = build(shop.pem, intermediate().pem, shop.key_pem())
    kept = without_key(candidate)
    assert kept.private_key is None
    assert is_whole(kept, shop)


def test_old_labels_are_read(shop: Issued) -> None:
    """The label `X509 CERTIFICATE` of old tools is a certificate too."""
    old = shop.pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE")
    assert read_certificates(Material("cert.pem", old)) == [shop.certificate]


@cache
def _bundles() -> tuple[bytes, bytes, Issued]:
    shop = leaf("shop.example.com")
    return shop.pem + intermediate().pem + root().pem, shop.key_pem(), leaf("other.example.com")


def _mutated(data: st.DataObject, content: bytes) -> bytes:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(0, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    lines = bytes(damaged).splitlines(keepends=True)
    change = data.draw(st.sampled_from(["none", "drop", "double", "swap", "shuffle", "cut"]))
    position = data.draw(st.integers(0, len(lines) - 1))
    if change == "drop":
        del lines[position]
    elif change == "double":
        lines.insert(position, lines[position])
    elif change == "swap":
        lines[0], lines[position] = lines[position], lines[0]
    elif change == "shuffle":
        lines = data.draw(st.permutations(lines))
    elif change == "cut":
        lines = lines[:position]
    return b"".join(lines)


@given(st.data())
@settings(QUICK, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
def test_damage_is_an_error_or_harmless(data: st.DataObject) -> None:
    """Damaged files give a CandidateError, or a candidate whose key is what it is said to be."""
    bundle, key, other = _bundles()
    foreign = data.draw(st.booleans())
    mutated = _mutated(data, bundle), _mutated(data, other.key_pem() if foreign else key)
    result = attempt(lambda: build(mutated[0], None, mutated[1]))
    if isinstance(result, CandidateError):
        assert str(result).startswith(("cert.pem: ", "key.pem: "))
    else:
        assert result.key_matches is not foreign


@given(st.data())
@settings(QUICK, max_examples=150)
def test_damaged_der_is_an_error_or_a_certificate(data: st.DataObject) -> None:
    """Bytes changed below the base64 never surface as anything but a CandidateError."""
    shop = _bundles()[2]
    der = bytearray(shop.certificate.x509.public_bytes(Encoding.DER))
    for _ in range(data.draw(st.integers(1, 3))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    pem = block("CERTIFICATE", bytes(der))
    result = attempt(lambda: build(pem + intermediate().pem, None, _bundles()[1]))
    if isinstance(result, CandidateError):
        assert str(result) == "cert.pem: PEM block 1 is not a certificate"
    else:
        assert result.key_matches is False


@given(st.permutations(range(6)))
@QUICK
def test_the_order_of_the_pool_does_not_matter(order: list[int]) -> None:
    """The same certificates in any order make the same candidate."""
    pool, key = _pool()
    shuffled = b"".join(pool[position] for position in order)
    assert build(pool[0], shuffled, key).chain == build(pool[0], b"".join(pool), key).chain


@cache
def _pool() -> tuple[list[bytes], bytes]:
    """Return a leaf and what stands behind it, with twins among them: same key, same dates."""
    shared = authority("Twin", root())
    twin = authority("Twin", root(), key=shared.key)
    shop = leaf(by=shared)
    strangers = [issue("a.example").pem, issue("b.example").pem]
    return [shop.pem, shared.pem, twin.pem, root().pem, *strangers], shop.key_pem()
