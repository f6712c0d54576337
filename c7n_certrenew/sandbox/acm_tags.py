"""Tags of certificates in ACM."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.responses import ActionResult, EmptyResult

from .acm_certificate import AcmCertificate, named
from .errors import AwsError
from .patching import PatchPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .world import World

TAGS = 50
"""Tags that a certificate may have (botocore model acm.TagList)."""
_LIMITS = {"Key": 128, "Value": 256}
_TEXT = re.compile(r"[\w\s.:/=+@-]*")


def add_tags(certificate: AcmCertificate, tags: Iterable[Mapping[str, str]]) -> None:
    """Add or overwrite tags, none of them where one is refused.

    Raises ValidationException, InvalidTagException for AWS's own and TooManyTagsException.
    """
    given = {}
    for tag in tags:
        for part, limit in _LIMITS.items():
            _check(part, tag.get(part, ""), limit)
        given[tag["Key"]] = tag.get("Value", "")
    if len({**certificate.tags, **given}) > TAGS:
        message = f"A certificate can have {TAGS} tags."
        raise AwsError("TooManyTagsException", message)
    certificate.tags.update(given)


def add_tags_to_certificate(_world: World, response: AWSCertificateManagerResponse) -> EmptyResult:
    """Tag a certificate."""
    add_tags(_certificate(response), response._get_param("Tags") or [])
    return EmptyResult()


def remove_tags_from_certificate(
    _world: World, response: AWSCertificateManagerResponse
) -> EmptyResult:
    """Remove tags by key, or by key and value; those that are not there do not matter."""
    certificate = _certificate(response)
    for tag in response._get_param("Tags") or []:
        if tag.get("Value") in (None, certificate.tags.get(tag["Key"])):
            certificate.tags.pop(tag["Key"], None)
    return EmptyResult()


def list_tags_for_certificate(
    _world: World, response: AWSCertificateManagerResponse
) -> ActionResult:
    """List the tags of a certificate."""
    tags = _certificate(response).tags.items()
    return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in tags]})


def _certificate(response: AWSCertificateManagerResponse) -> AcmCertificate:
    return named(response.acm_backend, response._get_param("CertificateArn"))


def _check(part: str, text: str, limit: int) -> None:
    if len(text) > limit or not _TEXT.fullmatch(text):
        message = f"Value '{text}' at 'tags.{part.lower()}' failed to satisfy constraint"
        raise AwsError("ValidationException", f"1 validation error detected: {message}")
    if part == "Key" and text.startswith("aws:"):
        message = "AWS internal tags cannot be changed with this API"
        raise AwsError("InvalidTagException", message)


_CHECKS = "moto takes any text, and checks no ARN"
POINTS = (
    PatchPoint(
        AWSCertificateManagerResponse, "add_tags_to_certificate", add_tags_to_certificate, _CHECKS
    ),
    PatchPoint(
        AWSCertificateManagerResponse,
        "remove_tags_from_certificate",
        remove_tags_from_certificate,
        _CHECKS,
    ),
    PatchPoint(
        AWSCertificateManagerResponse,
        "list_tags_for_certificate",
        list_tags_for_certificate,
        _CHECKS,
    ),
)
