"""Where each service serves a certificate: one place a kind of listener."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from c7n_certrenew.core.model import Listener, Role
from c7n_certrenew.sandbox import Listener as Served, Sandbox

REGION = "eu-west-1"
DOMAIN = "example.com"
"""Certificates are for each name one label below."""

Described = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """One kind of listener, and how the contract tests make it, look at it and delete it.

    `create` is given a name, the certificate that is to be replaced and another one, by their
    ARNs. It makes a listener that serves the first in `roles`, and beside it one that serves the
    other. `described` returns all that the service's API shows of a listener and what it belongs
    to, `delete` deletes it. `lists` is the operation that shows what there is, `key` what its
    answer must have.
    """

    service: str
    create: Callable[[Sandbox, str, str, str], object]
    described: Callable[[Sandbox, Listener], Described]
    delete: Callable[[Sandbox, Listener], object]
    lists: str
    key: str
    roles: tuple[Role, ...] = (Role.DEFAULT,)
    region: str = REGION


def classic(protocol: str) -> Place:
    """Return a classic load balancer's listener, beside which are two others."""

    def create(aws: Sandbox, name: str, old: str, other: str) -> None:
        listeners = Served(443, protocol, old), Served(8443, protocol, other)
        aws.classic(REGION, name, Served(80, "HTTP"), *listeners, tags={"team": "web"})

    return Place(
        "elb",
        create,
        classic_described,
        lambda aws, one: aws.client("elb", REGION).delete_load_balancer_listeners(
            LoadBalancerName=one.load_balancer_name, LoadBalancerPorts=[one.port]
        ),
        "DescribeLoadBalancers",
        "LoadBalancerDescriptions",
    )


def classic_described(aws: Sandbox, listener: Listener) -> Described:
    """Return a classic load balancer: listeners, policies, attributes and tags."""
    client, name = aws.client("elb", REGION), listener.load_balancer_name
    return {
        "it": client.describe_load_balancers(LoadBalancerNames=[name])["LoadBalancerDescriptions"],
        "policies": client.describe_load_balancer_policies(LoadBalancerName=name)[
            "PolicyDescriptions"
        ],
        "attributes": client.describe_load_balancer_attributes(LoadBalancerName=name)[
            "LoadBalancerAttributes"
        ],
        "tags": client.describe_tags(LoadBalancerNames=[name])["TagDescriptions"],
    }


def elastic(
    kind: str, protocol: str, *sni: str, default: str = "old", settings: Mapping[str, Any] = {}
) -> Place:
    """Return the listener of an application or network load balancer, beside which are others."""

    def create(aws: Sandbox, name: str, old: str, other: str) -> None:
        arns = {"old": old, "other": other}
        listed = tuple(arns[name] for name in sni)
        listeners = Served(443, protocol, arns[default], sni=listed), Served(8443, protocol, other)
        plain = Served(80, "HTTP" if kind == "application" else "TCP")
        made = getattr(aws, kind)(REGION, name, plain, *listeners, tags={"team": "web"})
        if settings:
            adorn(aws, made.arn, kind, dict(settings))

    in_sni = (Role.SNI,) if "old" in sni else ()
    return Place(
        "elbv2",
        create,
        elastic_described,
        lambda aws, one: aws.client("elbv2", REGION).delete_listener(ListenerArn=one.arn),
        "DescribeLoadBalancers",
        "LoadBalancers",
        (*((Role.DEFAULT,) if default == "old" else ()), *in_sni),
    )


def adorn(aws: Sandbox, balancer: str, kind: str, settings: dict[str, Any]) -> None:
    """Give the listener on 443 everything that is not a certificate."""
    client = aws.client("elbv2", REGION)
    pages = client.get_paginator("describe_listeners").paginate(LoadBalancerArn=balancer)
    found = (one for page in pages for one in page["Listeners"])
    arn = next(one["ListenerArn"] for one in found if one["Port"] == 443)
    client.modify_listener(ListenerArn=arn, **settings)
    client.add_tags(ResourceArns=[arn], Tags=[{"Key": "team", "Value": "web"}])
    if kind == "application":
        attribute = {"Key": "routing.http.response.server.enabled", "Value": "false"}
        client.modify_listener_attributes(ListenerArn=arn, Attributes=[attribute])
        client.create_rule(
            ListenerArn=arn,
            Priority=7,
            Conditions=[{"Field": "path-pattern", "Values": ["/old/*"]}],
            Actions=[GONE],
        )


