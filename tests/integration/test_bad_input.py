"""Renewed certificates that must not go live, and those that can be repaired without guessing."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from integration.conftest import (
    NAMES,
    SOURCE,
    Engine,
    Policy,
    Ran,
    read_run,
    renewing,
    with_text,
    writes,
)

from c7n_certrenew.core.page import PAGE
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

Write = Callable[[Path, Issued, Authority], object]


@pytest.fixture
def shop(near: Sandbox, old: Issued) -> Sandbox:
    """Give an account where `web` is served."""
    serve(near, old)
    return near


def serve(sandbox: Sandbox, old: Issued, name: str = "web") -> str:
    """Bind the old certificate to a listener."""
    arn = sandbox.upload(name, old)
    sandbox.application("us-east-1", "shop", Listener(443, "HTTPS", arn))
    return arn


def issuing(**knobs: Any) -> Write:
    """Write a certificate that differs from a good one in what is named."""
    knobs = {"names": NAMES, "days": 89, "age": 1, "key": "p256", **knobs}

    def write(certs: Path, new: Issued, authority: Authority) -> None:
        given = {k: v() if callable(v) else v for k, v in knobs.items() if k != "names"}
        authority.issue(*knobs["names"], **given).write(certs)

    return write


def replacing(file: str, content: bytes | None) -> Write:
    """Write a good certificate with other content in one file, or without the file."""

    def write(certs: Path, new: Issued, authority: Authority) -> None:
        new.write(certs)
        (certs / file).unlink()
        if content is not None:
            (certs / file).write_bytes(content)

    return write


def key_of_another(certs: Path, new: Issued, authority: Authority) -> None:
    """Write a certificate beside the key of another one."""
    other = authority.issue(*NAMES, days=89, key="p256")
    with_text(new, private_key=other.private_key).write(certs)


def encrypted_key(certs: Path, new: Issued, authority: Authority) -> None:
    """Write a key with a passphrase."""
    key: Any = serialization.load_pem_private_key(new.private_key.encode(), None)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with_text(new, private_key=pem.decode()).write(certs)


def self_signed(certs: Path, new: Issued, authority: Authority) -> None:
    """Write a certificate with the right names that nobody vouches for."""
    lonely = authority.self_signed(*NAMES, days=89, key="p256")
    with_text(lonely, chain=new.chain).write(certs)


def of_a_stranger(certs: Path, new: Issued, authority: Authority) -> None:
    """Write a certificate of an authority with the same names."""
    Authority().issue(*NAMES, days=89, key="p256").write(certs)


def without_intermediate(certs: Path, new: Issued, authority: Authority) -> None:
    """Write a chain that lacks the intermediate."""
    with_text(new, chain=new.root).write(certs)


def directory(certs: Path, new: Issued, authority: Authority) -> None:
    """Make a directory where the key should be."""
    new.write(certs)
    (certs / "key.pem").unlink()
    (certs / "key.pem").mkdir()


def below_a_file(certs: Path, new: Issued, authority: Authority) -> None:
    """Make a file of what should be the directory."""
    certs.parent.mkdir()
    certs.write_text("not a directory")


def leading_out(certs: Path, new: Issued, authority: Authority) -> None:
    """Link the key to a place that is not below the prefix."""
    new.write(certs)
    (certs / "key.pem").rename(certs.parents[1] / "key.pem")
    (certs / "key.pem").symlink_to(certs.parents[1] / "key.pem")


def folder_leading_out(certs: Path, new: Issued, authority: Authority) -> None:
    """Link the whole folder of the lineage to another place."""
    new.write(certs.parents[1] / "elsewhere")
    certs.parent.mkdir()
    certs.symlink_to(certs.parents[1] / "elsewhere")


def tomorrow() -> datetime:
    """Return when a certificate becomes valid that is not valid yet."""
    return datetime.now(timezone.utc) + timedelta(days=1)


JUNK = bytes(range(256)) * 4
BAD: dict[str, tuple[Write, str, str]] = {
    "key of another": (key_of_another, "key-mismatch", "private key does not belong to"),
    "encrypted key": (encrypted_key, "no-candidate", "key.pem: the private key is encrypted"),
    "no intermediate": (without_intermediate, "chain-incomplete", "add it to the chain file"),
    "expired": (issuing(days=-1), "expired", "it expired on"),
    "not yet valid": (issuing(not_before=tomorrow), "not-yet-valid", "it is not valid before"),
    "fewer names": (issuing(names=NAMES[:1]), "fewer-names", f"it does not cover {NAMES[1]}"),
    "expires sooner": (issuing(days=11), "expires-sooner", "sooner than the one it would replace"),
    "hardly later": (issuing(days=13), "expires-sooner", "hardly later than the one"),
    "self-signed": (self_signed, "untrusted", "it does not chain to"),
    "of a stranger": (of_a_stranger, "untrusted", "trust: {bundle: FILE}"),
    "CA": (issuing(ca=True), "ca-certificate", "it is a CA certificate"),
    "client": (issuing(server_auth=False), "no-server-auth", "lacks serverAuth"),
    "another algorithm": (issuing(key="rsa2048"), "key-algorithm", "they are two lineages"),
    "no certificate file": (
        replacing("cert.pem", None),
        "no-candidate",
        "certs/web/cert.pem: no such file",
    ),
    "no key file": (replacing("key.pem", None), "no-candidate", "certs/web/key.pem: no such file"),
    "no chain file": (
        replacing("chain.pem", None),
        "no-candidate",
        "certs/web/chain.pem: no such file",
    ),
    "empty certificate": (
        replacing("cert.pem", b""),
        "no-candidate",
        "certs/web/cert.pem: the file is empty",
    ),
    "empty key": (replacing("key.pem", b"\n"), "no-candidate", "key.pem: the file is empty"),
    "directory": (directory, "no-candidate", "certs/web/key.pem: is a directory"),
    "below a file": (below_a_file, "no-candidate", "certs/web/cert.pem: not a directory"),
    "binary certificate": (
        replacing("cert.pem", JUNK),
        "no-candidate",
        "cert.pem: no certificate in it (a PEM file is expected)",
    ),
    "binary key": (
        replacing("key.pem", JUNK),
        "no-candidate",
        "key.pem: no private key in it (a PEM file is expected)",
    ),
    "cut off": (
        replacing("cert.pem", b"-----BEGIN CERTIFICATE-----\nMIIB"),
        "no-candidate",
        "cert.pem: a PEM block in it is cut off",
    ),
    "garbled": (
        replacing("cert.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"),
        "no-candidate",
        "cert.pem: PEM block 1 is not a certificate",
    ),
    "link leading out": (leading_out, "no-candidate", "key.pem: it leads out of certs"),
    "folder leading out": (folder_leading_out, "no-candidate", "it must stay below"),
}


def assert_refused(ran: Ran, sandbox: Sandbox, phrase: str) -> None:
    """Hold a run against what a user must see: one line, no traceback, nothing done."""
    assert ran.returncode not in (0, None)
    assert "Traceback" not in ran.text
    lines = {
        line.partition("policy:renew")[2]
        for line in ran.text.splitlines()
        if "ERROR" in line and "policy:renew" in line
    }
    [line] = lines
    assert phrase in line
    assert re.search(rf"; nothing was uploaded or changed; see {PAGE}#[a-z-]+$", line)
    assert writes(sandbox) == []


@pytest.mark.parametrize("kind", BAD)
def test_refused(
    shop: Sandbox, engine: Engine, new: Issued, authority: Authority, certs: Path, kind: str
) -> None:
    """One clear line names policy, certificate and fault; nothing is uploaded or changed."""
    write, code, phrase = BAD[kind]
    write(certs, new, authority)
    ran = engine(renewing())
    assert_refused(ran, shop, phrase)
    where = "" if code == "no-candidate" else " certs/web/cert.pem"
    assert f" certificate:web REFUSED{where}: " in ran.text
    assert (ran.outcome["State"], code in ran.codes) == ("REFUSED", True)


@pytest.mark.parametrize("kind", BAD)
def test_refused_in_the_plan_as_well(
    shop: Sandbox, engine: Engine, new: Issued, authority: Authority, certs: Path, kind: str
) -> None:
    """`--dryrun` shows the same reason, except about a key that it does not read."""
    write, code, _ = BAD[kind]
    write(certs, new, authority)
    policy = renewing()
    policy["filters"].append({"type": "replacement", "source": policy["actions"][0]["source"]})
    ran = engine(policy, arguments=["--dryrun"])
    [found] = ran.resources
    plan = found["c7n:replacement"]
    of_the_key = "key" in kind or kind in ("directory", "link leading out")
    refused = code in [reason["Code"] for reason in plan.get("Refusals", [])]
    assert (ran.returncode, refused, plan["Available"]) == (0, not of_the_key, of_the_key)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads files whatever their mode")
def test_unreadable_file_is_refused(
    shop: Sandbox, engine: Engine, new: Issued, certs: Path
) -> None:
    """A key that this user may not read is named."""
    new.write(certs)
    (certs / "key.pem").chmod(0)
    assert_refused(engine(renewing()), shop, "certs/web/key.pem: permission denied")


def test_every_reason_is_given_at_once(
    shop: Sandbox, engine: Engine, authority: Authority, certs: Path
) -> None:
    """A user corrects everything in one go."""
    Authority().issue("else.example.com", days=5, key="rsa2048", ca=True).write(certs)
    ran = engine(renewing())
    expected = {"expires-sooner", "fewer-names", "ca-certificate", "key-algorithm", "untrusted"}
    assert expected <= set(ran.codes)


def test_certificate_called_like_a_path(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """IAM allows a certificate called `..`; it is no way out of the folder."""
    serve(near, old, "..")
    new.write(certs.parents[1])
    assert_refused(engine(renewing()), near, "is not a safe path segment; name another path")


def test_unknown_key_of_the_policy(shop: Sandbox, engine: Engine, new: Issued, certs: Path) -> None:
    """A misspelt option ends the command before anything is read."""
    new.write(certs)
    ran = engine(renewing(max_binding=1))
    assert ran.returncode != 0
    assert "'max-binding' was unexpected" in ran.text
    assert "Traceback" not in ran.text
    assert shop.journal == []


WRONG_SOURCES: list[tuple[dict[str, Any], str]] = [
    ({"type": "files", "bundle": "b.pem", "certificate": "c.pem"}, "give bundle or certificate"),
    ({"type": "files", "certificate": "c.pem"}, "give certificate and private-key (and chain)"),
    ({"type": "files", "bundle": "<linage>.pem"}, "unknown placeholder <linage>"),
]


@pytest.mark.parametrize(("source", "phrase"), WRONG_SOURCES)
def test_source_that_contradicts_itself(
    shop: Sandbox, engine: Engine, source: dict[str, Any], phrase: str
) -> None:
    """A source that cannot be meant is refused before anything is read."""
    ran = engine(renewing(source))
    assert ran.returncode != 0
    assert phrase in ran.text
    assert shop.journal == []


def test_trust_bundle_that_is_missing(
    shop: Sandbox, engine: Engine, new: Issued, certs: Path
) -> None:
    """A bundle that cannot be read ends the policy with one line."""
    new.write(certs)
    ran = engine(renewing(trust={"bundle": "roots.pem"}))
    assert ran.returncode != 0
    assert "trust: roots.pem: no such file" in ran.text
    assert "Traceback" not in ran.text
    assert writes(shop) == []


# what is repaired


def with_crlf(certs: Path, new: Issued, authority: Authority) -> Policy:
    """Write files as Windows does."""
    new.write(certs)
    for file in certs.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    return renewing()


def with_text_before(certs: Path, new: Issued, authority: Authority) -> Policy:
    """Write what `openssl x509 -text` prints before the block."""
    new.write(certs)
    for file in certs.iterdir():
        file.write_bytes("Certificate:\n    Subject: CN=Bücher\n".encode() + file.read_bytes())
    return renewing()


def in_the_wrong_order(certs: Path, new: Issued, authority: Authority) -> Policy:
    """Write the chain upside down, with the root and the leaf in it."""
    with_text(new, chain=new.root + new.chain + new.certificate).write(certs)
    return renewing()


def as_a_bundle(certs: Path, new: Issued, authority: Authority) -> Policy:
    """Write everything into one file, the key first."""
    certs.mkdir(parents=True)
    (certs / "all.pem").write_text(new.private_key + new.chain + new.root + new.certificate)
    return renewing({"type": "files", "bundle": "certs/<lineage>/all.pem"})


def chain_in_the_certificate(certs: Path, new: Issued, authority: Authority) -> Policy:
    """Write what ACME clients call fullchain.pem, and no chain file."""
    with_text(new, certificate=new.certificate + new.chain).write(certs)
    return renewing({key: value for key, value in SOURCE.items() if key != "chain"})


REPAIRED = (
    with_crlf,
    with_text_before,
    in_the_wrong_order,
    as_a_bundle,
    chain_in_the_certificate,
)


@pytest.mark.parametrize("write", REPAIRED)
def test_repaired(
    shop: Sandbox,
    engine: Engine,
    new: Issued,
    authority: Authority,
    certs: Path,
    write: Callable[[Path, Issued, Authority], Policy],
) -> None:
    """What AWS would refuse for its form alone is uploaded in AWS's form, silently."""
    ran = engine(write(certs, new, authority))
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert "ERROR" not in ran.text
    assert "WARNING" not in ran.text
    [upload] = [c.parameters for c in shop.journal if c.operation == "UploadServerCertificate"]
    assert upload["CertificateBody"].strip() == new.certificate.strip()
    assert upload["CertificateChain"].strip() == new.chain.strip()


# what a user of the command sees


def test_stock_command_refuses(
    sandbox: Sandbox,
    custodian: Callable[..., Any],
    old: Issued,
    new: Issued,
    authority: Authority,
    certs: Path,
    tmp_path: Path,
) -> None:
    """`custodian run` exits non-zero with one line on the screen and one in its log."""
    spoil, _, phrase = BAD["key of another"]
    serve(sandbox, old)
    spoil(certs, new, authority)
    (tmp_path / "renew.json").write_text(json.dumps({"policies": [renewing()]}))
    command = custodian("run", "--cache-period=0", "-s", "out", "renew.json")
    text = command.stdout + command.stderr
    assert_refused(read_run(tmp_path / "out/renew", command.returncode, text), sandbox, phrase)


def test_an_unknown_key_is_named(engine: Engine) -> None:
    """`custodian run` refuses a misspelt option without a traceback."""
    ran = engine(renewing(max_binding=1))
    assert ran.returncode == 1
    assert "'max-binding' was unexpected" in ran.text
    assert "Traceback" not in ran.text
