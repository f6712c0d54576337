"""ACM as AWS answers it: certificates of one region, imported or issued by Amazon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.acm.models import AWSCertificateManagerBackend
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.responses import ActionResult, EmptyResult

from . import acm_tags
from .acm_certificate import AMAZON_ISSUED, AcmCertificate, in_acm, keep, named
from .acm_import import import_again, import_new
from .acm_shown import detail, summary
from .errors import AwsError
from .pages import page, size_of
from .patching import PatchPoint
from .use import in_use, users_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .world import World

USUAL = ("RSA_1024", "RSA_2048")
"""Key types that are listed unless others are asked for (botocore model acm.Filters$keyTypes)."""
_FILTERS = {
    "keyTypes": "KeyAlgorithm",
    "keyUsage": "KeyUsages",
    "extendedKeyUsage": "ExtendedKeyUsages",
}


def import_certificate(world: World, response: AWSCertificateManagerResponse) -> ActionResult:
    """Keep a certificate under a new ARN, or under the one that is given."""
    arn = response._get_param("CertificateArn")
    kept = import_again(world, response, arn) if arn else import_new(world, response)
    return ActionResult({"CertificateArn": kept.arn})


def describe_certificate(world: World, response: AWSCertificateManagerResponse) -> ActionResult:
    """Describe a certificate, and name what uses it now."""
    certificate = _certificate(response)
    users = users_of(world, response.current_account, (certificate.arn,))
    return ActionResult({"Certificate": detail(certificate, users, world.now())})


def get_certificate(_world: World, response: AWSCertificateManagerResponse) -> ActionResult:
    """Return the certificate and its chain; never the key."""
    body = _certificate(response).body
    if body is None:
        message = "The certificate request is in progress and the certificate is not yet available."
        raise AwsError("RequestInProgressException", message)
    chain = {"CertificateChain": body.chain} if body.chain else {}
    return ActionResult({"Certificate": body.certificate, **chain})


def list_certificates(world: World, response: AWSCertificateManagerResponse) -> ActionResult:
    """List certificates of the statuses, key types and usages asked for, in pages."""
    includes = {"keyTypes": USUAL, **(response._get_param("Includes") or {})}
    statuses = response._get_param("CertificateStatuses")
    users, now = in_use(world, response.current_account), world.now()
    kept = in_acm(response.acm_backend).values()
    shown = [summary(one, one.arn in users, now) for one in kept]
    found = [one for one in shown if _meets(one, includes, statuses)]
    size = size_of(world, response, "MaxItems", 100, 1000)
    token = response._get_param("NextToken")
    cut = page(found, lambda one: str(one["CertificateArn"]), token, size, "ValidationException")
    return ActionResult({"CertificateSummaryList": cut.entries, "NextToken": cut.marker})


def _meets(shown: Mapping[str, Any], includes: Mapping[str, Any], statuses: Any) -> bool:
    if statuses and shown["Status"] not in statuses:
        return False
    for name, field in _FILTERS.items():
        has = shown[field] if isinstance(shown[field], list) else [shown[field]]
        if includes.get(name) and not {*includes[name]}.intersection(has):
            return False
    return includes.get("exportOption") in (None, shown["ExportOption"])


def delete_certificate(world: World, response: AWSCertificateManagerResponse) -> EmptyResult:
    """Delete a certificate that nothing uses."""
    certificate = _certificate(response)
    account = response.current_account
    if users_of(world, account, (certificate.arn,)):
        message = f"Certificate {certificate.arn} in account {account} is in use."
        raise AwsError("ResourceInUseException", message)
    del in_acm(response.acm_backend)[certificate.arn]
    return EmptyResult()


def request_certificate(
    world: World,
    backend: AWSCertificateManagerBackend,
    domain_name: str,
    idempotency_token: str | None,
    subject_alt_names: list[str] | None,
    tags: list[dict[str, str]] | None,
    *_: Any,
) -> str:
    """Keep a request that waits for its validation; the same token is the same request."""
    known = idempotency_token and backend._get_arn_from_idempotency_token(idempotency_token)
    if known:
        return known
    names = tuple(dict.fromkeys((domain_name, *(subject_alt_names or ()))))
    made = keep(world, backend, AMAZON_ISSUED, names=names)
    acm_tags.add_tags(made, tags or [])
    if idempotency_token:
        backend._set_idempotency_token_arn(idempotency_token, made.arn)
    return made.arn


def find_certificate(
    _world: World, backend: AWSCertificateManagerBackend, arn: str
) -> AcmCertificate:
    """Return the certificate of an ARN."""
    return named(backend, arn)


def _certificate(response: AWSCertificateManagerResponse) -> AcmCertificate:
    return named(response.acm_backend, response._get_param("CertificateArn"))


POINTS = (
    PatchPoint(
        AWSCertificateManagerBackend,
        "get_certificate",
        find_certificate,
        "moto's certificates are judged by the wall clock",
    ),
    PatchPoint(
        AWSCertificateManagerBackend,
        "request_certificate",
        request_certificate,
        "moto makes a key and a certificate of its own",
    ),
    PatchPoint(
        AWSCertificateManagerResponse,
        "import_certificate",
        import_certificate,
        "moto checks neither key nor chain, has no quota and replaces anything by anything",
    ),
    PatchPoint(
        AWSCertificateManagerResponse,
        "describe_certificate",
        describe_certificate,
        "moto shows no usages, a serial in decimal and nothing that uses the certificate",
    ),
    PatchPoint(
        AWSCertificateManagerResponse,
        "get_certificate",
        get_certificate,
        "moto adds a root to every chain",
    ),
    PatchPoint(
        AWSCertificateManagerResponse,
        "list_certificates",
        list_certificates,
        "moto lists every key type unasked, and all on one page",
    ),
    PatchPoint(
        AWSCertificateManagerResponse,
        "delete_certificate",
        delete_certificate,
        "moto deletes what is in use",
    ),
    *acm_tags.POINTS,
)
