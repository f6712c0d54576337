"""A private key leaves the process in one API call, and is in nothing that is written or said."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from canary import Canary, der
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from integration.conftest import NAMES, SOURCE, renewing

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox
from c7n_certrenew.sandbox.faults import Fault, Kind

LOUD = '''
"""Say everything that loggers, the file system and other processes get to know."""
import importlib.util, json, logging, os, pathlib, sys, traceback

LOG = os.open(os.environ["LOUD"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
say = lambda *said: os.write(LOG, (" ".join(map(str, said)) + "\\n").encode("utf-8", "replace"))
configured = []

class Everything(logging.Handler):
    def emit(self, record):
        say(self.format(record), repr(vars(record)), json.dumps(vars(record), default=repr))
        if record.exc_info and record.exc_info[1]:
            error = traceback.TracebackException(*record.exc_info, capture_locals=True)
            say("".join(error.format()))
        if record.name == "botocore.endpoint" and "UploadServer" in record.getMessage():
            say(pathlib.Path("/proc/self/cmdline").read_bytes())
            say(pathlib.Path("/proc/self/environ").read_bytes(), os.environ)
        if record.name == "botocore.endpoint" and not configured:
            configured.append(__import__("boto3").set_stream_logger(""))

def audit(event, arguments):
    if event == "open" and arguments[1] and set(str(arguments[1])) & set("wax+"):
        say("WRITES", arguments[0])
    if event in ("os.remove", "os.rename") and os.path.isfile(arguments[0]):
        say("REMOVES", arguments[0], pathlib.Path(os.fsdecode(arguments[0])).read_bytes())
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        say("STARTS", arguments)

handler = Everything()
logging.getLogger().addHandler(handler)
logging.getLogger().setLevel(logging.DEBUG)
for package in ("botocore", "boto3", "urllib3", "c7n", "c7n_certrenew"):
    root = pathlib.Path(importlib.util.find_spec(package).submodule_search_locations[0])
    for file in root.rglob("*.py"):
        name = ".".join((package, *file.relative_to(root).with_suffix("").parts))
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).addHandler(handler)
sys.addaudithook(audit)
'''


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


@pytest.fixture(scope="module")
def canary(issued: dict[str, Issued], authority: Authority) -> Canary:
    """Give what must not be found anywhere."""
    form = [authority.issue("else", key=key).private_key for key in ("p256", "rsa2048")]
    public = [*form, *(one.certificate for one in issued.values())]
    return Canary.of(*(one.private_key for one in issued.values()), public=public)


def renewed_loudly(
    sandbox: Sandbox, custodian: Callable[..., Any], folder: Path, issued: dict[str, Issued]
) -> Any:
    """Run the stock command with every logger at DEBUG; three of four renewals fail.

    The first upload is refused by an answer that quotes the key, the second is cut off.
    """
    authority = Authority()
    for number, (name, one) in enumerate(issued.items()):
        key = "rsa2048" if name == "web" else "p256"
        old = authority.issue(*NAMES, days=10 + number, age=80, key=key)
        arn = sandbox.upload(name, old)
        sandbox.classic("eu-west-1", name, Listener(443, "HTTPS", arn))
        one.write(folder / "certs" / name)
    quoted = f"Unable to parse '{issued['web'].private_key}' at 'privateKey'"
    sandbox.fail("iam", "UploadServerCertificate", "MalformedCertificate", quoted)
    sandbox.inject(Fault("iam", "UploadServerCertificate", Kind.RESET))
    policy = renewing(SOURCE, trust="any")
    (folder / "renew.json").write_text(json.dumps({"policies": [policy]}))
    for name in ("loud", "tmp"):
        (folder / name).mkdir()
    (folder / "loud/sitecustomize.py").write_text(LOUD)
    return custodian(
        *("run", "-v", "--debug", "--cache", str(folder / "c7n.cache"), "-s", "out", "renew.json"),
        PYTHONPATH=os.pathsep.join([str(folder / "loud"), os.environ.get("PYTHONPATH", "")]),
        LOUD=str(folder / "loud.log"),
        TMPDIR=str(folder / "tmp"),
    )


def test_key_is_nowhere_but_in_the_upload(
    sandbox: Sandbox,
    custodian: Callable[..., Any],
    tmp_path: Path,
    issued: dict[str, Issued],
    canary: Canary,
) -> None:
    """No screen, log, output, cache, temporary file or process has a part of a key (AWS row 16)."""
    run = renewed_loudly(sandbox, custodian, tmp_path, issued)
    states = {
        o["ServerCertificateName"]: o["State"]
        for o in json.loads((tmp_path / "out/renew/certrenew.json").read_text())["Outcomes"]
    }
    assert sorted(states.values()) == ["REFUSED", "REFUSED", "REFUSED", "RENEWED"], run.stderr
    assert canary.leaks(run.stdout) == []
    assert canary.leaks(run.stderr) == []
    files = [f for f in tmp_path.rglob("*") if f.is_file() and f.parent.parent.name != "certs"]
    assert {f.name for f in files} >= {"custodian-run.log", "certrenew.json", "metadata.json"}
    for file in files:
        assert canary.leaks(file.read_bytes()) == [], file
    with_key = {
        call.operation
        for call in sandbox.journal
        if canary.leaks(json.dumps(dict(call.parameters), default=str))
    }
    assert with_key == {"UploadServerCertificate"}
    heard((tmp_path / "loud.log").read_text(), run.stderr, tmp_path)


def heard(loud: str, screen: str, folder: Path) -> None:
    """Hold that what had to be listened to was heard, and that nothing was written elsewhere."""
    for said in (loud, screen):
        assert "Making request for OperationModel(name=UploadServerCertificate)" in said
        assert "'PrivateKey': [private key]" in said
        assert "Unable to parse '-----BEGIN" in said
    assert "MalformedCertificate" in screen
    assert "certs/broken/key.pem: the private key cannot be read" in screen
    assert "REMOVES" in loud
    assert str(folder / "loud.log") in loud  # the environment was looked at
    written = {line.split(" ", 1)[1] for line in loud.splitlines() if line.startswith("WRITES ")}
    assert any(path.endswith("certrenew.new") for path in written)
    elsewhere = {p for p in written if not p.startswith((str(folder), "out/", "/dev/null"))}
    assert {p for p in elsewhere if ".pyc" not in p and not p.isdigit()} == set()


def test_search_finds_a_key_however_it_is_written(
    issued: dict[str, Issued], canary: Canary
) -> None:
    """The search would see a key as text, its repr, URL-encoded, as base64, hex, bytes, number."""
    key = issued["web"].private_key
    spellings = (
        key,
        repr(key),
        json.dumps({"PrivateKey": key}),
        json.dumps(key).replace("/", "\\/"),
        urlencode({"PrivateKey": key}),
        base64.b64encode(der(key)),
        base64.urlsafe_b64encode(der(key)),
        base64.b64encode(b"x: " + key.encode()),
        der(key),
        repr(der(key)),
        der(key).hex(),
        der(key).hex().upper(),
        str(secret_exponent(key)),
        key.splitlines()[15][7:31],
    )
    for spelling in spellings:
        assert canary.leaks(spelling), spelling
    assert canary.leaks(issued["web"].certificate) == []
    assert canary.leaks(Authority().issue("else", key="p256").private_key) == []


def secret_exponent(pem: str) -> int:
    """Return an RSA key's private exponent."""
    key: Any = load_pem_private_key(pem.encode(), None)
    return int(key.private_numbers().d)
