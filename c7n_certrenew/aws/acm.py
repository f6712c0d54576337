"""Certificates in ACM: the list of a region, one in full, who they are and when they expire."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws.consumers.base import tag_map, whole
from c7n_certrenew.aws.faults import FAULTS, code, explain
from c7n_certrenew.aws.regions import REGION
from c7n_certrenew.core.candidate import CandidateError, Material, read_certificates
from c7n_certrenew.core.chain import order
from c7n_certrenew.core.lineage import lineage_of
from c7n_certrenew.core.model import AcmCertificate, Unread
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.core.x509 import normal_name, printable

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_acm.type_defs import CertificateDetailTypeDef, CertificateSummaryTypeDef

    from c7n_certrenew.aws.clients import Clients

SERVICE = "acm"
ISSUED = "ISSUED"
_GONE = "ResourceNotFoundException"
_ARN = re.compile(r"arn:[a-z-]+:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+", re.ASCII)


@dataclass(frozen=True)
class Entry:
    """A certificate as ACM shows it without its body.

    `certificate` is None for a request that was not fulfilled and has no date. `status` is ACM's
    own word and `algorithm` the key's, as in `KeyType`. There may be more `names` than are shown.
    One that was not `imported` is Amazon's to renew; `users` are the ARNs of what serves it, which
    lists do not show.
    """

    arn: str
    status: str
    names: frozenset[str]
    more: bool
    algorithm: str
    certificate: AcmCertificate | None
    imported: bool = False
    users: tuple[str, ...] = ()


def is_arn(reference: str) -> bool:
    """Say whether it names a certificate in ACM."""
    return _ARN.fullmatch(reference) is not None


def is_ours(clients: Clients, reference: str) -> bool:
    """Say whether it may be a certificate of this account in ACM; a tag may say anything."""
    _, partition, service, region, account, _ = (*reference.split(":", 5), *("",) * 6)[:6]
    ours = (partition, service, account) == (clients.partition, SERVICE, clients.account_id)
    return ours and re.search(REGION, region) is not None


def region_of(arn: str) -> str:
    """Return the region of a certificate in ACM; CloudFront's are in us-east-1."""
    return arn.split(":")[3]


def find_certificates(
    client: ACMClient, region: str, arns: Collection[str]
) -> dict[str, AcmCertificate | Unread]:
    """Return what is known of the certificates that ARNs of a region name, by ARN.

    One call a page of the region's list, and one for each certificate that the list lacks. An ARN
    that is left out is one of which AWS says that it does not exist.
    """
    try:
        listed = {one.arn: one.certificate for one in list_entries(client) if one.certificate}
    except FAULTS as fault:
        return dict.fromkeys(arns, Unread(SERVICE, region, explain(fault)))
    asked = {arn: listed.get(arn) or _described(client, region, arn) for arn in arns}
    return {arn: found for arn, found in asked.items() if found}


def list_entries(client: ACMClient) -> list[Entry]:
    """Return what the region's list shows, of every key type that botocore's model names.

    Left to itself ListCertificates hides all but RSA_1024 and RSA_2048, and what ACME made
    (botocore model acm: Filters$keyTypes, ListCertificatesRequest$CertificateKeyPairOrigins).
    Raises what botocore raises.
    """
    model: Any = client.meta.service_model
    every = model.shape_for("KeyAlgorithm").enum
    pages = client.get_paginator("list_certificates").paginate(Includes={"keyTypes": every})
    with whole():
        return [_entry(one) for page in pages for one in page["CertificateSummaryList"]]


@whole()
def describe(client: ACMClient, arn: str) -> Entry:
    """Return one certificate as ACM shows it. Raises what botocore raises."""
    return _entry(client.describe_certificate(CertificateArn=arn)["Certificate"])


@whole()
def list_tags(client: ACMClient, arn: str) -> dict[str, str]:
    """Return the tags of one certificate. Raises what botocore raises."""
    return tag_map(client.list_tags_for_certificate(CertificateArn=arn)["Tags"])


def get_certificate(client: ACMClient, arn: str) -> Stored:
    """Read one certificate with body, chain and tags: three calls.

    Raises what botocore raises, and CandidateError for one that was not issued or whose body
    cannot be parsed.
    """
    entry = describe(client, arn)
    if entry.certificate is None:
        raise CandidateError(f"{arn}: not issued ({entry.status})")
    return read_body(client, entry.certificate, list_tags(client, arn))


@whole()
def read_body(client: ACMClient, certificate: AcmCertificate, tags: dict[str, str]) -> Stored:
    """Read the body and chain of a certificate whose tags are known. Raises as get_certificate."""
    answer = client.get_certificate(CertificateArn=certificate.arn)
    bodies = read_certificates(Material(certificate.arn, answer["Certificate"].encode()))
    if not bodies:
        raise CandidateError(f"{certificate.arn}: ACM holds no certificate body")
    chain = answer.get("CertificateChain", "").encode()
    return Stored(
        certificate=certificate,
        leaf=bodies[0],
        chain=order(bodies[0], read_certificates(Material(certificate.arn, chain))),
        tags=tuple(sorted(tags.items())),
        lineage=lineage_of(certificate.name, tags),
    )


def _described(client: ACMClient, region: str, arn: str) -> AcmCertificate | Unread | None:
    try:
        found = describe(client, arn)
    except FAULTS as fault:
        return None if code(fault) == _GONE else Unread(SERVICE, region, explain(fault))
    return found.certificate or Unread(SERVICE, region, f"{arn} shows no date")


def _entry(shown: CertificateSummaryTypeDef | CertificateDetailTypeDef) -> Entry:
    detail: Any = shown
    names = detail.get("SubjectAlternativeNames") or detail.get("SubjectAlternativeNameSummaries")
    domain, key = shown.get("DomainName", ""), str(shown.get("KeyAlgorithm", ""))
    return Entry(
        arn=shown.get("CertificateArn", ""),
        status=str(shown.get("Status", "")),
        names=frozenset(normal_name(printable(n)) for n in (*(names or ()), domain) if n),
        more=bool(detail.get("HasAdditionalSubjectAlternativeNames")),
        algorithm="RSA" if key.startswith("RSA") else "ECDSA",
        certificate=_certificate(shown),
        imported=shown.get("Type") == "IMPORTED",
        users=tuple(detail.get("InUseBy", ())),
    )


def _certificate(
    shown: CertificateSummaryTypeDef | CertificateDetailTypeDef,
) -> AcmCertificate | None:
    """Return a certificate, None for a request that was not fulfilled and has no date."""
    arn, expiration = shown.get("CertificateArn"), shown.get("NotAfter")
    if not arn or not expiration:
        return None
    return AcmCertificate(arn, shown.get("DomainName", ""), expiration.astimezone(timezone.utc))
