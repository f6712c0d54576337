"""Every source finds without side effects, fetches with the key, says what is wrong in one line."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody
from contract.kept import APART, BUCKET, KINDS, ON_AWS, Kind, Place, bundle, stored
from unit.core.certificates import DAY, authority as make_authority, root

from c7n_certrenew.core.candidate import CandidateError, Material, assemble
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.core.secret import REDACTED
from c7n_certrenew.elements.schemas import SHARED
from c7n_certrenew.sandbox import Fault, Issued, Kind as FaultKind
from c7n_certrenew.sources import SOURCES, make_source, source_class
from c7n_certrenew.sources.base import Access, SourceError
from c7n_certrenew.sources.parts import SIZE_LIMIT

READS = ("Get", "Assume")


def files_of(place: Place) -> dict[Path, tuple[int, bytes]]:
    """Return the files that there are, with their times."""
    files = (f for f in place.root.rglob("*") if f.is_file())
    return {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in files}


def test_no_source_is_left_out() -> None:
    """A new source cannot be added without its kinds here, nor without its name in the schema."""
    keyed = {name for name in SOURCES if source_class(name).keyed}
    assert {kind.options["type"] for kind in KINDS.values()} == keyed
    assert SHARED["source"]["properties"]["type"]["enum"] == list(SOURCES)
    assert [source_class(name).type for name in SOURCES] == list(SOURCES)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_finds_what_it_fetches_and_leaves_no_trace(
    place: Place, here: Access, old: Stored, issued: Issued, kind: Kind
) -> None:
    """What is fetched can be uploaded as it is, and is what the plan was about.

    Nothing is written. A plan needs no right to a key that is kept apart: it says that it was not
    checked. Neither repr nor str of what a source gives has the key in it.
    """
    kind.fill(place, issued)
    files, before = files_of(place), len(place.calls())
    source = make_source(kind.options)
    found = source.find(old, here)
    looked = place.calls()[before:]
    checked = (None, False) if kind.key else (True, True)
    assert (found.key_matches, bool(found.private_key)) == checked
    assert kind.key == "" or kind.key not in {on for _, on, _ in looked}
    fetched = source.fetch(old, here)
    assert all(call.startswith(("Get", "GET")) for call, _, _ in place.calls()[before:])
    assert files_of(place) == files
    assert fetched.leaf.fingerprint == issued.fingerprint
    assert (fetched.body_pem, fetched.chain_pem) == (issued.certificate, issued.chain)
    assert fetched.key_matches is True
    assert fetched.private_key is not None
    assert fetched.private_key.encode() == issued.private_key.encode()
    assert (found.leaf, found.chain) == (fetched.leaf, fetched.chain)
    assert found.origin == fetched.origin == kind.place
    versions = dict(fetched.versions)
    assert bool(versions.get(kind.place)) is kind.versions
    assert len(versions) == (0 if not kind.versions else len(source.places(key=True)))
    assert dict(found.versions).items() <= versions.items()
    assert "BEGIN PRIVATE KEY" not in f"{fetched!r} {fetched} {source!r}"
    assert REDACTED in repr(fetched)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_nothing_there_is_one_line(place: Place, here: Access, old: Stored, kind: Kind) -> None:
    """A source without a certificate says where it looked."""
    for verb in ("find", "fetch"):
        with pytest.raises(CandidateError) as caught:
            getattr(make_source(kind.options), verb)(old, here)
        assert str(caught.value).startswith(f"{kind.place}: {kind.absent}")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", APART.values(), ids=APART)
def test_key_that_is_not_there(
    place: Place, here: Access, old: Stored, issued: Issued, kind: Kind
) -> None:
    """The plan is made all the same; who fetches is told which key is missing."""
    kind.fill(place, issued)
    elsewhere = "<lineage>-none"
    options = {**kind.options, "private-key": elsewhere}
    if kind.options["type"] == "vault":
        options = {**kind.options, "private-key-path": elsewhere}
    source = make_source(options)
    assert source.find(old, here).leaf.fingerprint == issued.fingerprint
    with pytest.raises(SourceError, match=r"web-none: no such \w+"):
        source.fetch(old, here)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\nb", "a\0b", "~"])
def test_name_is_no_path(place: Place, here: Access, issued: Issued, name: str) -> None:
    """No name of a certificate leads anywhere else than one folder down."""
    for kind in KINDS.values():
        with pytest.raises(CandidateError, match="is not a safe path segment"):
            make_source(kind.options).find(stored(issued, name), here)
    assert place.calls() == []


def test_placeholders_are_filled(place: Place, here: Access, issued: Issued) -> None:
    """Name, account, expiry, fingerprint and tags of the old certificate are known."""
    old = stored(issued, team="shop")
    template = "<name>/<account_id>/<not_after>/<fingerprint8>/<tag:team>/all.pem"
    path = Path(f"web/123456789012/20270131/{issued.fingerprint[:8]}/shop/all.pem")
    path.parent.mkdir(parents=True)
    path.write_text(bundle(issued))
    found = make_source({"type": "files", "bundle": template}).find(old, here)
    assert found.leaf.fingerprint == issued.fingerprint


def test_tag_that_is_missing(here: Access, old: Stored) -> None:
    """A placeholder without a value is not left out of the path."""
    source = make_source({"type": "files", "bundle": "certs/<tag:team>/all.pem"})
    with pytest.raises(SourceError, match=r"'' for <tag:team>"):
        source.find(old, here)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_serves_again_what_was_served(
    place: Place, here: Access, old: Stored, issued: Issued, kind: Kind
) -> None:
    """Of several issuers with one key that are kept, the one that IAM serves is taken."""
    chain = assemble(Material("old", (issued.certificate + issued.chain).encode())).chain
    [served] = chain.intermediates
    name, key = served.subject.removeprefix("CN="), served.x509.public_key()
    copy = make_authority(name, root(), key=key, end=9000 * DAY).certificate
    kind.fill(place, dataclasses.replace(issued, chain=issued.chain + copy.pem))
    source = make_source(kind.options)
    assert source.find(dataclasses.replace(old, chain=chain), here).chain.intermediates == (served,)
    assert source.fetch(old, here).chain.intermediates == (copy,)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_what_cannot_be_a_certificate(
    place: Place, here: Access, old: Stored, issued: Issued, kind: Kind
) -> None:
    """Text that is none is named and not quoted."""
    spoilt = dataclasses.replace(
        issued, certificate="opensesame", chain="opensesame", private_key="opensesame"
    )
    kind.fill(place, spoilt)
    with pytest.raises(CandidateError) as caught:
        make_source(kind.options).fetch(old, here)
    assert str(caught.value).startswith(f"{kind.place}: no certificate in it")
    assert "opensesame" not in repr(caught.value)


FAULTS = {
    FaultKind.DENIED: "{0} answered AccessDenied",
    FaultKind.THROTTLED: "{0} answered ",
    FaultKind.RESET: "ResetError: Connection was closed",
    FaultKind.GARBLED: "",
}


@pytest.mark.parametrize("kind", ON_AWS.values(), ids=ON_AWS)
def test_store_that_does_not_answer_is_one_line(
    place: Place, here: Access, old: Stored, issued: Issued, kind: Kind
) -> None:
    """A denial, too many calls, no answer, no answer of AWS: the place and the call are named."""
    kind.fill(place, issued)
    service, operation = kind.read
    for fault, says in FAULTS.items():
        place.near.inject(Fault(service, operation, fault))
        with pytest.raises(CandidateError) as caught:
            make_source(kind.options).find(old, here)
        assert str(caught.value).startswith(f"{kind.place}: {says.format(operation)}")
        assert "\n" not in str(caught.value)
    assert make_source(kind.options).find(old, here).leaf.fingerprint == issued.fingerprint


CONTRADICTIONS: tuple[tuple[dict[str, Any], str], ...] = tuple(
    (options | {"type": kind, **({"bucket": "b"} if kind == "s3" else {})}, says)
    for kind, whole in (
        ("files", "bundle"),
        ("s3", "bundle"),
        ("secretsmanager", "secret"),
        ("ssm", "bundle"),
    )
    for options, says in (
        (
            {whole: "a", "certificate": "b", "private-key": "c", "chain": "d"},
            f"give {whole} or certificate, private-key, chain, not both",
        ),
        ({}, "give certificate and private-key"),
        ({"certificate": "a"}, "give certificate and private-key"),
        ({"private-key": "a"}, "give certificate and private-key"),
        ({whole: "<nam>/a"}, "unknown placeholder <nam>"),
        ({"certificate": "a", "private-key": "b", "chain": "<host>"}, "placeholder <host>"),
    )
)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        *CONTRADICTIONS,
        ({"type": "vault", "path": "<nam>"}, "unknown placeholder <nam>"),
        ({"type": "vault", "path": "a", "private-key-path": "b", "version": 1}, "version is one"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, Any], says: str) -> None:
    """A source that cannot be meant is refused when the policy is loaded."""
    with pytest.raises(SourceError, match=says):
        make_source(options)


def test_role_that_no_account_has_set(place: Place, here: Access, old: Stored) -> None:
    """A variable of c7n-org may stand for a role; one that is left is said."""
    for role in ("{reader}", "arn:aws:iam::{account_id}:role/reader"):
        source = {**KINDS["s3 apart"].options, "assume-role": role}
        with pytest.raises(SourceError, match=rf"^assume-role: nothing has set {re.escape(role)}$"):
            make_source(source).find(old, here)
    assert place.calls() == []


NEVER_TEMPLATES: dict[str, tuple[str, ...]] = {
    "s3": ("bucket", "region", "assume-role", "external-id", "kms-key"),
    "secretsmanager": ("region", "assume-role", "external-id", "kms-key", "stage"),
    "ssm": ("region", "assume-role", "external-id", "kms-key"),
    "vault": ("url", "mount-point"),
}


@pytest.mark.parametrize(
    ("kind", "option"), [(kind, one) for kind, many in NEVER_TEMPLATES.items() for one in many]
)
def test_no_certificate_says_where_the_store_is(kind: str, option: str) -> None:
    """Who may tag or name a certificate does not choose host, account or role (AWS row 23)."""
    whole = {"secretsmanager": "secret", "vault": "path"}.get(kind, "bundle")
    options = {"type": kind, "bucket": "b", whole: "a", "assume-role": "arn", option: "<tag:to>"}
    with pytest.raises(SourceError, match=f"^{option} takes no placeholder"):
        make_source(options)


@pytest.mark.parametrize("kind", ["secretsmanager", "ssm"])
def test_no_certificate_says_the_account_or_the_version(
    place: Place, here: Access, issued: Issued, kind: str
) -> None:
    """A tag that is an ARN, or ends with a version, is no name; an ARN's account is the user's."""
    whole = "secret" if kind == "secretsmanager" else "bundle"
    for value in ("arn:aws:secretsmanager:us-east-1:111122223333:secret:web", "web:3"):
        source = make_source({"type": kind, whole: "<tag:to>"})
        with pytest.raises(SourceError, match="a colon in it is not the policy's own"):
            source.find(stored(issued, to=value), here)
    arn = f"arn:aws:{kind}:us-east-1:<account_id>:secret:web"
    with pytest.raises(SourceError, match="only the name of an ARN takes placeholders"):
        make_source({"type": kind, whole: arn})
    assert place.calls() == []


def test_huge_values(
    place: Place, here: Access, old: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be PEM is not read into memory, or at least not taken apart."""
    monkeypatch.setattr(StreamingBody, "read", lambda *_: pytest.fail("it is read"))
    client = place.near.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="a", Body=b"a" * (SIZE_LIMIT + 1))
    with pytest.raises(SourceError, match=rf"^s3://{BUCKET}/a: larger than 4194304 bytes"):
        make_source({"type": "s3", "bucket": BUCKET, "bundle": "a"}).find(old, here)
    place.vault.put("secret/a", certificate="a" * (SIZE_LIMIT + 1))
    with pytest.raises(SourceError, match=r"^vault:secret/a: larger than"):
        make_source({"type": "vault", "path": "a"}).find(old, here)
