"""What ACM checks of an import: the text, the key, and what is replaced."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from .acm_certificate import IMPORTED, AcmCertificate, Body, in_acm, keep, named
from .acm_tags import add_tags
from .acm_x509 import CLIENT_AUTHENTICATION, KEY_ALGORITHMS, Facts, facts
from .errors import AwsError
from .pem import checked_upload

if TYPE_CHECKING:
    from moto.acm.responses import AWSCertificateManagerResponse

    from .world import World

_LIMITS = {"Certificate": 32768, "PrivateKey": 5120, "CertificateChain": 2097152}
"""Bytes (botocore model acm.ImportCertificateRequest; the key: acm.ImportCertificate's text)."""


def import_new(world: World, response: AWSCertificateManagerResponse) -> AcmCertificate:
    """Keep a certificate under a new ARN; raises ValidationException, LimitExceededException."""
    backend, body = response.acm_backend, checked_body(world, response)
    imported = [one for one in in_acm(backend).values() if one.type == IMPORTED]
    if len(imported) >= world.acm_quota:
        message = "You have reached your limit on the number of certificates."
        raise AwsError("LimitExceededException", message)
    made = keep(world, backend, IMPORTED, body)
    try:
        add_tags(made, response._get_param("Tags") or [])
    except AwsError:
        del in_acm(backend)[made.arn]
        raise
    world.uploaded(made.arn)
    return made


def import_again(world: World, response: AWSCertificateManagerResponse, arn: str) -> AcmCertificate:
    """Put another certificate under an ARN, at once for all that serve it.

    Raises ValidationException where tags are given, where ACM did not import the former one, and
    for what must stay (ACM guide, "Reimporting a certificate"); ResourceNotFoundException.
    """
    if response._get_param("Tags"):
        raise invalid("Tagging is not permitted on re-import.")
    kept = named(response.acm_backend, arn)
    if kept.type != IMPORTED or kept.body is None:
        raise invalid(f"Certificate {arn} was not imported and cannot be imported again.")
    body = checked_body(world, response)
    _check_kept(facts(kept.body.certificate), facts(body.certificate))
    kept.bodies += (body,)
    return kept


def checked_body(world: World, response: AWSCertificateManagerResponse) -> Body:
    """Return the certificate of a request that ACM accepts; raises ValidationException."""
    certificate, key = _text(response, "Certificate"), _text(response, "PrivateKey")
    chain = _text(response, "CertificateChain")
    try:
        checked_upload(certificate, key, chain or None, world.now())
    except AwsError as refused:
        raise invalid(refused.message) from None
    if facts(certificate).key_algorithm not in KEY_ALGORITHMS:
        raise invalid("The private key is not supported.")
    return Body.of(world, certificate, chain, key)


def invalid(message: str) -> AwsError:
    """Make the ValidationException answer."""
    return AwsError("ValidationException", message)


def _text(response: AWSCertificateManagerResponse, field: str) -> str:
    try:
        text = base64.b64decode(response._get_param(field) or "", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise invalid(f"The {field} field is not PEM-encoded.") from None
    if len(text) > _LIMITS[field]:
        raise invalid(f"Value at '{field}' failed to satisfy constraint: {_LIMITS[field]} bytes")
    return text


def _check_kept(before: Facts, after: Facts) -> None:
    if before.key_algorithm != after.key_algorithm:
        message = f"The key is {after.key_algorithm}, that of the certificate to replace is"
        raise invalid(f"{message} {before.key_algorithm}.")
    if missing := {*before.key_usages} - {*after.key_usages}:
        raise invalid(f"Key usages cannot be removed: {', '.join(sorted(missing))}.")
    usages = {name for name, _ in before.extended_key_usages} - {CLIENT_AUTHENTICATION}
    if missing := usages - {name for name, _ in after.extended_key_usages}:
        raise invalid(f"Extended key usages cannot be removed: {', '.join(sorted(missing))}.")
