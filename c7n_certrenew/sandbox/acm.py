"""ACM's list of certificates as AWS answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.responses import ActionResult

from .pages import page, size_of
from .patching import PatchPoint

if TYPE_CHECKING:
    from .world import World

USUAL = ("RSA_1024", "RSA_2048")
"""Key types that are listed unless others are asked for (botocore model acm.Filters$keyTypes)."""


def list_certificates(world: World, response: AWSCertificateManagerResponse) -> ActionResult:
    """List certificates of the key types asked for, in pages."""
    includes = {"keyTypes": USUAL, **(response._get_param("Includes") or {})}
    statuses = response._get_param("CertificateStatuses")
    found = list(response.acm_backend.list_certificates(statuses, includes))
    size = size_of(world, response, "MaxItems", 100, 1000)
    cut = page(found, lambda one: one.arn, response._get_param("NextToken"), size)
    return ActionResult(
        {"CertificateSummaryList": [_summary(one) for one in cut.entries], "NextToken": cut.marker}
    )


def _summary(certificate: Any) -> dict[str, Any]:
    shown: dict[str, Any] = certificate.describe()["Certificate"]
    shown["InUse"] = bool(shown.pop("InUseBy", []))
    return shown


POINTS = (
    PatchPoint(
        AWSCertificateManagerResponse,
        "list_certificates",
        list_certificates,
        "moto lists every key type unasked, and all on one page",
    ),
)
