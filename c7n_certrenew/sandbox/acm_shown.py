"""How ACM shows a certificate: in full, and in its list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .acm_certificate import IMPORTED, AcmCertificate, Renewal
from .acm_x509 import facts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

_LISTED_NAMES = 100
"""Names that the list shows of a certificate (botocore model acm.CertificateSummary)."""


def detail(certificate: AcmCertificate, users: Sequence[str], now: dt.datetime) -> dict[str, Any]:
    """Return the CertificateDetail of the API."""
    shown = {
        **_common(certificate, bool(users), now),
        "SubjectAlternativeNames": list(certificate.names),
        "InUseBy": list(users),
        "Options": certificate.cert_options,
    }
    if certificate.type != IMPORTED:
        status = "SUCCESS" if certificate.body else "PENDING_VALIDATION"
        shown["DomainValidationOptions"] = _validation(certificate, status)
    if certificate.renewal:
        shown["RenewalSummary"] = _renewal(certificate, certificate.renewal)
    if certificate.body is None:
        return shown
    found = facts(certificate.body.certificate)
    return {
        **shown,
        "Serial": found.serial,
        "Subject": found.subject,
        "Issuer": found.issuer,
        "SignatureAlgorithm": found.signature_algorithm,
        "KeyUsages": [{"Name": name} for name in found.key_usages],
        "ExtendedKeyUsages": [{"Name": n, "OID": oid} for n, oid in found.extended_key_usages],
    }


def summary(certificate: AcmCertificate, in_use: bool, now: dt.datetime) -> dict[str, Any]:
    """Return the CertificateSummary of the API."""
    found = facts(certificate.body.certificate) if certificate.body else None
    return {
        **_common(certificate, in_use, now),
        "SubjectAlternativeNameSummaries": list(certificate.names[:_LISTED_NAMES]),
        "HasAdditionalSubjectAlternativeNames": len(certificate.names) > _LISTED_NAMES,
        "KeyUsages": list(found.key_usages) if found else [],
        "ExtendedKeyUsages": [name for name, _ in found.extended_key_usages] if found else [],
        "ExportOption": certificate.cert_options["Export"],
        "InUse": in_use,
        "Exported": certificate.exported,
    }


def _common(certificate: AcmCertificate, in_use: bool, now: dt.datetime) -> dict[str, Any]:
    imported = certificate.type == IMPORTED
    shown: dict[str, Any] = {
        "CertificateArn": certificate.arn,
        "DomainName": next(iter(certificate.names), None),
        "Status": certificate.status(now),
        "Type": certificate.type,
        "KeyAlgorithm": "RSA_2048",
        "CreatedAt": certificate.created_at,
        "RenewalEligibility": "ELIGIBLE" if certificate.eligible(in_use, now) else "INELIGIBLE",
        "CertificateKeyPairOrigin": "CUSTOMER_PROVIDED" if imported else "AWS_MANAGED",
    }
    if certificate.body is None:
        return shown
    found = facts(certificate.body.certificate)
    return {
        **shown,
        "KeyAlgorithm": found.key_algorithm,
        "NotBefore": found.not_before,
        "NotAfter": found.not_after,
        "ImportedAt" if imported else "IssuedAt": certificate.body.came,
    }


def _renewal(certificate: AcmCertificate, renewal: Renewal) -> dict[str, Any]:
    """Return the RenewalSummary of the API; while nobody need act each name is validated."""
    needs_help = renewal.status in ("PENDING_VALIDATION", "FAILED")
    shown = {
        "RenewalStatus": renewal.status,
        "DomainValidationOptions": _validation(
            certificate, renewal.status if needs_help else "SUCCESS"
        ),
        "UpdatedAt": renewal.updated,
    }
    return {**shown, "RenewalStatusReason": renewal.reason} if renewal.reason else shown


def _validation(certificate: AcmCertificate, status: str) -> list[dict[str, str]]:
    return [
        {"DomainName": name, "ValidationStatus": status, "ValidationMethod": "DNS"}
        for name in certificate.names
    ]
