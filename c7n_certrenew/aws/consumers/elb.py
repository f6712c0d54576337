"""Classic load balancers: one certificate a listener, HTTPS or SSL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from botocore.parsers import ResponseParserError

from c7n_certrenew.aws.consumers.base import (
    NOTHING_KNOWN,
    TAGGED_AT_ONCE,
    Call,
    Consumer,
    Known,
    Serving,
    Tags,
    tag_map,
    whole,
)
from c7n_certrenew.aws.faults import explain
from c7n_certrenew.core.model import Binding, Listener, Role, Unread

if TYPE_CHECKING:
    from mypy_boto3_elb import ElasticLoadBalancingClient
    from mypy_boto3_elb.type_defs import (
        ListenerDescriptionTypeDef,
        LoadBalancerDescriptionTypeDef,
    )

_PROTOCOLS = ("HTTPS", "SSL")


class ClassicLoadBalancers(Consumer):
    """The API version 2012-06-01. Listeners come inline with their certificate."""

    service = "elb"
    reads = (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTags",
    )
    writes = ("elasticloadbalancing:SetLoadBalancerListenerSSLCertificate",)
    arns = "arn:{partition}:elasticloadbalancing:*:*:loadbalancer/*"

    def read(
        self, client: ElasticLoadBalancingClient, region: str, known: Known = NOTHING_KNOWN
    ) -> Iterator[Binding | Unread]:
        """Yield every binding: one call a page of 400 load balancers."""
        with whole():
            for page in client.get_paginator("describe_load_balancers").paginate():
                for balancer in page["LoadBalancerDescriptions"]:
                    yield from _read(balancer, region)

    def tags(self, client: ElasticLoadBalancingClient, listeners: Collection[Listener]) -> Tags:
        """Read the load balancers' tags, twenty in a call, which is the API's limit."""
        names = list(dict.fromkeys(listener.load_balancer_name for listener in listeners))
        found: dict[str, dict[str, str]] = {}
        with whole():
            for start in range(0, len(names), TAGGED_AT_ONCE):
                some = names[start : start + TAGGED_AT_ONCE]
                for one in client.describe_tags(LoadBalancerNames=some)["TagDescriptions"]:
                    found[one["LoadBalancerName"]] = tag_map(one["Tags"])
        return {one: found.get(one.load_balancer_name, {}) for one in listeners}

    def serving(self, client: ElasticLoadBalancingClient, listener: Listener) -> Serving:
        """Read one listener's certificate live."""
        with whole():
            names = [listener.load_balancer_name]
            answer = client.describe_load_balancers(LoadBalancerNames=names)
            for balancer in answer["LoadBalancerDescriptions"]:
                for description in balancer.get("ListenerDescriptions", []):
                    for binding in _bindings(balancer, description, listener.region):
                        if binding.listener.port == listener.port:
                            return Serving(binding.certificate)
        raise LookupError(f"{listener} has no TLS listener any more")

    def rebind(
        self,
        client: ElasticLoadBalancingClient,
        listener: Listener,
        roles: Collection[Role],
        old: str,
        new: str,
        call: Call,
    ) -> None:
        """Set the certificate in place; recreating the listener would be an outage (AWS row 11)."""
        call(
            client.set_load_balancer_listener_ssl_certificate,
            LoadBalancerName=listener.load_balancer_name,
            LoadBalancerPort=listener.port,
            SSLCertificateId=new,
        )


def _read(balancer: LoadBalancerDescriptionTypeDef, region: str) -> Iterator[Binding | Unread]:
    for description in balancer.get("ListenerDescriptions", []):
        try:
            yield from _bindings(balancer, description, region)
        except ResponseParserError as fault:
            name = balancer.get("LoadBalancerName", "")
            reason = f"{name}: {explain(fault)}"
            yield Unread(ClassicLoadBalancers.service, region, reason, name)


@whole()
def _bindings(
    balancer: LoadBalancerDescriptionTypeDef, description: ListenerDescriptionTypeDef, region: str
) -> list[Binding]:
    """Return a listener's one binding, none where it is not one for TLS."""
    settings = description["Listener"]
    protocol = settings["Protocol"].upper()
    if protocol not in _PROTOCOLS:
        return []
    listener = Listener(
        service=ClassicLoadBalancers.service,
        region=region,
        load_balancer_name=balancer["LoadBalancerName"],
        port=settings["LoadBalancerPort"],
        protocol=protocol,
        dns_name=balancer.get("DNSName", ""),
        scheme=balancer.get("Scheme", ""),
    )
    return [Binding(listener, Role.DEFAULT, settings.get("SSLCertificateId", ""))]


CONSUMER = ClassicLoadBalancers()
