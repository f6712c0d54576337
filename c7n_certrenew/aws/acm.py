"""Certificates in ACM: when they expire."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timezone
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws.consumers.base import whole
from c7n_certrenew.aws.faults import FAULTS, code, explain
from c7n_certrenew.core.model import AcmCertificate, Unread

if TYPE_CHECKING:
    from mypy_boto3_acm import ACMClient
    from mypy_boto3_acm.type_defs import CertificateDetailTypeDef, CertificateSummaryTypeDef

SERVICE = "acm"
_GONE = "ResourceNotFoundException"


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
        listed = {one.arn: one for one in _listed(client)}
    except FAULTS as fault:
        return dict.fromkeys(arns, Unread(SERVICE, region, explain(fault)))
    asked = {arn: listed.get(arn) or _described(client, region, arn) for arn in arns}
    return {arn: found for arn, found in asked.items() if found}


def _listed(client: ACMClient) -> Iterator[AcmCertificate]:
    """Yield what the region's list shows, of every key type that botocore's model names.

    Left to itself ListCertificates hides all but RSA_1024 and RSA_2048, and what ACME made
    (botocore model acm: Filters$keyTypes, ListCertificatesRequest$CertificateKeyPairOrigins).
    """
    model: Any = client.meta.service_model
    every = model.shape_for("KeyAlgorithm").enum
    pages = client.get_paginator("list_certificates").paginate(Includes={"keyTypes": every})
    with whole():
        for page in pages:
            for summary in page["CertificateSummaryList"]:
                if found := _certificate(summary):
                    yield found


def _described(client: ACMClient, region: str, arn: str) -> AcmCertificate | Unread | None:
    try:
        with whole():
            detail = client.describe_certificate(CertificateArn=arn)["Certificate"]
    except FAULTS as fault:
        return None if code(fault) == _GONE else Unread(SERVICE, region, explain(fault))
    return _certificate(detail) or Unread(SERVICE, region, f"{arn} shows no date")


def _certificate(
    shown: CertificateSummaryTypeDef | CertificateDetailTypeDef,
) -> AcmCertificate | None:
    """Return a certificate, None for a request that was not fulfilled and has no date."""
    arn, expiration = shown.get("CertificateArn"), shown.get("NotAfter")
    if not arn or not expiration:
        return None
    return AcmCertificate(arn, shown.get("DomainName", ""), expiration.astimezone(timezone.utc))
