"""Which version of what a store has is read, from which region, and what its fields are called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contract.kept import BUCKET, Place, bundle, fields

from c7n_certrenew.core.candidate import CandidateError
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.sandbox import Authority, Issued
from c7n_certrenew.sources import make_source
from c7n_certrenew.sources.base import Access, SourceError

APART = {"certificate": "a", "private-key": "b"}


@pytest.fixture(scope="module")
def earlier(authority: Authority) -> Issued:
    """Give the certificate that was there before."""
    return authority.issue("www.example.com", days=20, key="p256")


def found(options: dict[str, Any], old: Stored, here: Access) -> tuple[str, str]:
    """Return the fingerprint of what a source finds, and the version of what was read."""
    candidate = make_source(options).find(old, here)
    [(_, version)] = candidate.versions
    return candidate.leaf.fingerprint, version


def test_versions_of_an_object(
    place: Place, here: Access, old: Stored, issued: Issued, earlier: Issued
) -> None:
    """The latest one, or one that is named by its id; what has no versions has no id."""
    s3 = place.near.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a", Body=bundle(issued).encode())
    source = {"type": "s3", "bucket": BUCKET, "bundle": "a"}
    assert make_source(source).find(old, here).versions == ()
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    ids = [
        s3.put_object(Bucket=BUCKET, Key="a", Body=bundle(one).encode())["VersionId"]
        for one in (earlier, issued)
    ]
    assert found(source, old, here) == (issued.fingerprint, ids[1])
    one = {**source, "version-id": ids[0]}
    assert found(one, old, here) == (earlier.fingerprint, ids[0])
    with pytest.raises(SourceError, match="version-id is one object's: give bundle with it"):
        make_source({**APART, "type": "s3", "bucket": BUCKET, "version-id": "b"})


def test_stages_and_versions_of_a_secret(
    place: Place, here: Access, old: Stored, issued: Issued, earlier: Issued
) -> None:
    """AWSCURRENT unless another stage is named: AWSPREVIOUS is the way back."""
    client = place.near.client("secretsmanager")
    first = client.create_secret(Name="web", SecretString=json.dumps(fields(earlier)))["VersionId"]
    put = client.put_secret_value(SecretId="web", SecretString=json.dumps(fields(issued)))
    source = {"type": "secretsmanager", "secret": "web"}
    assert found(source, old, here) == (issued.fingerprint, put["VersionId"])
    assert found({**source, "stage": "AWSPREVIOUS"}, old, here) == (earlier.fingerprint, first)
    assert found({**source, "version-id": first}, old, here) == (earlier.fingerprint, first)
    with pytest.raises(SourceError, match=r"^secretsmanager:web: "):
        make_source({**source, "stage": "AWSPENDING"}).find(old, here)
    with pytest.raises(SourceError, match="give stage or version-id, not both"):
        make_source({**source, "stage": "a", "version-id": "b"})
    with pytest.raises(SourceError, match="version-id is one secret's: give secret with it"):
        make_source({**APART, "type": "secretsmanager", "version-id": "b"})


def test_versions_and_labels_of_a_parameter(
    place: Place, here: Access, old: Stored, issued: Issued, earlier: Issued
) -> None:
    """A name may end with `:3` or `:label`, as SSM itself has it."""
    client = place.near.client("ssm")
    for one in (earlier, issued):
        client.put_parameter(
            Name="/web", Value=bundle(one), Type="SecureString", Tier="Advanced", Overwrite=True
        )
    client.label_parameter_version(Name="/web", ParameterVersion=1, Labels=["before"])
    source = {"type": "ssm", "bundle": "/<lineage>"}
    assert found(source, old, here) == (issued.fingerprint, "2")
    assert found({**source, "bundle": "/<lineage>:1"}, old, here) == (earlier.fingerprint, "1")
    assert found({**source, "bundle": "/web:before"}, old, here) == (earlier.fingerprint, "1")
    with pytest.raises(SourceError, match=r"^ssm:/web:9: no such version or label in us-east-1$"):
        make_source({**source, "bundle": "/web:9"}).find(old, here)


def test_region_is_an_option_or_the_arns(
    place: Place, here: Access, old: Stored, issued: Issued
) -> None:
    """Without one it is the run's; the line of an error says which was looked in."""
    client = place.near.client("secretsmanager", "eu-west-1")
    arn = client.create_secret(Name="web", SecretString=json.dumps(fields(issued)))["ARN"]
    source = {"type": "secretsmanager", "secret": "web"}
    for options in ({**source, "region": "eu-west-1"}, {**source, "secret": arn}):
        assert found(options, old, here)[0] == issued.fingerprint
    with pytest.raises(SourceError, match=r"no such secret or version in us-east-1$"):
        make_source(source).find(old, here)
    with pytest.raises(SourceError, match="it is not in us-east-1: leave region out"):
        make_source({**source, "secret": arn, "region": "us-east-1"})


FIELDS = {"fields": {"certificate": "crt", "private-key": "tls.key", "chain": "ca"}}


def test_fields_have_the_names_they_are_given(
    place: Place, here: Access, old: Stored, issued: Issued
) -> None:
    """A list is a chain too, and a line's end that was pasted as two characters is one.

    What Windows puts before a text is no part of it.
    """
    pasted = issued.private_key.replace("\n", "\\n")
    text = json.dumps({"crt": issued.certificate, "tls.key": pasted, "ca": [issued.chain]})
    text = f"\ufeff{text}"
    place.near.client("secretsmanager").create_secret(Name="web", SecretString=text)
    candidate = make_source({"type": "secretsmanager", "secret": "web", **FIELDS}).fetch(old, here)
    assert candidate.chain_pem == issued.chain
    assert candidate.private_key is not None
    assert candidate.private_key.encode() == issued.private_key.encode()
    with pytest.raises(CandidateError) as caught:
        make_source({"type": "secretsmanager", "secret": "web"}).find(old, here)
    assert str(caught.value) == (
        "secretsmanager:web: no certificate in its fields; "
        "the option fields says what they are called"
    )
