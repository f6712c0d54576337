"""IAM server certificates as AWS answers them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.responses import IamResponse

from .certificates import ServerCertificate, server_certificate, stored
from .errors import AwsError
from .pages import page
from .patching import PatchPoint
from .pem import checked_upload

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

    from .world import World

QUOTA = 20
_NAME = re.compile(r"[\w+=,.@-]{1,128}")
_PATH = re.compile(r"/|/[!-~]{1,510}/")
_LIMITS = {"CertificateBody": 16384, "PrivateKey": 16384, "CertificateChain": 2097152}


def upload_server_certificate(world: World, response: IamResponse) -> ActionResult:
    """Check an upload in AWS's order of errors, then keep the certificate."""
    name = response._get_param("ServerCertificateName")
    path = response._get_param("Path", "/")
    _check_form(response, name, path)
    _check_room(response.backend, name)
    body, key = response._get_param("CertificateBody"), response._get_param("PrivateKey")
    chain = response._get_param("CertificateChain")
    leaf = checked_upload(body, key, chain, world.now())
    certificate = ServerCertificate(
        cert_name=name,
        path=path,
        arn=certificate_arn(response.backend, path, name),
        cert_body=body.rstrip(),
        private_key=key,
        cert_chain=chain.rstrip() if chain else None,
        expiration=leaf.not_valid_after_utc,
        upload_date=world.now(),
        tags=_tags(response),
    )
    keep(response.backend, certificate)
    world.uploaded(certificate.arn)
    return ActionResult(
        {"ServerCertificateMetadata": certificate.metadata, "Tags": certificate.tag_list}
    )


def certificate_arn(backend: IAMBackend, path: str, name: str) -> str:
    """Return the ARN a server certificate of this account has."""
    return f"arn:{backend.partition}:iam::{backend.account_id}:server-certificate{path}{name}"


def keep(backend: IAMBackend, certificate: ServerCertificate) -> None:
    """Put a certificate into the account, unchecked."""
    stored(backend)[certificate.certificate_id] = certificate


def list_server_certificates(world: World, response: IamResponse) -> ActionResult:
    """List metadata below a path prefix, in pages (default 100)."""
    prefix = response._get_param("PathPrefix", "/")
    matching = [c for c in stored(response.backend).values() if c.path.startswith(prefix)]
    cut = page(
        matching, lambda c: c.cert_name, response._get_param("Marker"), _size(world, response)
    )
    return ActionResult(
        {
            "ServerCertificateMetadataList": [c.metadata for c in cut.entries],
            "IsTruncated": cut.marker is not None,
            "Marker": cut.marker,
        }
    )


def get_server_certificate(_world: World, response: IamResponse) -> ActionResult:
    """Return metadata, body, chain and tags; never the key."""
    certificate = _named(response)
    answer: dict[str, Any] = {
        "ServerCertificateMetadata": certificate.metadata,
        "CertificateBody": certificate.cert_body,
        "Tags": certificate.tag_list,
    }
    if certificate.cert_chain:
        answer["CertificateChain"] = certificate.cert_chain
    return ActionResult({"ServerCertificate": answer})


def delete_server_certificate(_world: World, response: IamResponse) -> ActionResult:
    """Delete a certificate by its name."""
    stored(response.backend).pop(_named(response).certificate_id)
    return EmptyResult()


def tag_server_certificate(_world: World, response: IamResponse) -> ActionResult:
    """Add or overwrite tags, 50 at most."""
    certificate = _named(response)
    tags = {**certificate.tags, **_tags(response)}
    if len(tags) > 50:
        raise AwsError("LimitExceeded", "Cannot exceed quota for TagsPerCertificate: 50")
    certificate.tags = tags
    return EmptyResult()


def untag_server_certificate(_world: World, response: IamResponse) -> ActionResult:
    """Remove tags by key; keys that are not there do not matter."""
    certificate, gone = _named(response), response._get_param("TagKeys", [])
    certificate.tags = {k: v for k, v in certificate.tags.items() if k not in gone}
    return EmptyResult()


def list_server_certificate_tags(world: World, response: IamResponse) -> ActionResult:
    """List tags in pages (default 100)."""
    tags = _named(response).tag_list
    cut = page(tags, lambda t: t["Key"], response._get_param("Marker"), _size(world, response))
    return ActionResult(
        {"Tags": cut.entries, "IsTruncated": cut.marker is not None, "Marker": cut.marker}
    )


def _named(response: IamResponse) -> ServerCertificate:
    return server_certificate(response.backend, response._get_param("ServerCertificateName"))


def _size(world: World, response: IamResponse) -> int:
    return min(response._get_int_param("MaxItems", 100), world.page_size)


def _tags(response: IamResponse) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in response._get_param("Tags", [])}


def _check_form(response: IamResponse, name: str, path: str) -> None:
    too_long = [
        field for field, limit in _LIMITS.items() if len(response._get_param(field) or "") > limit
    ]
    if too_long or not _NAME.fullmatch(name) or not _PATH.fullmatch(path):
        wrong = ", ".join(too_long) or "serverCertificateName or path"
        raise AwsError("ValidationError", f"1 validation error detected: {wrong}")


def _check_room(backend: IAMBackend, name: str) -> None:
    names = {c.cert_name.lower() for c in stored(backend).values()}
    if name.lower() in names:
        message = f"The Server Certificate with name {name} already exists."
        raise AwsError("EntityAlreadyExists", message)
    if len(names) >= QUOTA:
        message = f"Cannot exceed quota for ServerCertificatesPerAccount: {QUOTA}"
        raise AwsError("LimitExceeded", message)


_DATES = "moto answers with constant dates and one constant id"
_MISSING = "moto has no such operation"
POINTS = (
    PatchPoint(
        IamResponse,
        "upload_server_certificate",
        upload_server_certificate,
        "moto accepts anything and drops tags",
    ),
    PatchPoint(IamResponse, "list_server_certificates", list_server_certificates, _DATES),
    PatchPoint(IamResponse, "get_server_certificate", get_server_certificate, _DATES),
    PatchPoint(
        IamResponse,
        "delete_server_certificate",
        delete_server_certificate,
        "moto knows no conflict with consumers",
    ),
    PatchPoint(IamResponse, "tag_server_certificate", tag_server_certificate, _MISSING),
    PatchPoint(IamResponse, "untag_server_certificate", untag_server_certificate, _MISSING),
    PatchPoint(IamResponse, "list_server_certificate_tags", list_server_certificate_tags, _MISSING),
)
