"""What `certrenew permissions` prints for a source is enough; plans do without the key's."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from contract.kept import KINDS, ON_AWS, Kind, Near, Place, bundle, stored
from integration.conftest import Engine, Ran, renewing
from vaults import Vault

from c7n_certrenew.commands.granting import EVERYWHERE, document, loaded, needed_by
from c7n_certrenew.commands.granting_sources import source_statements, sources_of
from c7n_certrenew.commands.permissions import AUDIT, RENEW, SOURCE_READER
from c7n_certrenew.sandbox import Issued, Listener, Sandbox
from c7n_certrenew.sources import make_source
from c7n_certrenew.sources.base import Access, SourceError

OTHER = "210987654321"

pytestmark = [
    pytest.mark.parametrize("near", [{"regions": ("us-east-1",)}], indirect=True),
    pytest.mark.usefixtures("clock"),
]


@pytest.fixture
def place(near: Sandbox, tmp_path: Path, old: Issued) -> Place:
    """Give a place for a source, and a certificate that a load balancer serves."""
    web = near.upload("web", old)
    near.classic("us-east-1", "legacy", Listener(443, "HTTPS", web))
    return Place(near, Vault(), tmp_path)


def policy_of(source: Any) -> dict[str, Any]:
    """Return a policy that plans and renews from a source."""
    policy = renewing(source, verify="api")
    [action] = policy["actions"]
    policy["filters"].append({"type": "replacement", "source": action["source"]})
    return policy


def attach(place: Place, source: Any, *roles: str) -> None:
    """Let the account's user do what the documents of these roles allow, and nothing else."""
    path = place.root / "permissions.json"
    path.write_text(json.dumps({"policies": [policy_of(source)]}))
    found = loaded([path])
    documents = []
    for role in roles:
        one = document(needed_by(found), EVERYWHERE, role)
        one["Statement"] += source_statements(sources_of(found), EVERYWHERE, role)
        documents.append(one)
    place.near.restrict(*(one for one in documents if one["Statement"]))


def verdict(ran: Ran) -> str:
    """Return the verdict of the plan of a dry run."""
    [resource] = ran.resources
    return str(resource["c7n:replacement"]["Verdict"])


def test_a_plan_takes_no_right_to_a_key_that_is_apart(
    place: Place, engine: Engine, new: Issued
) -> None:
    """With `audit` alone a dry run is ready and a renewal is not; with all three it succeeds."""
    kind = KINDS["ssm apart"]
    kind.fill(place, new)
    policy = policy_of(kind.options)
    attach(place, kind.options, AUDIT)
    ran = engine(policy, arguments=("--dryrun",))
    assert (ran.returncode, verdict(ran)) == (0, "ready"), ran.text
    attach(place, kind.options, AUDIT, RENEW)
    ran = engine(policy)
    assert (ran.returncode, ran.codes) == (2, ["no-candidate"])
    assert f"{kind.key}: {kind.read[1]} answered AccessDenied" in ran.text
    assert list(place.near.certificates()) == ["web"]
    attach(place, kind.options, AUDIT, SOURCE_READER, RENEW)
    ran = engine(policy)
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text


@pytest.mark.parametrize("kind", ON_AWS.values(), ids=ON_AWS)
def test_an_audit_reads_certificates_and_no_key(
    place: Place, old: Issued, new: Issued, kind: Kind
) -> None:
    """Where the key is beside the certificate, an audit may not read that either."""
    kind.fill(place, new)
    source, access = make_source(kind.options), Access(Near(place))
    denied = f"{kind.key or kind.place}: {kind.read[1]} answered AccessDenied"
    attach(place, kind.options, AUDIT)
    with pytest.raises(SourceError, match=re.escape(denied)):
        (source.fetch if kind.key else source.find)(stored(old), access)
    if kind.key:
        assert source.find(stored(old), access).leaf.fingerprint == new.fingerprint
    attach(place, kind.options, SOURCE_READER)
    assert source.fetch(stored(old), access).key_matches is True


def test_a_customers_key_is_allowed_where_it_is_named(
    place: Place, old: Issued, new: Issued
) -> None:
    """`kms-key` is printed as kms:Decrypt; without it the one line of each store names KMS."""
    near, text = place.near, bundle(new)
    key = near.client("kms").create_key()["KeyMetadata"]["Arn"]
    near.client("secretsmanager").create_secret(Name="a", SecretString=text, KmsKeyId=key)
    near.client("ssm").put_parameter(
        Name="a", Value=text, Type="SecureString", KeyId=key, Tier="Advanced"
    )
    near.client("s3").create_bucket(Bucket="bucket")
    near.client("s3").put_object(
        Bucket="bucket",
        Key="a",
        Body=text.encode(),
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=key,
    )
    for source in (
        {"type": "secretsmanager", "secret": "a"},
        {"type": "ssm", "bundle": "a"},
        {"type": "s3", "bucket": "bucket", "bundle": "a"},
    ):
        attach(place, source, SOURCE_READER)
        with pytest.raises(SourceError, match=r"a: Get\w+ answered AccessDenied.*(kms:|KMS)"):
            make_source(source).fetch(stored(old), Access(Near(place)))
        named = {**source, "kms-key": key}
        attach(place, named, SOURCE_READER)
        fetched = make_source(named).fetch(stored(old), Access(Near(place)))
        assert fetched.leaf.fingerprint == new.fingerprint


def test_an_object_that_is_not_there_may_look_denied(place: Place, old: Issued) -> None:
    """Without the right to list a bucket S3 says no more, so the line does."""
    place.near.client("s3").create_bucket(Bucket="bucket")
    source = {"type": "s3", "bucket": "bucket", "bundle": "a"}
    with pytest.raises(SourceError, match=r"^s3://bucket/a: no such object$"):
        make_source(source).find(stored(old), Access(Near(place)))
    attach(place, source, SOURCE_READER)
    with pytest.raises(SourceError, match="S3 answers so, too, where there is no such object"):
        make_source(source).find(stored(old), Access(Near(place)))


def test_another_accounts_bucket(place: Place, engine: Engine, new: Issued) -> None:
    """A role of its account reads it, for whoever knows the external id, and does nothing else.

    A wrong id is one line, on the screen and in the log.
    """
    kind = KINDS["s3 apart"]
    other = place.near.account(OTHER)
    kind.fill(Place(other, Vault(), place.root), new)  # type: ignore[arg-type]
    reading = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::renewed/*"}
    role = other.role("reader", {"Statement": reading}, external_id="shop")
    source = {**kind.options, "assume-role": role, "external-id": "shop"}
    attach(place, source, AUDIT, SOURCE_READER, RENEW)
    wrong = engine(policy_of({**source, "external-id": "wrong"}))
    assert (wrong.returncode, wrong.codes) == (2, ["no-candidate"])
    said = f"the role {role} cannot be assumed: AssumeRole answered AccessDenied: "
    assert len([line for line in wrong.text.splitlines() if said in line and "ERROR" in line]) == 2
    assert "Traceback" not in wrong.text
    assert list(place.near.certificates()) == ["web"]
    place.near.clear_journal()
    ran = engine(policy_of(source), out="right")
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    there = {call.operation for call in place.near.journal if call.account_id == OTHER}
    assert there <= {"GetObject", "AssumeRole"}
