"""What the source `files` refuses to read: links that lead out, what is no file, what is huge."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from boto3 import Session
from contract.kept import KINDS, bundle

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.sandbox import Issued
from c7n_certrenew.sources import make_source
from c7n_certrenew.sources.base import Access, SourceError
from c7n_certrenew.sources.parts import SIZE_LIMIT

APART, BUNDLE = (KINDS[f"files {kind}"].options for kind in ("apart", "bundle"))
HERE = Access(Clients(Session(region_name="us-east-1"), "123456789012"))


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, issued: Issued) -> Path:
    """Put it where the source looks for the lineage `web`, below the working directory."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "certs" / "web"
    issued.write(place)
    (place / "all.pem").write_text(bundle(issued))
    return place


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


@pytest.mark.parametrize("kind", ["apart", "bundle"])
def test_pipe_is_no_file(filled: Path, old: Stored, kind: str) -> None:
    """What would wait for a writer for ever is refused unopened."""
    name = "all.pem" if kind == "bundle" else "cert.pem"
    (filled / name).unlink()
    os.mkfifo(filled / name)
    with pytest.raises(SourceError, match=rf"^certs/web/{name}: not a regular file$"):
        make_source(KINDS[f"files {kind}"].options).find(old, HERE)


def test_directory_is_no_file(filled: Path, old: Stored) -> None:
    """A directory is called what it is."""
    (filled / "cert.pem").unlink()
    (filled / "cert.pem").mkdir()
    with pytest.raises(SourceError, match=r"^certs/web/cert\.pem: is a directory$"):
        make_source(APART).find(old, HERE)


def test_huge_file(filled: Path, old: Stored) -> None:
    """A file that cannot be PEM is not read into memory."""
    with (filled / "cert.pem").open("wb") as file:
        file.truncate(SIZE_LIMIT * 100)
    with pytest.raises(SourceError, match="larger than"):
        make_source(APART).find(old, HERE)
