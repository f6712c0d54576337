"""Put load balancers and certificates into moto's backends without going through the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from moto.ec2.models import ec2_backends
from moto.elb.models import elb_backends
from moto.elbv2.models import elbv2_backends
from moto.iam.models import iam_backends

from .certificates import ServerCertificate
from .iam import certificate_arn, keep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .authority import Issued
    from .world import Listener, World

_GROUP = "certrenew-sandbox"
_POLICY = "ELBSecurityPolicy-2016-08"
_ANSWER = {
    "Type": "fixed-response",
    "FixedResponseConfig": {"StatusCode": "200", "ContentType": "text/plain"},
}


@dataclass(frozen=True)
class LoadBalancer:
    """Name a load balancer that was created; a classic one has no ARN."""

    name: str
    region: str
    dns_name: str
    arn: str | None


@dataclass(frozen=True)
class Network:
    """Hold what a load balancer of a region stands on."""

    subnets: tuple[str, ...]
    security_group: str


def network(account_id: str, region: str) -> Network:
    """Return the region's default subnets and the sandbox's security group, made once."""
    backend = ec2_backends[account_id][region]
    subnets = tuple(subnet.id for subnet in backend.get_default_subnets().values())
    vpc_id = next(vpc.id for vpc in backend.describe_vpcs() if vpc.is_default)
    group = backend.get_security_group_from_name(_GROUP, vpc_id)
    group = group or backend.create_security_group(_GROUP, _GROUP, vpc_id=vpc_id)
    return Network(subnets, group.id)


def certificate(
    world: World, account_id: str, name: str, issued: Issued, path: str, tags: Mapping[str, str]
) -> str:
    """Keep a certificate in IAM, whatever its dates and the quota, and return its ARN."""
    backend = iam_backends[account_id][world.partition]
    leaf = x509.load_pem_x509_certificate(issued.certificate.encode())
    kept = ServerCertificate(
        cert_name=name,
        path=path,
        arn=certificate_arn(backend, path, name),
        cert_body=issued.certificate.rstrip(),
        private_key=issued.private_key,
        cert_chain=issued.chain.rstrip() or None,
        expiration=leaf.not_valid_after_utc,
        upload_date=max(leaf.not_valid_before_utc, min(world.now(), leaf.not_valid_after_utc)),
        tags=dict(tags),
    )
    keep(backend, kept)
    return kept.arn


def classic(
    place: Network,
    account_id: str,
    region: str,
    name: str,
    listeners: Sequence[Listener],
    tags: Mapping[str, str],
    scheme: str,
) -> LoadBalancer:
    """Create a classic load balancer."""
    balancer = elb_backends[account_id][region].create_load_balancer(
        name=name,
        zones=[],
        ports=[_classic_listener(listener) for listener in listeners],
        scheme=scheme,
        subnets=list(place.subnets),
        security_groups=[place.security_group],
    )
    balancer.tags.update(tags)
    return LoadBalancer(name, region, balancer.dns_name, None)


def _classic_listener(listener: Listener) -> dict[str, Any]:
    return {
        "Protocol": listener.protocol,
        "LoadBalancerPort": listener.port,
        "InstancePort": 8080,
        "SSLCertificateId": listener.certificate,
    }


def elastic(
    world: World,
    place: Network,
    account_id: str,
    region: str,
    kind: str,
    name: str,
    listeners: Sequence[Listener],
    tags: Mapping[str, str],
    scheme: str,
) -> LoadBalancer:
    """Create an application or a network load balancer with its listeners and SNI lists."""
    backend = elbv2_backends[account_id][region]
    balancer = backend.create_load_balancer(
        name=name,
        security_groups=[place.security_group],
        subnet_ids=list(place.subnets),
        scheme=scheme,
        loadbalancer_type=kind,
        tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    balancer.activate()
    for listener in listeners:
        created = backend.create_listener(
            load_balancer_arn=balancer.arn,
            protocol=listener.protocol,
            port=listener.port,  # type: ignore[arg-type]  # the API gives moto an int as well
            ssl_policy=_POLICY,
            certificate=listener.certificate,
            actions=[_ANSWER] if kind == "application" else [],
        )
        world.sni[created.arn] = tuple(listener.sni)
    return LoadBalancer(name, region, balancer.dns_name, balancer.arn)
