"""A private key leaves the process in one API call, and is in nothing that is written or said."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlencode

import pytest
from integration.conftest import NAMES, SOURCE, renewing

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

CHUNK = 15
"""Bytes: 20 characters of base64, so that any run of 24 has a whole chunk in it."""

LOUD = '''
"""Have every logger of botocore and its neighbours say everything, whatever Custodian sets."""
import importlib.util, logging, os, pathlib

class Everything(logging.FileHandler):
    def format(self, record):
        return super().format(record) + " " + repr(record.__dict__)

handler = Everything(os.environ["LOUD"])
logging.getLogger().addHandler(handler)
logging.getLogger().setLevel(logging.DEBUG)
for package in ("botocore", "boto3", "urllib3", "c7n", "c7n_certrenew"):
    root = pathlib.Path(importlib.util.find_spec(package).submodule_search_locations[0])
    for file in root.rglob("*.py"):
        name = ".".join((package, *file.relative_to(root).with_suffix("").parts))
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).addHandler(handler)
'''


def der(pem: str) -> bytes:
    """Return what a PEM text holds."""
    body = "".join(line for line in pem.splitlines() if line and "-----" not in line)
    return base64.b64decode(body)


def chunks(private: bytes, public: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the parts of a key that are nowhere in what everybody may see."""
    for start in range(0, len(private) - CHUNK + 1, 3):
        chunk = private[start : start + CHUNK]
        if not any(chunk in known for known in public):
            yield chunk


def needles(key: str, *public: str) -> tuple[bytes, ...]:
    """Return what must not be found: the secret parts of a key in base64, in hex, as bytes."""
    found = chunks(der(key), [der(text) for text in public])
    spelled = [(base64.b64encode(c), c.hex().encode(), repr(c)[2:-1].encode()) for c in found]
    return tuple(spelling for spellings in spelled for spelling in spellings)


def leaks(text: bytes, wanted: Iterable[bytes]) -> list[bytes]:
    """Return which of the needles are in a text, across line ends and URL encoding."""
    plain = text.replace(b"\\n", b"").replace(b"\n", b"")
    looked_at = plain + b"\0" + unquote_to_bytes(plain).replace(b"\n", b"").replace(b" ", b"+")
    return [needle for needle in wanted if needle in looked_at]


@pytest.fixture(scope="module")
def issued(authority: Authority) -> dict[str, Issued]:
    """Give renewed certificates: good ones, one with another's key, one with a broken key."""
    given = {
        name: authority.issue(*NAMES, days=80 + number, key=key)
        for number, (name, key) in enumerate(
            [("web", "rsa2048"), ("api", "p256"), ("foreign", "p256"), ("broken", "p256")]
        )
    }
    another = authority.issue(*NAMES, key="p256").private_key
    lines = given["broken"].private_key.splitlines()
    spoilt = "\n".join([*lines[:2], lines[2][::-1], *lines[3:], ""])
    given["foreign"] = replace(given["foreign"], private_key=another)
    given["broken"] = replace(given["broken"], private_key=spoilt)
    return given


@pytest.fixture
def wanted(issued: dict[str, Issued], authority: Authority) -> tuple[bytes, ...]:
    """Give what must not be found anywhere."""
    form = [authority.issue("else", key=key).private_key for key in ("p256", "rsa2048")]
    return tuple(
        needle
        for one in issued.values()
        for needle in needles(one.private_key, one.certificate, *form)
    )


