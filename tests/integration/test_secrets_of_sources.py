"""A private key that comes from a store is in nothing that is written or said, at any level."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from boto3 import Session
from canary import Canary, with_locals
from contract.kept import KINDS, Kind, Near, Place, fields, stored
from integration.conftest import Engine, renewing
from integration.test_secrets_in_failures import Ears
from vaults import TOKEN, Vault, serving

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.core.candidate import Material
from c7n_certrenew.sandbox import Authority, Fault, Issued, Kind as FaultKind, Listener, Sandbox
from c7n_certrenew.sources import make_source, secretsmanager, ssm
from c7n_certrenew.sources.base import Access, SourceError
from c7n_certrenew.sources.parts import Parts

STORES = {
    name: kind
    for name, kind in KINDS.items()
    if name == "s3 apart" or not (kind.key or name.startswith("files"))
}
WHOLE = {name: KINDS[name] for name in ("secretsmanager json", "vault")}

pytestmark = pytest.mark.parametrize("near", [{"regions": ("us-east-1",)}], indirect=True)


@pytest.fixture(scope="module")
def vault() -> Iterator[Vault]:
    """Give a Vault that is served."""
    with serving() as vault:
        yield vault


@pytest.fixture
def place(near: Sandbox, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Give an empty place for sources to look at."""
    vault.clear()
    monkeypatch.setenv("VAULT_ADDR", vault.url)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    return Place(near, vault, tmp_path)


@pytest.fixture(scope="module")
def canary(new: Issued, authority: Authority) -> Canary:
    """Give what must not be found: the key of the renewed certificate."""
    public = new.certificate, authority.issue("else", key="p256").private_key
    return Canary.of(new.private_key, public=public)


@pytest.fixture
def ears() -> Iterator[Ears]:
    """Hear everything, from the moment on when they are open."""
    ears = Ears()
    yield ears
    ears.close()


def fetched(place: Place, kind: Kind, old: Issued, ears: Ears) -> str:
    """Fetch; return the error, if any, and hear all that is said meanwhile."""
    source, access = make_source(kind.options), Access(Near(place))
    ears.open()
    try:
        ears.heard.append(repr(source.fetch(stored(old), access)))
    except Exception as error:
        ears.heard.append(with_locals(error))
        return f"{type(error).__name__}: {error}"
    finally:
        ears.close()
    return ""


def assert_kept(ears: Ears, canary: Canary) -> None:
    """Neither the key nor Vault's token was said, though a lot was."""
    said = "\0".join([*ears.heard, ears.stream.getvalue()])
    assert len(said) > 1000
    assert canary.leaks(said) == []
    assert TOKEN not in said


@pytest.mark.parametrize("kind", STORES.values(), ids=STORES)
def test_answers_with_a_key(
    place: Place, old: Issued, new: Issued, canary: Canary, ears: Ears, kind: Kind
) -> None:
    """Good ones, and those that end within the key: what AWS answers is logged without it."""
    kind.fill(place, new)
    assert fetched(place, kind, old, ears) == ""
    service, operation = kind.read
    for fault in (FaultKind.CUT_SHORT, FaultKind.GARBLED, FaultKind.ERROR) if service else ():
        place.near.inject(Fault(service, operation, fault, after_effect=True, times=None))
        assert fetched(place, kind, old, ears).startswith(("SourceError", "CandidateError"))
        place.near.clear_faults()
    assert_kept(ears, canary)


SPOILT: dict[str, Callable[[Issued], str]] = {
    "key only": lambda new: json.dumps({"private_key": new.private_key}),
    "key as the name": lambda new: json.dumps({new.private_key: "a", "certificate": "b"}),
    "no JSON": lambda new: json.dumps(fields(new))[:-20],
    "a list": lambda new: "{" + json.dumps([new.private_key]),
    "escaped twice": lambda new: json.dumps({"certificate": 5, "private_key": [new.private_key]}),
    "cut off": lambda new: (new.certificate + new.private_key)[:-40],
    "key of another form": lambda new: "{" * 99_999 + new.private_key,
}


def test_values_that_cannot_be_taken(
    place: Place, old: Issued, new: Issued, canary: Canary, ears: Ears
) -> None:
    """JSON that is none, or has the key alone: the error names the secret and quotes nothing."""
    client = place.near.client("secretsmanager")
    client.create_secret(Name="certs/web/all", SecretString="-")
    for spoil in SPOILT.values():
        text = spoil(new)
        client.put_secret_value(SecretId="certs/web/all", SecretString=text[:65_536])
        said = fetched(place, KINDS["secretsmanager all"], old, ears)
        assert said.partition(": ")[2].startswith("secretsmanager:certs/web/all: "), said
    assert_kept(ears, canary)


