"""The certificates of a policy's resources, whatever store they are in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from c7n_certrenew.core.model import AnyCertificate

IN_ACM = "acm-certificate"
"""What Custodian calls certificates in ACM."""
_ARN = "CertificateArn"


def in_acm(manager: Any) -> bool:
    """Say whether a policy is on certificates in ACM, not on server certificates in IAM."""
    return bool(manager.type == IN_ACM)


def arn_of(resource: Mapping[str, Any]) -> str:
    """Return a certificate's ARN."""
    return str(resource.get(_ARN) or resource["Arn"])


def certificate_of(resource: Mapping[str, Any]) -> AnyCertificate:
    """Convert what IAM lists, or ACM describes."""
    from c7n_certrenew.aws.iam import server_certificate
    from c7n_certrenew.core.model import AcmCertificate

    end = expiration_of(resource)
    if _ARN not in resource:
        return server_certificate(resource)
    never = datetime.max.replace(tzinfo=timezone.utc)
    return AcmCertificate(resource[_ARN], resource.get("DomainName", ""), end or never)


def expiration_of(resource: Mapping[str, Any], key: str = "") -> datetime | None:
    """Return when it ends, aware UTC; None for a request of ACM that was not fulfilled."""
    from c7n.utils import parse_date

    moment = resource.get(key or ("NotAfter" if _ARN in resource else "Expiration"))
    found: datetime | None = moment and parse_date(moment)
    return found.replace(tzinfo=timezone.utc) if found and not found.tzinfo else found
