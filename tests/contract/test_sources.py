"""Every source finds without side effects, fetches with the key, says what is wrong in one line."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from boto3 import Session
from unit.core.certificates import DAY, authority as make_authority, root

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.core.candidate import CandidateError, Material, assemble
from c7n_certrenew.core.model import ServerCertificate
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.core.secret import REDACTED
from c7n_certrenew.elements.schemas import SHARED
from c7n_certrenew.sandbox import Authority, Issued
from c7n_certrenew.sources import SOURCES, make_source, source_class
from c7n_certrenew.sources.base import Access, SourceError
from c7n_certrenew.sources.files import SIZE_LIMIT

APART = {
    "type": "files",
    "certificate": "certs/<lineage>/cert.pem",
    "private-key": "certs/<lineage>/key.pem",
    "chain": "certs/<lineage>/chain.pem",
}
BUNDLE = {"type": "files", "bundle": "certs/<lineage>/all.pem"}
KINDS: dict[str, dict[str, str]] = {"files apart": APART, "files bundle": BUNDLE}
HERE = Access(Clients(Session(region_name="us-east-1"), "123456789012"))


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a renewed certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, issued: Issued) -> Path:
    """Put it where each source looks for the lineage `web`, below the working directory."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "certs" / "web"
    issued.write(place)
    (place / "all.pem").write_text(issued.certificate + issued.chain + issued.private_key)
    return place


@pytest.fixture
def old(issued: Issued) -> Stored:
    """Give the server certificate that is to be replaced."""
    return stored(issued)


def stored(issued: Issued, name: str = "web", **tags: str) -> Stored:
    """Return a server certificate as IAM holds it."""
    leaf = assemble(Material("old", issued.certificate.encode())).leaf
    arn = f"arn:aws:iam::123456789012:server-certificate/{name}"
    expiration = datetime(2027, 1, 31, tzinfo=timezone.utc)
    certificate = ServerCertificate(name, arn, "/", expiration)
    chain = assemble(Material("old", issued.certificate.encode())).chain
    return Stored(certificate, leaf, chain, tuple(sorted(tags.items())), lineage=name)


def test_no_source_is_left_out() -> None:
    """A new source cannot be added without its kinds here, nor without its name in the schema."""
    keyed = {name for name in SOURCES if source_class(name).keyed}
    assert {options["type"] for options in KINDS.values()} == keyed
    assert SHARED["source"]["properties"]["type"]["enum"] == list(SOURCES)
    assert [source_class(name).type for name in SOURCES] == list(SOURCES)


@pytest.mark.parametrize("kind", KINDS)
def test_fetches_certificate_chain_and_key(
    filled: Path, old: Stored, issued: Issued, kind: str
) -> None:
    """What is fetched can be uploaded as it is."""
    candidate = make_source(KINDS[kind]).fetch(old, HERE)
    assert candidate.leaf.fingerprint == issued.fingerprint
    assert (candidate.body_pem, candidate.chain_pem) == (issued.certificate, issued.chain)
    assert candidate.key_matches is True
    assert candidate.private_key is not None
    assert candidate.private_key.encode() == issued.private_key.encode()


@pytest.mark.parametrize("kind", KINDS)
def test_shows_no_key(filled: Path, old: Stored, kind: str) -> None:
    """Neither repr nor str of what a source gives has the key in it."""
    candidate = make_source(KINDS[kind]).fetch(old, HERE)
    assert "BEGIN PRIVATE KEY" not in f"{candidate!r} {candidate}"
    assert REDACTED in repr(candidate)


@pytest.mark.parametrize("kind", KINDS)
def test_finds_what_it_fetches(filled: Path, old: Stored, kind: str) -> None:
    """The plan is about the certificate that will be uploaded."""
    source = make_source(KINDS[kind])
    found, fetched = source.find(old, HERE), source.fetch(old, HERE)
    assert (found.leaf, found.chain, found.origin) == (fetched.leaf, fetched.chain, fetched.origin)
    assert str(filled.relative_to(filled.parents[1])) in found.origin


@pytest.mark.parametrize("kind", KINDS)
def test_finding_leaves_no_trace(filled: Path, old: Stored, kind: str) -> None:
    """`find` writes nothing: what is there is there as before."""
    before = {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in filled.iterdir()}
    make_source(KINDS[kind]).find(old, HERE)
    assert {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in filled.iterdir()} == before


def test_finding_reads_no_key_that_is_kept_apart(filled: Path, old: Stored) -> None:
    """A plan needs no right to the key: it says that it was not checked."""
    (filled / "key.pem").unlink()
    found = make_source(APART).find(old, HERE)
    assert (found.private_key, found.key_matches) == (None, None)