VAULTS: dict[str, Callable[[Issued], tuple[int, bytes]]] = {
    "no JSON": lambda new: (200, json.dumps(fields(new)).encode()[:-9]),
    "a version 1": lambda new: (200, json.dumps({"data": fields(new)}).encode()),
    "a list": lambda new: (200, json.dumps([new.private_key]).encode()),
    "elsewhere": lambda new: (307, new.private_key.encode()),
    "sealed": lambda new: (503, b'{"errors":["Vault is sealed"]}'),
    "quoting the request": lambda new: (400, f"X-Vault-Token: {TOKEN}".encode()),
    "refusing the token": lambda new: (403, json.dumps({"errors": [f"{TOKEN}?"]}).encode()),
    "passed on": lambda new: (502, new.private_key.encode()),
    "an error with it": lambda new: (500, json.dumps({"errors": [new.private_key]}).encode()),
}


def test_answers_of_vault_that_cannot_be_taken(
    place: Place, old: Issued, new: Issued, canary: Canary, ears: Ears
) -> None:
    """What is no secret of KV 2 is one line; no other host is asked with the token."""
    for answer in VAULTS.values():
        place.vault.instead = answer(new)
        said = fetched(place, KINDS["vault"], old, ears)
        assert said.startswith("SourceError: vault:secret/certs/web: "), said
        ears.heard.append(said)
    assert len(place.vault.asked) == len(VAULTS)
    assert_kept(ears, canary)


def unexpected(*_: object, **__: object) -> Material:
    """Fail as code does that has a defect."""
    raise RuntimeError("unexpected")


@pytest.mark.parametrize(
    ("kind", "owner", "name"),
    [
        ("secretsmanager json", secretsmanager, "Material"),
        ("ssm all", ssm, "Material"),
        ("vault", Parts, "of_fields"),
    ],
)
def test_defect_with_a_key_at_hand(
    place: Place,
    old: Issued,
    new: Issued,
    canary: Canary,
    ears: Ears,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    owner: object,
    name: str,
) -> None:
    """An exception that nobody expects leaves without the frames that hold an answer."""
    KINDS[kind].fill(place, new)
    monkeypatch.setattr(owner, name, unexpected)
    assert fetched(place, KINDS[kind], old, ears) == "RuntimeError: unexpected"
    assert_kept(ears, canary)


def test_credentials_of_a_role(
    place: Place, old: Issued, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What AssumeRole answers is logged nowhere, nor quoted where it cannot be read."""
    for name, value in place.near.environ.items():
        monkeypatch.setenv(name, value)
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    role = place.near.role("reader", {"Statement": reading})
    source = make_source({"type": "s3", "bucket": "b", "bundle": "a", "assume-role": role})
    ears.open()
    for fault in (None, FaultKind.CUT_SHORT, FaultKind.GARBLED):
        if fault:
            place.near.inject(Fault("sts", "AssumeRole", fault))
        clients = Clients(Session(region_name="us-east-1"), place.near.account_id)
        with pytest.raises(SourceError) as caught:
            source.find(stored(old), Access(clients))
        ears.heard.append(with_locals(caught.value))
    ears.close()
    said = "\0".join([*ears.heard, ears.stream.getvalue()])
    assert "AssumeRole" in said
    assert "SecretAccessKey" not in said


@pytest.mark.parametrize("kind", WHOLE.values(), ids=WHOLE)
def test_renewal_from_a_store(
    place: Place,
    engine: Engine,
    old: Issued,
    new: Issued,
    canary: Canary,
    tmp_path: Path,
    kind: Kind,
) -> None:
    """A whole run at DEBUG leaves the key in the upload alone, and the version in the record."""
    kind.fill(place, new)
    web = place.near.upload("web", old)
    place.near.classic("us-east-1", "legacy", Listener(443, "HTTPS", web))
    ears = Ears()
    ears.open()
    ran = engine(renewing(kind.options, verify="api"), arguments=("-v", "--debug"))
    ears.close()
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert ran.record["Plans"]
    assert kind.place in json.dumps(ran.record)
    left = [file.read_text("latin-1") for file in tmp_path.rglob("*") if file.is_file()]
    said = "\0".join([ran.text, *ears.heard, ears.stream.getvalue(), *left])
    assert canary.leaks(said) == []
    assert TOKEN not in said
