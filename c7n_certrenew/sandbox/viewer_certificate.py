"""The certificate of a distribution: how CloudFront shows it and what it accepts (AWS row 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from moto.iam.models import iam_backends

from .certificates import is_known, material, stored
from .errors import AwsError
from .tls import Keys, covers, names
from .world import Bound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .certificates import Material, ServerCertificate
    from .world import World

ACM_REGION = "us-east-1"
"""The one region whose ACM CloudFront asks (botocore model cloudfront.ViewerCertificate)."""

EDGE = "cloudfront"
"""Where an upload must have propagated before CloudFront knows the certificate."""

KEYS = {
    "iam": Keys(rsa=2048, curves=frozenset({"secp256r1"})),
    "acm": Keys(rsa=4096, curves=frozenset({"secp256r1"})),
}
"""Keys that CloudFront takes from a store (CloudFront and ACM guides, AWS row 6)."""

_FIELDS = {"iam": "IAMCertificateId", "acm": "ACMCertificateArn"}
_OWN = {
    "CloudFrontDefaultCertificate": True,
    "SSLSupportMethod": "vip",
    "MinimumProtocolVersion": "TLSv1",
    "CertificateSource": "cloudfront",
}
_UNUSABLE = (
    "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or "
    "doesn't include a valid certificate chain."
)
_UNCOVERED = (
    "The certificate that is attached to your distribution doesn't cover the alternate domain "
    "name (CNAME) that you're trying to add."
)
_UNPROVEN = (
    "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a "
    "trusted certificate that validates your authorization to use the domain name."
)


def shown(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a ViewerCertificate as CloudFront answers it, the deprecated fields included.

    Raises InvalidViewerCertificate where the deprecated fields contradict the others, for two
    certificates at once, and for one without SSLSupportMethod.
    """
    source, identity = _chosen(given)
    if not identity:
        return dict(_OWN)
    if not given.get("SSLSupportMethod"):
        raise _invalid("The parameter SSLSupportMethod is required with a custom certificate.")
    return {
        "CloudFrontDefaultCertificate": False,
        _FIELDS[source]: identity,
        "SSLSupportMethod": given["SSLSupportMethod"],
        "MinimumProtocolVersion": given.get("MinimumProtocolVersion") or "TLSv1",
        "Certificate": identity,
        "CertificateSource": source,
    }


def _chosen(given: Mapping[str, Any]) -> tuple[str, str]:
    """Return where the certificate is and what it is called there; empty for CloudFront's own."""
    named = {source: given[field] for source, field in _FIELDS.items() if given.get(field)}
    own = bool(given.get("CloudFrontDefaultCertificate"))
    said, deprecated = given.get("CertificateSource"), given.get("Certificate")
    if not named and not own and said in _FIELDS and deprecated:
        named = {str(said): deprecated}
    if len(named) + own > 1 or (own and said in _FIELDS):
        raise _invalid("Specify one of IAMCertificateId, ACMCertificateArn, default certificate.")
    for source, identity in named.items():
        field = _FIELDS[source]
        if deprecated and deprecated != identity:
            raise _invalid(f"Your {field} does not match the given Certificate field.")
        if said and said != source:
            message = f'Cannot specify {field} and a CertificateSource not equal to "{source}".'
            raise _invalid(message)
        return source, identity
    return "", ""


def bound(account_id: str, partition: str, viewer: Mapping[str, Any]) -> Bound:
    """Return what a distribution serves: by name, and without one too if it has its own address."""
    identity = viewer.get("ACMCertificateArn")
    if kept := _in_iam(account_id, partition, viewer):
        identity = kept.arn
    if not identity:
        return Bound(None)
    return Bound(identity if viewer["SSLSupportMethod"] == "vip" else None, (identity,))


def check(world: World, account_id: str, viewer: Mapping[str, Any], aliases: Iterable[str]) -> None:
    """Raise InvalidViewerCertificate for a certificate that cannot be attached with these names."""
    if viewer["CertificateSource"] == "cloudfront":
        if list(aliases):
            raise _invalid(_UNPROVEN)
        return
    found = usable(world, account_id, viewer)
    if found is None:
        raise _invalid(_UNUSABLE)
    if not all(covers(names(found.certificate), alias) for alias in aliases):
        raise _invalid(_UNCOVERED)


def usable(world: World, account_id: str, viewer: Mapping[str, Any]) -> Material | None:
    """Return a certificate that CloudFront knows and could serve now, else None."""
    kept = _in_iam(account_id, world.partition, viewer)
    if kept is not None and not kept.path.startswith("/cloudfront/"):
        return None
    arn = kept.arn if kept is not None else viewer.get("ACMCertificateArn", "")
    if not known(world, account_id, arn):
        return None
    found = material(world, account_id, ACM_REGION, arn)
    fits = found is not None and KEYS[viewer["CertificateSource"]].hold(found.certificate)
    return found if found is not None and fits and _is_valid(world, found) else None


def known(world: World, account_id: str, arn: str) -> bool:
    """Say whether the edge knows a certificate of IAM, or of ACM in us-east-1, by its ARN."""
    return is_known(world, account_id, EDGE if ":iam:" in arn else ACM_REGION, arn)


def _is_valid(world: World, found: Material) -> bool:
    leaf = x509.load_pem_x509_certificate(found.certificate.encode())
    now = world.now()
    return bool(found.chain) and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc


def _in_iam(account_id: str, partition: str, viewer: Mapping[str, Any]) -> ServerCertificate | None:
    return stored(iam_backends[account_id][partition]).get(viewer.get("IAMCertificateId", ""))


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidViewerCertificate", message)
