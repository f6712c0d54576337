"""CloudFront distributions as AWS answers them (AWS rows 12 and 19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.cloudfront.models import CloudFrontBackend, cloudfront_backends

from .certificates import let_go
from .distribution import Distribution
from .distribution_config import aliases_of, completed, require_whole
from .errors import AwsError
from .pages import page
from .patching import PatchPoint
from .viewer_certificate import bound, check, shown
from .world import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .world import Use, World

PORT = 443


def create_distribution_with_tags(
    world: World,
    backend: CloudFrontBackend,
    distribution_config: dict[str, Any],
    tags: list[dict[str, str]],
) -> tuple[Distribution, str, str]:
    """Create a distribution whose certificate is valid and covers its aliases."""
    config = _checked(world, backend, completed(distribution_config))
    reference = config["CallerReference"]
    if any(d.distribution_config["CallerReference"] == reference for d in _all(backend)):
        message = "The caller reference is associated with another distribution."
        raise AwsError("DistributionAlreadyExists", message)
    made = keep(world, backend, config)
    made.deployed += world.deployment
    world.changed(made.domain_name, PORT, Bound(None), world.deployment)
    backend.tagger.tag_resource(made.arn, tags)
    return made.seen(world), made.location, made.etag


def keep(world: World, backend: CloudFrontBackend, config: dict[str, Any]) -> Distribution:
    """Put a deployed distribution into the account, unchecked."""
    served = bound(backend.account_id, world.partition, config["ViewerCertificate"])
    owner = backend.account_id, world.partition
    made = Distribution(*owner, config, served, world.now(), world.monotonic())
    backend.distributions[made.id] = made  # type: ignore[assignment]  # stands in for moto's
    return made


def get_distribution(
    world: World, backend: CloudFrontBackend, distribution_id: str
) -> tuple[Distribution, str]:
    """Return a distribution and its ETag."""
    found = _existing(backend, distribution_id)
    return found.seen(world), found.etag


def get_distribution_config(
    _world: World, backend: CloudFrontBackend, distribution_id: str
) -> tuple[dict[str, Any], str]:
    """Return a distribution's configuration and its ETag."""
    found = _existing(backend, distribution_id)
    return found.distribution_config, found.etag


def list_distributions(
    world: World,
    backend: CloudFrontBackend,
    marker: str | None = None,
    max_items: int | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of summaries (default 100) and the marker of the next."""
    size = min(max_items or 100, world.page_size)
    cut = page(_all(backend), lambda d: d.id, marker, size, "InvalidArgument")
    return [found.seen(world).summary for found in cut.entries], cut.marker


def update_distribution(
    world: World,
    backend: CloudFrontBackend,
    dist_config: dict[str, Any],
    _id: str,
    if_match: str | None,
) -> tuple[Distribution, str, str]:
    """Replace the whole configuration of the version that is named; one certificate at a time."""
    found = _expected(backend, _id, if_match)
    require_whole(dist_config)
    if dist_config["CallerReference"] != found.distribution_config["CallerReference"]:
        raise AwsError("IllegalUpdate", "CallerReference cannot be changed.")
    config = _checked(world, backend, dist_config, found)
    viewer, served = config["ViewerCertificate"], found.bound
    if viewer != found.distribution_config["ViewerCertificate"]:
        served = bound(backend.account_id, world.partition, viewer)
    if served != found.bound:
        _rebind(world, found, served)
    found.changed(config, served, world)
    return found.seen(world), found.location, found.etag


def _rebind(world: World, found: Distribution, served: Bound) -> None:
    if _being_replaced(world, found):
        message = "Only one viewer certificate change may be in progress at a time."
        raise AwsError("IllegalUpdate", message)
    world.changed(found.domain_name, PORT, found.bound, world.deployment)
    let_go(world, found.arn, found.bound, served)


def _being_replaced(world: World, found: Distribution) -> list[Bound]:
    """Return what the edge still serves because a later change is not deployed."""
    changes = world.changes.get((found.domain_name, PORT), ())
    return [before for over, before in changes if over > world.monotonic()]


def delete_distribution(
    world: World, backend: CloudFrontBackend, distribution_id: str, if_match: str | None
) -> None:
    """Delete the version that is named of a distribution that is disabled."""
    found = _expected(backend, distribution_id, if_match)
    if found.distribution_config["Enabled"]:
        message = "The distribution you are trying to delete has not been disabled."
        raise AwsError("DistributionNotDisabled", message)
    let_go(world, found.arn, found.bound)
    del backend.distributions[distribution_id]


def uses(world: World, account_id: str) -> Iterator[Use]:
    """Yield what each distribution uses, or serves still."""
    for found in _all(cloudfront_backends[account_id][world.partition]):
        served = (found.bound, *_being_replaced(world, found))
        yield found.arn, frozenset(arn for each in served for arn in each.sni)


def distributions() -> Iterator[Distribution]:
    """Yield the distributions of every account."""
    for backends in list(cloudfront_backends.values()):
        for backend in list(backends.values()):
            yield from _all(backend)


def _all(backend: CloudFrontBackend) -> list[Distribution]:
    return list(backend.distributions.values())  # type: ignore[arg-type]  # ours: see keep


def _existing(backend: CloudFrontBackend, distribution_id: str) -> Distribution:
    for found in _all(backend):
        if found.id == distribution_id:
            return found
    raise AwsError("NoSuchDistribution", "The specified distribution does not exist.")


def _expected(backend: CloudFrontBackend, identity: str, if_match: str | None) -> Distribution:
    found = _existing(backend, identity)
    if if_match == found.etag:
        return found
    if if_match in found.former_etags:
        message = (
            "The request failed because it didn't meet the preconditions in one or more "
            "request-header fields."
        )
        raise AwsError("PreconditionFailed", message)
    message = "The If-Match version is missing or not valid for the resource."
    raise AwsError("InvalidIfMatchVersion", message)


def _checked(
    world: World,
    backend: CloudFrontBackend,
    config: dict[str, Any],
    before: Distribution | None = None,
) -> dict[str, Any]:
    """Return a configuration with its certificate as CloudFront shows it.

    What did not change is not checked again: a distribution outlives its certificate.
    """
    viewer, aliases = shown(config.get("ViewerCertificate", {})), aliases_of(config)
    old = before.distribution_config["ViewerCertificate"] if before else None
    if viewer != old or (before and set(aliases) != set(before.aliases)):
        check(world, backend.account_id, viewer, aliases)
    if any(set(aliases) & set(other.aliases) for other in distributions() if other is not before):
        message = "One or more of the CNAMEs you provided are already associated with a different "
        raise AwsError("CNAMEAlreadyExists", message + "resource.")
    return {**config, "ViewerCertificate": viewer}


_VERSION = "moto's ETag never changes, any If-Match is accepted"
_SHAPE = "moto shows Certificate and CertificateSource wrong"
POINTS = (
    PatchPoint(
        CloudFrontBackend,
        "create_distribution_with_tags",
        create_distribution_with_tags,
        "moto accepts any certificate and alias",
    ),
    PatchPoint(CloudFrontBackend, "get_distribution", get_distribution, _SHAPE),
    PatchPoint(CloudFrontBackend, "get_distribution_config", get_distribution_config, _SHAPE),
    PatchPoint(CloudFrontBackend, "list_distributions", list_distributions, _SHAPE),
    PatchPoint(CloudFrontBackend, "update_distribution", update_distribution, _VERSION),
    PatchPoint(CloudFrontBackend, "delete_distribution", delete_distribution, _VERSION),
)
