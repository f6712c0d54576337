"""Server certificates in IAM: read, upload, tag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws.consumers.base import whole
from c7n_certrenew.aws.faults import FAULTS, code, explain, is_ambiguous
from c7n_certrenew.aws.secrecy import in_secret
from c7n_certrenew.core.admission import Quota
from c7n_certrenew.core.candidate import Candidate, CandidateError, Material, read_certificates
from c7n_certrenew.core.chain import order
from c7n_certrenew.core.lineage import lineage_of
from c7n_certrenew.core.model import AnyCertificate, ServerCertificate
from c7n_certrenew.core.plan import Stored

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_iam.type_defs import TagTypeDef

_UNTAGGABLE = frozenset(
    {"AccessDenied", "InvalidInput", "ValidationError", "InvalidParameterValue"}
)


UNREADABLE = (*FAULTS, CandidateError)
"""What reading or uploading a server certificate can raise."""


def explain_unreadable(fault: Exception) -> str:
    """Return one line for what UNREADABLE names: AWS's refusal, or what is wrong with the PEM."""
    return str(fault) if isinstance(fault, CandidateError) else explain(fault)


@whole()
def server_certificate(metadata: Mapping[str, Any]) -> ServerCertificate:
    """Convert IAM's ServerCertificateMetadata, whose dates boto3 or c7n's cache made.

    Raises what an answer that lacks something raises: botocore's model demands no expiration.
    """
    expiration = metadata["Expiration"]
    if isinstance(expiration, str):
        expiration = datetime.fromisoformat(expiration.replace("Z", "+00:00"))
    if expiration.tzinfo is None:
        expiration = expiration.replace(tzinfo=timezone.utc)
    return ServerCertificate(
        name=metadata["ServerCertificateName"],
        arn=metadata["Arn"],
        path=metadata["Path"],
        expiration=expiration.astimezone(timezone.utc),
        id=metadata.get("ServerCertificateId", ""),
    )


def list_certificates(client: IAMClient) -> list[ServerCertificate]:
    """Return every server certificate of the account. Raises what botocore raises."""
    with whole():
        pages = client.get_paginator("list_server_certificates").paginate()
        return [server_certificate(m) for p in pages for m in p["ServerCertificateMetadataList"]]


_read: dict[str, Stored] | None = None


@contextmanager
def read_once() -> Iterator[None]:
    """Have each certificate of the one account that is looked at read once, and not be changed.

    For what only looks: whoever changes something reads again.
    """
    global _read
    _read = {}
    try:
        yield
    finally:
        _read = None


def get_certificate(client: IAMClient, name: str) -> Stored:
    """Read one server certificate with body, chain and tags.

    Raises what botocore raises, and CandidateError for a body that cannot be parsed.
    """
    kept = _read
    if kept is None:
        return _get_certificate(client, name)
    if name not in kept:
        kept[name] = _get_certificate(client, name)
    return kept[name]


@whole()
def _get_certificate(client: IAMClient, name: str) -> Stored:
    answer = client.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]
    tags = {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}
    bodies = read_certificates(Material(name, answer["CertificateBody"].encode()))
    if not bodies:
        raise CandidateError(f"{name}: IAM holds no certificate body")
    pool = read_certificates(Material(name, answer.get("CertificateChain", "").encode()))
    return Stored(
        certificate=server_certificate(answer["ServerCertificateMetadata"]),
        leaf=bodies[0],
        chain=order(bodies[0], pool),
        tags=tuple(sorted(tags.items())),
        lineage=lineage_of(name, tags),
    )


def quota(client: IAMClient) -> Quota | None:
    """Return how full the account is, None where that may not be read."""
    try:
        return read_quota(client)
    except FAULTS:
        return None


@whole()
def read_quota(client: IAMClient) -> Quota:
    """Return how full the account is. Raises what botocore raises, also where IAM does not say."""
    summary = client.get_account_summary()["SummaryMap"]
    return Quota(summary["ServerCertificates"], summary["ServerCertificatesQuota"])


def upload(
    client: IAMClient, name: str, path: str, candidate: Candidate, tags: Mapping[str, str]
) -> tuple[AnyCertificate, str]:
    """Upload a candidate under a name; return it as IAM shows it, and AWS's request id.

    The same certificate and chain that is there already under this name, from a run beside this one
    or after an answer that was lost, is taken as uploaded; the request id is then empty. Where
    tags may not be set on upload they are set afterwards, or not at all (AWS row 15).
    Raises what botocore raises.
    """
    try:
        return _upload(client, name, path, candidate, tags)
    except FAULTS as fault:
        if code(fault) in _UNTAGGABLE and tags:
            uploaded, request_id = upload(client, name, path, candidate, {})
            tag(client, name, tags)
            return uploaded, request_id
        if code(fault) == "EntityAlreadyExists" or is_ambiguous(fault):
            there = _found(client, name)
            if there and holds(there, candidate):
                return there.certificate, ""
        raise


def holds(stored: Stored, candidate: Candidate) -> bool:
    """Say whether IAM holds this candidate, with the very chain it would be served with."""
    return stored.leaf == candidate.leaf and (
        stored.chain.intermediates == candidate.chain.intermediates
    )


def _found(client: IAMClient, name: str) -> Stored | None:
    """Look whether a name is there, None where it is not or cannot be read."""
    try:
        return get_certificate(client, name)
    except UNREADABLE:
        return None


@whole()
def _upload(
    client: IAMClient, name: str, path: str, candidate: Candidate, tags: Mapping[str, str]
) -> tuple[ServerCertificate, str]:
    if candidate.private_key is None:
        raise ValueError(f"{name}: nothing is uploaded without its private key")
    optional: dict[str, Any] = {}
    if candidate.chain_pem:
        optional["CertificateChain"] = candidate.chain_pem
    if tags:
        optional["Tags"] = _tag_list(tags)
    call = partial(
        client.upload_server_certificate,
        ServerCertificateName=name,
        Path=path,
        CertificateBody=candidate.body_pem,
        PrivateKey=candidate.private_key,
        **optional,
    )
    answer = in_secret(client, candidate.private_key, call)
    metadata = answer["ServerCertificateMetadata"]
    return server_certificate(metadata), answer["ResponseMetadata"]["RequestId"]


def tag(client: IAMClient, name: str, tags: Mapping[str, str]) -> bool:
    """Tag a server certificate; say whether that was allowed. Names alone must do without."""
    try:
        client.tag_server_certificate(ServerCertificateName=name, Tags=_tag_list(tags))
    except FAULTS:
        return False
    return True


def _tag_list(tags: Mapping[str, str]) -> list[TagTypeDef]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