def elastic_described(aws: Sandbox, listener: Listener) -> Described:
    """Return a load balancer, and one listener of it with all of its parts."""
    client, arn, balancer = aws.client("elbv2", REGION), listener.arn, listener.load_balancer_arn
    certificates = client.describe_listener_certificates(ListenerArn=arn)["Certificates"]
    return {
        "balancer": client.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"],
        "settings": client.describe_load_balancer_attributes(LoadBalancerArn=balancer)[
            "Attributes"
        ],
        "listeners": client.describe_listeners(LoadBalancerArn=balancer)["Listeners"],
        "attributes": client.describe_listener_attributes(ListenerArn=arn)["Attributes"],
        "certificates": sorted(map(str, certificates)),
        "rules": client.describe_rules(ListenerArn=arn)["Rules"],
        "tags": client.describe_tags(ResourceArns=[balancer, arn])["TagDescriptions"],
    }


GONE = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "410"}}
OF_APPLICATION = {
    "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "MutualAuthentication": {
        "Mode": "verify",
        "TrustStoreArn": f"arn:aws:elasticloadbalancing:{REGION}:123456789012:truststore/a/b",
        "IgnoreClientCertificateExpiry": True,
    },
    "DefaultActions": [GONE],
}
OF_NETWORK = {
    "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "AlpnPolicy": ["HTTP2Preferred"],
}


def distribution() -> Place:
    """Return a distribution, beside which is another."""

    def create(aws: Sandbox, name: str, old: str, other: str) -> None:
        aws.distribution(f"{name}.{DOMAIN}", certificate=old, tags={"team": "web"})
        aws.distribution(f"not-{name}.{DOMAIN}", certificate=other)
        aws.distribution()

    def delete(aws: Sandbox, listener: Listener) -> None:
        client, id_ = aws.client("cloudfront"), listener.load_balancer_name
        found = client.get_distribution_config(Id=id_)
        off = {**found["DistributionConfig"], "Enabled": False}
        version = client.update_distribution(Id=id_, IfMatch=found["ETag"], DistributionConfig=off)[
            "ETag"
        ]
        client.delete_distribution(Id=id_, IfMatch=version)

    return Place(
        "cloudfront",
        create,
        distribution_described,
        delete,
        "ListDistributions",
        "DistributionList",
        region="us-east-1",
    )


def distribution_described(aws: Sandbox, listener: Listener) -> Described:
    """Return a distribution's whole configuration, and its tags."""
    client = aws.client("cloudfront")
    found = client.get_distribution_config(Id=listener.load_balancer_name)
    tags = client.list_tags_for_resource(Resource=listener.load_balancer_arn)
    return {"config": found["DistributionConfig"], "tags": tags["Tags"]}


def domain() -> Place:
    """Return a custom domain name of AppSync, beside which is another."""

    def create(aws: Sandbox, name: str, old: str, other: str) -> None:
        aws.domain(REGION, f"{name}.{DOMAIN}", old)
        aws.domain(REGION, f"not-{name}.{DOMAIN}", other)

    return Place(
        "appsync",
        create,
        lambda aws, one: aws.client("appsync", REGION).get_domain_name(
            domainName=one.load_balancer_name
        )["domainNameConfig"],
        lambda aws, one: aws.client("appsync", REGION).delete_domain_name(
            domainName=one.load_balancer_name
        ),
        "ListDomainNames",
        "domainNameConfigs",
    )


PLACES = {
    "classic HTTPS": classic("HTTPS"),
    "classic SSL": classic("SSL"),
    "ALB default": elastic("application", "HTTPS", settings=OF_APPLICATION),
    "ALB SNI": elastic("application", "HTTPS", "other", "old", default="other"),
    "NLB default": elastic("network", "TLS", settings=OF_NETWORK),
    "NLB SNI": elastic("network", "TLS", "old", default="other", settings=OF_NETWORK),
    "ALB both": elastic("application", "HTTPS", "old", "other", settings=OF_APPLICATION),
    "distribution": distribution(),
    "AppSync domain name": domain(),
}
