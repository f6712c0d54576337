"""IAM server certificates as AWS answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.iam.models import iam_backends
from moto.iam.responses import IamResponse

from . import elb
from .certificates import ServerCertificate, server_certificate, stored
from .errors import AwsError
from .iam_checks import (
    check_free,
    check_lengths,
    check_name,
    check_path,
    check_prefix,
    check_room,
    check_tags,
    tags_of,
)
from .pages import page, size_of
from .patching import PatchPoint
from .pem import checked_upload
from .use import user_of

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

    from .world import World


def setup_class(world: World, response: IamResponse, *args: Any, **kwargs: Any) -> None:
    """Read a request as one to the sandbox's partition, whatever its URL says."""
    BaseResponse.setup_class(response, *args, **kwargs)
    response.partition = world.partition


def upload_server_certificate(world: World, response: IamResponse) -> ActionResult:
    """Check an upload in AWS's order of errors, then keep the certificate."""
    name = check_name(response._get_param("ServerCertificateName"))
    path = check_path(response._get_param("Path", "/"))
    tags = tags_of(response)
    check_lengths(response)
    check_free(response.backend, name)
    check_room(world, response.backend)
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
        tags=tags,
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


def discard(world: World, account_id: str, name: str) -> None:
    """Take a certificate out of an account, unchecked; classic listeners show that it is gone."""
    backend = iam_backends[account_id][world.partition]
    certificate = server_certificate(backend, name)
    del stored(backend)[certificate.certificate_id]
    elb.forget(account_id, certificate)


def list_server_certificates(world: World, response: IamResponse) -> ActionResult:
    """List metadata below a path prefix, in pages (default 100)."""
    prefix = check_prefix(response._get_param("PathPrefix", "/"))
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


def update_server_certificate(world: World, response: IamResponse) -> ActionResult:
    """Change name and path, and with them the ARN; the id stays.

    What held the certificate keeps it, under the ARN it was bound with; the new one propagates.
    """
    certificate, backend = _named(response), response.backend
    name = check_name(response._get_param("NewServerCertificateName") or certificate.cert_name)
    path = check_path(response._get_param("NewPath") or certificate.path)
    check_free(backend, name, but=certificate.certificate_id)
    arn = certificate_arn(backend, path, name)
    if arn != certificate.arn:
        certificate.former_arns += (certificate.arn,)
        world.uploaded(arn)
    certificate.cert_name, certificate.path, certificate.arn = name, path, arn
    return EmptyResult()


def delete_server_certificate(world: World, response: IamResponse) -> ActionResult:
    """Delete a certificate that nothing uses (AWS row 10)."""
    certificate = _named(response)
    user = user_of(world, response.current_account, certificate.references)
    if user:
        message = (
            f"Certificate: {certificate.certificate_id} is currently in use by {user}. "
            "Please remove it first before deleting it from IAM."
        )
        raise AwsError("DeleteConflict", message)
    del stored(response.backend)[certificate.certificate_id]
    return EmptyResult()


def tag_server_certificate(_world: World, response: IamResponse) -> ActionResult:
    """Add or overwrite tags, 50 at most."""
    certificate = _named(response)
    tags = {**certificate.tags, **tags_of(response)}
    check_tags(tags)
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


def get_account_summary(world: World, response: IamResponse) -> ActionResult:
    """Count what the account has, with the quota that the sandbox sets."""
    summary = response.backend.get_account_summary().summary_map
    return ActionResult({"SummaryMap": {**summary, "ServerCertificatesQuota": world.quota}})


def _named(response: IamResponse) -> ServerCertificate:
    name = check_name(response._get_param("ServerCertificateName"))
    return server_certificate(response.backend, name)


def _size(world: World, response: IamResponse) -> int:
    return size_of(world, response, "MaxItems", 100, 1000)


_DATES = "moto answers with constant dates and one constant id"
_MISSING = "moto has no such operation"
POINTS = (
    PatchPoint(
        IamResponse,
        "setup_class",
        setup_class,
        "moto takes every in-process call for one to the partition aws",
    ),
    PatchPoint(
        IamResponse,
        "upload_server_certificate",
        upload_server_certificate,
        "moto accepts anything and drops tags",
    ),
    PatchPoint(IamResponse, "list_server_certificates", list_server_certificates, _DATES),
    PatchPoint(IamResponse, "get_server_certificate", get_server_certificate, _DATES),
    PatchPoint(IamResponse, "update_server_certificate", update_server_certificate, _MISSING),
    PatchPoint(
        IamResponse,
        "delete_server_certificate",
        delete_server_certificate,
        "moto knows no conflict with consumers",
    ),
    PatchPoint(IamResponse, "tag_server_certificate", tag_server_certificate, _MISSING),
    PatchPoint(IamResponse, "untag_server_certificate", untag_server_certificate, _MISSING),
    PatchPoint(IamResponse, "list_server_certificate_tags", list_server_certificate_tags, _MISSING),
    PatchPoint(IamResponse, "get_account_summary", get_account_summary, "moto's quota is fixed"),
)
