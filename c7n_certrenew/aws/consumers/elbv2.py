"""Application and network load balancers: a default certificate and a list for SNI."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws.consumers.base import (
    NOTHING_KNOWN,
    TAGGED_AT_ONCE,
    Call,
    Consumer,
    Known,
    Part,
    Serving,
    Tags,
    tag_map,
    whole,
)
from c7n_certrenew.aws.faults import ANSWERS, code, explain, is_gone
from c7n_certrenew.core.model import Binding, Listener, Role, Unread

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import ListenerTypeDef, LoadBalancerTypeDef

_PROTOCOLS = ("HTTPS", "TLS")
_BALANCER_GONE = "LoadBalancerNotFound"


class LoadBalancers(Consumer):
    """The API version 2015-12-01."""

    service = "elbv2"
    reads = (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeListenerCertificates",
        "elasticloadbalancing:DescribeTags",
    )
    writes = (
        "elasticloadbalancing:ModifyListener",
        "elasticloadbalancing:AddListenerCertificates",
        "elasticloadbalancing:RemoveListenerCertificates",
    )
    arns = "arn:{partition}:elasticloadbalancing:*:*:listener/*"

    def read(
        self, client: ElasticLoadBalancingv2Client, region: str, known: Known = NOTHING_KNOWN
    ) -> Iterator[Part]:
        """Yield each load balancer.

        One call a page of them, one for each one's listeners, and one for the certificates of
        each TLS listener: DescribeListeners shows the default only (AWS row 3). Of a known one
        its listeners are not listed again: those that are still there show their certificates.
        """
        with whole():
            for page in client.get_paginator("describe_load_balancers").paginate():
                for balancer in page["LoadBalancers"]:
                    if balancer.get("Type") != "gateway":
                        name = balancer.get("LoadBalancerArn", "")
                        yield Part(name, partial(_read, client, balancer, region, known.get(name)))

    def tags(self, client: ElasticLoadBalancingv2Client, listeners: Collection[Listener]) -> Tags:
        """Read the load balancers' tags, twenty in a call, which is the API's limit."""
        arns = list(dict.fromkeys(listener.load_balancer_arn for listener in listeners))
        found: dict[str, dict[str, str]] = {}
        with whole():
            for start in range(0, len(arns), TAGGED_AT_ONCE):
                some = arns[start : start + TAGGED_AT_ONCE]
                for one in client.describe_tags(ResourceArns=some)["TagDescriptions"]:
                    found[one["ResourceArn"]] = tag_map(one["Tags"])
        return {one: found.get(one.load_balancer_arn, {}) for one in listeners}

    def serving(self, client: ElasticLoadBalancingv2Client, listener: Listener) -> Serving:
        """Read one listener's certificates live."""
        return _serving(client, listener.arn)

    def rebind(
        self,
        client: ElasticLoadBalancingv2Client,
        listener: Listener,
        roles: Collection[Role],
        old: str,
        new: str,
        call: Call,
    ) -> None:
        """Add the new one for SNI, switch the default, then remove the old one.

        In this order every name stays served, and the old one is no default when it is
        removed, which AWS refuses (AWS rows 2 and 4).
        """
        certificates, former = [{"CertificateArn": new}], [{"CertificateArn": old}]
        if Role.SNI in roles:
            call(
                client.add_listener_certificates,
                ListenerArn=listener.arn,
                Certificates=certificates,
            )
        if Role.DEFAULT in roles:
            call(client.modify_listener, ListenerArn=listener.arn, Certificates=certificates)
        if Role.SNI in roles:
            call(client.remove_listener_certificates, ListenerArn=listener.arn, Certificates=former)

    def swap(
        self,
        client: ElasticLoadBalancingv2Client,
        listener: Listener,
        old: str,
        new: str,
        call: Call,
    ) -> None:
        """Take the old one off the SNI list, then add the new one, or else the old one again.

        A list holds 25 certificates a load balancer, the default not counted (AWS row 5).
        """

        def ask(operation: Any, certificate: str) -> None:
            call(
                operation,
                ListenerArn=listener.arn,
                Certificates=[{"CertificateArn": certificate}],
            )

        try:
            ask(client.remove_listener_certificates, old)
            ask(client.add_listener_certificates, new)
        except BaseException:  # Ctrl-C too: a name must not stay without its certificate
            ask(client.add_listener_certificates, old)
            raise


def _read(
    client: ElasticLoadBalancingv2Client,
    balancer: LoadBalancerTypeDef,
    region: str,
    known: tuple[Listener, ...] | None,
) -> list[Binding | Unread]:
    """Read one load balancer, and say once what could not be read of it."""
    if known is not None:
        try:
            return [bound for listener in known for bound in _bound(client, listener)]
        except ANSWERS:  # one of its listeners is gone, or serves TLS no longer
            pass
    try:
        with whole():
            pages = client.get_paginator("describe_listeners").paginate(
                LoadBalancerArn=balancer["LoadBalancerArn"]
            )
            listeners = [listener for page in pages for listener in page["Listeners"]]
    except ANSWERS as fault:
        return [] if code(fault) == _BALANCER_GONE else [_unread(balancer, region, fault)]
    served = [one for one in listeners if one.get("Protocol") in _PROTOCOLS]
    found = [part for one in served for part in _bindings(client, balancer, one, region)]
    return list(dict.fromkeys(found))


def _bindings(
    client: ElasticLoadBalancingv2Client,
    balancer: LoadBalancerTypeDef,
    description: ListenerTypeDef,
    region: str,
) -> list[Binding | Unread]:
    """Read one listener. One that was deleted meanwhile serves nothing; the others still do."""
    try:
        return _bound(client, _listener(balancer, description, region))
    except ANSWERS as fault:
        return [] if is_gone(fault) else [_unread(balancer, region, fault)]


def _bound(client: ElasticLoadBalancingv2Client, listener: Listener) -> list[Binding | Unread]:
    serving = _serving(client, listener.arn)
    default = Binding(listener, Role.DEFAULT, serving.default)
    return [default, *(Binding(listener, Role.SNI, arn) for arn in serving.sni)]


def _unread(balancer: LoadBalancerTypeDef, region: str, fault: Exception) -> Unread:
    name = balancer.get("LoadBalancerName", "")
    return Unread(LoadBalancers.service, region, f"{name}: {explain(fault)}", name)


@whole()
def _listener(balancer: LoadBalancerTypeDef, description: ListenerTypeDef, region: str) -> Listener:
    return Listener(
        service=LoadBalancers.service,
        region=region,
        load_balancer_name=balancer["LoadBalancerName"],
        port=description["Port"],
        protocol=description["Protocol"],
        dns_name=balancer.get("DNSName", ""),
        scheme=balancer.get("Scheme", ""),
        load_balancer_arn=balancer["LoadBalancerArn"],
        arn=description["ListenerArn"],
    )


@whole()
def _serving(client: ElasticLoadBalancingv2Client, listener_arn: str) -> Serving:
    """Read the default and the SNI list; the same ARN can stand in both (AWS row 3)."""
    pages = client.get_paginator("describe_listener_certificates").paginate(
        ListenerArn=listener_arn
    )
    default, sni = "", []
    for page in pages:
        for certificate in page["Certificates"]:
            if certificate.get("IsDefault"):
                default = certificate["CertificateArn"]
            else:
                sni.append(certificate["CertificateArn"])
    return Serving(default, tuple(sni))


CONSUMER = LoadBalancers()
