"""Put distributions and custom domains into the sandbox without going through the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.cloudfront.models import cloudfront_backends
from moto.iam.models import iam_backends

from . import appsync, cloudfront
from .certificates import stored
from .distribution import unique
from .distribution_config import completed
from .viewer_certificate import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .world import World

_ORIGIN = {
    "Id": "origin",
    "DomainName": "origin.example.com",
    "CustomOriginConfig": {
        "HTTPPort": 80,
        "HTTPSPort": 443,
        "OriginProtocolPolicy": "https-only",
    },
}
_BEHAVIOR = {
    "TargetOriginId": "origin",
    "ViewerProtocolPolicy": "redirect-to-https",
    "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
}


@dataclass(frozen=True)
class Distribution:
    """Name a distribution that was created; `dns_name` is the one that CloudFront gave it."""

    id: str
    arn: str
    dns_name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """Name a custom domain that was created; `dns_name` is the one that AppSync gave it."""

    name: str
    region: str
    dns_name: str
    arn: str


def distribution(
    world: World,
    account_id: str,
    aliases: Sequence[str],
    certificate: str | None,
    support: str,
    tags: Mapping[str, str],
) -> Distribution:
    """Create a deployed distribution; it serves an ARN or id, or CloudFront's own certificate.

    Raises LookupError for a server certificate that does not exist.
    """
    backend = cloudfront_backends[account_id][world.partition]
    viewer = _viewer(world, account_id, certificate, support)
    made = cloudfront.keep(world, backend, {**distribution_config(aliases), **viewer})
    backend.tag_resource(made.arn, dict(tags))
    return Distribution(made.id, made.arn, made.domain_name, tuple(aliases))


def distribution_config(aliases: Sequence[str]) -> dict[str, Any]:
    """Return a whole configuration but for its certificate."""
    return completed(
        {
            "CallerReference": unique("C"),
            "Aliases": {"Quantity": len(aliases), "Items": list(aliases)},
            "Origins": {"Quantity": 1, "Items": [_ORIGIN]},
            "DefaultCacheBehavior": _BEHAVIOR,
            "Comment": " ".join(aliases),
            "Enabled": True,
        }
    )


def _viewer(
    world: World, account_id: str, certificate: str | None, support: str
) -> dict[str, dict[str, Any]]:
    given = {"SSLSupportMethod": support}
    if certificate and ":acm:" in certificate:
        given["ACMCertificateArn"] = certificate
    elif certificate:
        given["IAMCertificateId"] = _identity(world, account_id, certificate)
    return {"ViewerCertificate": shown(given)}


def _identity(world: World, account_id: str, certificate: str) -> str:
    for kept in stored(iam_backends[account_id][world.partition]).values():
        if certificate in kept.references:
            return kept.certificate_id
    raise LookupError(f"no server certificate {certificate} in account {account_id}")


def domain(world: World, account_id: str, region: str, name: str, certificate: str) -> Domain:
    """Create a custom domain that serves the certificate of an ARN."""
    made = appsync.keep(world, account_id, region, name, certificate)
    return Domain(name, region, made.dns_name, made.arn)
