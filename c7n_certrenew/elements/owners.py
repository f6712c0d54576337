"""Custodian's load balancers and distributions, as those that serve certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from c7n.utils import local_session

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.aws.served import Owner
    from c7n_certrenew.core.model import Unread

Resource = Mapping[str, Any]

TAGS = "tag:GetResources"


def _of_classic(resource: Resource) -> frozenset[int]:
    listeners = [one["Listener"] for one in resource.get("ListenerDescriptions", ())]
    secure = [one for one in listeners if one["Protocol"].upper() in ("HTTPS", "SSL")]
    return frozenset(one["LoadBalancerPort"] for one in secure)


def _of_elastic(resource: Resource) -> frozenset[int] | None:
    return frozenset() if resource.get("Type") == "gateway" else None


def _of_distribution(resource: Resource) -> frozenset[int]:
    viewer = resource.get("ViewerCertificate", {})
    own = viewer.get("IAMCertificateId") or viewer.get("ACMCertificateArn")
    return frozenset({443} if own else ())


@dataclass(frozen=True)
class Kind:
    """One of Custodian's resources: the service, keys, and the TLS ports that its listing shows.

    `listing` is what Custodian's own listing takes beyond the permissions that it declares.
    """

    service: str
    key: str
    name: str
    ports: Callable[[Resource], frozenset[int] | None]
    listing: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "elb": Kind("elb", "LoadBalancerName", "LoadBalancerName", _of_classic, (TAGS,)),
    "app-elb": Kind("elbv2", "LoadBalancerArn", "LoadBalancerName", _of_elastic),
    "distribution": Kind("cloudfront", "ARN", "Id", _of_distribution),
}
"""By Custodian's name for the resource."""


def owner_of(manager: Any, resource: Resource) -> Owner:
    """Convert a resource that a manager listed."""
    from c7n_certrenew.aws.served import Owner

    kind, region = KINDS[manager.type], manager.config.region
    ports = kind.ports(resource)
    return Owner(kind.service, region, resource[kind.key], resource[kind.name], ports)


def unseen(resource: Resource) -> tuple[Unread, ...]:
    """Return what no inventory looks at: tenants of a distribution have certificates of their own.

    They are in ACM (CloudFront's model: ConnectionMode, and Customizations of its tenants).
    """
    from c7n_certrenew.core.model import CLOUDFRONT, Unread

    if resource.get("ConnectionMode") != "tenant-only":
        return ()
    why = f"{resource['Id']}: the certificates of its tenants are not looked at"
    return (Unread(CLOUDFRONT, "us-east-1", why),)


def clients_of(manager: Any) -> Clients:
    """Return clients on the policy's session, in its account and in its region's partition."""
    from c7n_certrenew.aws.clients import Clients

    session, config = local_session(manager.session_factory), manager.config
    partition = session.get_partition_for_region(config.region)
    return Clients(session, config.account_id or "", partition)
