"""The roots that public clients trust, whatever a distribution made of the list."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import certifi
import pytest
from c7n.exceptions import PolicyValidationError

from c7n_certrenew.core.candidate import Material, read_certificates
from c7n_certrenew.elements.settings import _bundle, public_roots, read_source
from c7n_certrenew.errors import CertrenewError

BROKEN = {
    "no base64": "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n",
    "no certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    "cut off": "-----BEGIN CERTIFICATE-----\nMIIB\n",
    "another block": "-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n",
}


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Name the file that stands for certifi's."""
    path = tmp_path / "ca.pem"
    monkeypatch.setattr(certifi, "where", lambda: str(path))
    public_roots.cache_clear()
    yield path
    public_roots.cache_clear()


def test_every_root_of_certifi_is_read() -> None:
    """None of the roots that certifi ships is left out."""
    content = Path(certifi.where()).read_bytes()
    public_roots.cache_clear()
    assert list(public_roots()) == read_certificates(Material("ca.pem", content))
    assert len(public_roots()) > 100


@pytest.mark.parametrize("broken", BROKEN)
def test_root_that_cannot_be_read_is_left_out(bundle: Path, broken: str) -> None:
    """The others, before and after it, are trusted all the same."""
    roots = public_roots.__wrapped__
    bundle.write_bytes(Path(certifi.__file__).with_name("cacert.pem").read_bytes())
    good = roots()
    whole = [root.pem for root in good]
    bundle.write_text(
        "# a comment\n".join([*whole[:3], BROKEN[broken], *whole[3:], BROKEN[broken]])
    )
    assert public_roots() == good


def test_missing_list_is_one_line(bundle: Path) -> None:
    """A list that is not there is said, and stops the policy: nothing would be trusted."""
    with pytest.raises(CertrenewError, match=r"^trust: .*ca\.pem: no such file$"):
        public_roots()


@pytest.mark.parametrize("source", ["files", {}, {"type": "flies"}, {"type": "files", "cert": "a"}])
def test_a_source_of_the_wrong_form_is_refused(source: object) -> None:
    """The filter reads the action's source before the action has been checked."""
    manager = SimpleNamespace(data={"name": "renew"})
    with pytest.raises(PolicyValidationError, match=r"^policy:renew replace-certificate: "):
        read_source(manager, {"source": source})


def test_a_bundle_that_is_a_pipe_does_not_hang(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to would wait for ever."""
    pipe = tmp_path / "roots.pem"
    os.mkfifo(pipe)
    with pytest.raises(CertrenewError, match=r"trust: .*roots.pem: not a regular file"):
        _bundle(str(pipe))