def renewed_loudly(
    sandbox: Sandbox, custodian: Callable[..., Any], folder: Path, issued: dict[str, Issued]
) -> Any:
    """Run the stock command with every logger at DEBUG; three of four renewals fail."""
    authority = Authority()
    for number, (name, one) in enumerate(issued.items()):
        key = "rsa2048" if name == "web" else "p256"
        old = authority.issue(*NAMES, days=10 + number, age=80, key=key)
        arn = sandbox.upload(name, old)
        sandbox.classic("eu-west-1", name, Listener(443, "HTTPS", arn))
        one.write(folder / "certs" / name)
    sandbox.fail("iam", "UploadServerCertificate", "MalformedCertificate", "Unable to parse")
    policy = renewing(SOURCE, trust="any")
    (folder / "renew.json").write_text(json.dumps({"policies": [policy]}))
    for name in ("loud", "tmp"):
        (folder / name).mkdir()
    (folder / "loud/sitecustomize.py").write_text(LOUD)
    return custodian(
        *("run", "-v", "-v", "-v", "--cache", str(folder / "c7n.cache"), "-s", "out", "renew.json"),
        PYTHONPATH=os.pathsep.join([str(folder / "loud"), os.environ.get("PYTHONPATH", "")]),
        LOUD=str(folder / "loud.log"),
        TMPDIR=str(folder / "tmp"),
    )


def test_key_is_nowhere_but_in_the_upload(
    sandbox: Sandbox,
    custodian: Callable[..., Any],
    tmp_path: Path,
    issued: dict[str, Issued],
    wanted: tuple[bytes, ...],
) -> None:
    """No screen, log at any level, output, cache or temporary file has a part of a key."""
    run = renewed_loudly(sandbox, custodian, tmp_path, issued)
    states = {
        o["ServerCertificateName"]: o["State"]
        for o in json.loads((tmp_path / "out/renew/certrenew.json").read_text())["Outcomes"]
    }
    assert sorted(states.values()) == ["REFUSED", "REFUSED", "REFUSED", "RENEWED"], run.stderr
    loud = (tmp_path / "loud.log").read_bytes()
    assert b"Making request for OperationModel(name=UploadServerCertificate)" in loud
    assert leaks((run.stdout + run.stderr).encode(), wanted) == []
    files = [f for f in tmp_path.rglob("*") if f.is_file() and f.parent.parent.name != "certs"]
    assert {f.name for f in files} >= {"custodian-run.log", "certrenew.json", "metadata.json"}
    for file in files:
        assert leaks(file.read_bytes(), wanted) == [], file
    with_key = {
        call.operation
        for call in sandbox.journal
        if leaks(json.dumps(dict(call.parameters), default=str).encode(), wanted)
    }
    assert with_key == {"UploadServerCertificate"}
    assert b"[private key]" in loud


def test_search_finds_a_key_however_it_is_written(
    issued: dict[str, Issued], wanted: tuple[bytes, ...]
) -> None:
    """The search would see a key as text, its repr, URL-encoded, as base64, hex or bytes."""
    key = issued["web"].private_key
    spellings = (
        key,
        repr(key),
        json.dumps({"PrivateKey": key}),
        urlencode({"PrivateKey": key}),
        base64.b64encode(der(key)).decode(),
        der(key).hex(),
        repr(der(key)),
        key.splitlines()[15][7:31],
    )
    for spelling in spellings:
        assert leaks(spelling.encode(), wanted), spelling
    assert leaks(issued["web"].certificate.encode(), wanted) == []


def test_screen_says_nothing_of_a_key_that_cannot_be_read(
    sandbox: Sandbox,
    custodian: Callable[..., Any],
    tmp_path: Path,
    issued: dict[str, Issued],
    wanted: tuple[bytes, ...],
) -> None:
    """A broken key is named by its file, without a word of what is in it."""
    arn = sandbox.upload("broken", Authority().issue(*NAMES, days=10, key="p256"))
    sandbox.classic("eu-west-1", "broken", Listener(443, "HTTPS", arn))
    issued["broken"].write(tmp_path / "certs/broken")
    (tmp_path / "renew.json").write_text(json.dumps({"policies": [renewing()]}))
    run = custodian("run", "--cache-period=0", "-s", "out", "renew.json")
    assert "certs/broken/key.pem: the private key cannot be read" in run.stderr
    assert leaks((run.stdout + run.stderr).encode(), wanted) == []
