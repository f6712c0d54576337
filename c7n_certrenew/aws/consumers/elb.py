"""Classic load balancers: one certificate a listener, HTTPS or SSL."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from c7n_certrenew.aws.consumers.base import Call, Serving
from c7n_certrenew.core.model import Binding, Listener, Role, Unread

if TYPE_CHECKING:
    from mypy_boto3_elb import ElasticLoadBalancingClient
    from mypy_boto3_elb.type_defs import LoadBalancerDescriptionTypeDef

_PROTOCOLS = ("HTTPS", "SSL")


class ClassicLoadBalancers:
    """The API version 2012-06-01. Listeners come inline with their certificate."""

    service = "elb"

    def read(self, client: ElasticLoadBalancingClient, region: str) -> Iterator[Binding | Unread]:
        """Yield every binding: one call a page of 400 load balancers."""
        pages = client.get_paginator("describe_load_balancers").paginate()
        for page in pages:
            for balancer in page["LoadBalancerDescriptions"]:
                yield from _bindings(balancer, region)

    def serving(self, client: ElasticLoadBalancingClient, listener: Listener) -> Serving:
        """Read one listener's certificate live."""
        answer = client.describe_load_balancers(LoadBalancerNames=[listener.load_balancer_name])
        for balancer in answer["LoadBalancerDescriptions"]:
            for binding in _bindings(balancer, listener.region):
                if binding.listener.port == listener.port:
                    return Serving(binding.certificate_arn)
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


def _bindings(balancer: LoadBalancerDescriptionTypeDef, region: str) -> Iterator[Binding]:
    for description in balancer.get("ListenerDescriptions", []):
        settings = description["Listener"]
        if settings["Protocol"].upper() in _PROTOCOLS:
            listener = Listener(
                service=ClassicLoadBalancers.service,
                region=region,
                load_balancer_name=balancer["LoadBalancerName"],
                port=settings["LoadBalancerPort"],
                protocol=settings["Protocol"].upper(),
                dns_name=balancer.get("DNSName", ""),
                scheme=balancer.get("Scheme", ""),
            )
            yield Binding(listener, Role.DEFAULT, settings.get("SSLCertificateId", ""))