@pytest.mark.parametrize("verb", ["find", "fetch"])
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_there_is_one_line(tmp_path: Path, old: Stored, kind: str, verb: str) -> None:
    """A source without a certificate says where it looked."""
    with pytest.raises(CandidateError, match=r"^certs/web/\w+\.pem: no such file$"):
        getattr(make_source(KINDS[kind]), verb)(old, HERE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\nb", "a\0b", "~"])
def test_name_is_no_path(filled: Path, issued: Issued, kind: str, name: str) -> None:
    """No name of a certificate leads anywhere else than one folder down."""
    with pytest.raises(CandidateError, match="is not a safe path segment"):
        make_source(KINDS[kind]).find(stored(issued, name), HERE)


def test_placeholders_are_filled(filled: Path, issued: Issued) -> None:
    """Name, account, expiry, fingerprint and tags of the old certificate are known."""
    old = stored(issued, team="shop")
    template = "<name>/<account_id>/<not_after>/<fingerprint8>/<tag:team>/all.pem"
    path = Path(f"web/123456789012/20270131/{issued.fingerprint[:8]}/shop/all.pem")
    path.parent.mkdir(parents=True)
    (filled / "all.pem").rename(path)
    found = make_source({"type": "files", "bundle": template}).find(old, HERE)
    assert found.leaf.fingerprint == issued.fingerprint


def test_tag_that_is_missing(filled: Path, old: Stored) -> None:
    """A placeholder without a value is not left out of the path."""
    source = make_source({"type": "files", "bundle": "certs/<tag:team>/all.pem"})
    with pytest.raises(SourceError, match=r"'' for <tag:team>"):
        source.find(old, HERE)


@pytest.mark.parametrize("part", ["cert.pem", "web"])
def test_link_that_leads_out(filled: Path, old: Stored, part: str) -> None:
    """A link is followed only below the literal part of the path (AWS row 23)."""
    outside = filled.parents[1] / "outside"
    inside = filled if part == "web" else filled / part
    inside.rename(outside)
    inside.symlink_to(outside)
    with pytest.raises(SourceError, match="it leads out of certs"):
        make_source(APART).find(old, HERE)


def test_link_that_stays_below(filled: Path, old: Stored, issued: Issued) -> None:
    """ACME clients link `live` to `archive`: that is below the same folder."""
    (filled / "cert.pem").rename(filled.parent / "cert1.pem")
    (filled / "cert.pem").symlink_to("../cert1.pem")
    assert make_source(APART).find(old, HERE).leaf.fingerprint == issued.fingerprint


def test_path_without_a_placeholder_may_be_anywhere(
    filled: Path, old: Stored, issued: Issued
) -> None:
    """A path that no certificate has a say in is taken as the user wrote it."""
    options = {"type": "files", "bundle": str(filled / "all.pem")}
    assert make_source(options).find(old, HERE).leaf.fingerprint == issued.fingerprint


@pytest.mark.parametrize("kind", KINDS)
def test_pipe_is_no_file(filled: Path, old: Stored, kind: str) -> None:
    """What would wait for a writer for ever is refused unopened."""
    name = "all.pem" if "bundle" in KINDS[kind] else "cert.pem"
    (filled / name).unlink()
    os.mkfifo(filled / name)
    with pytest.raises(SourceError, match=rf"^certs/web/{name}: not a regular file$"):
        make_source(KINDS[kind]).find(old, HERE)


def test_directory_is_no_file(filled: Path, old: Stored) -> None:
    """A directory is called what it is."""
    (filled / "cert.pem").unlink()
    (filled / "cert.pem").mkdir()
    with pytest.raises(SourceError, match=r"^certs/web/cert\.pem: is a directory$"):
        make_source(APART).find(old, HERE)


@pytest.mark.parametrize("verb", ["find", "fetch"])
@pytest.mark.parametrize("kind", KINDS)
def test_serves_again_what_was_served(
    filled: Path, old: Stored, issued: Issued, kind: str, verb: str
) -> None:
    """Of several issuers with one key in the files, the one that IAM serves is kept."""
    chain = assemble(Material("old", (issued.certificate + issued.chain).encode())).chain
    [served] = chain.intermediates
    name, key = served.subject.removeprefix("CN="), served.x509.public_key()
    copy = make_authority(name, root(), key=key, end=9000 * DAY)
    for file in (filled / "chain.pem", filled / "all.pem"):
        file.write_text(file.read_text() + copy.certificate.pem)
    look = getattr(make_source(KINDS[kind]), verb)
    assert look(replace(old, chain=chain), HERE).chain.intermediates == (served,)
    assert look(old, HERE).chain.intermediates == (copy.certificate,)


def test_huge_file(filled: Path, old: Stored) -> None:
    """A file that cannot be PEM is not read into memory."""
    with (filled / "cert.pem").open("wb") as file:
        file.truncate(SIZE_LIMIT * 100)
    with pytest.raises(SourceError, match="larger than"):
        make_source(APART).find(old, HERE)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({**BUNDLE, **APART}, "give bundle or certificate, private-key, chain, not both"),
        ({"type": "files"}, "give certificate and private-key"),
        ({"type": "files", "certificate": "a"}, "give certificate and private-key"),
        ({"type": "files", "private-key": "a"}, "give certificate and private-key"),
        ({"type": "files", "bundle": "<nam>/a"}, "unknown placeholder <nam>"),
        ({**APART, "chain": "<host>"}, "unknown placeholder <host>"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, Any], says: str) -> None:
    """A source that cannot be meant is refused when the policy is loaded."""
    with pytest.raises(SourceError, match=says):
        make_source(options)
