"""Who puts the old certificate back on a listener, and what to change there (AWS row 13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from c7n_certrenew.core.model import Role
from c7n_certrenew.core.text import plain

if TYPE_CHECKING:
    from c7n_certrenew.core.model import Binding

_BEANSTALK = "Elastic Beanstalk environment"
_KUBERNETES = "Kubernetes"
_CLOUDFORMATION = "CloudFormation stack"
_TAG = "tag"

_CLUSTERS = ("elbv2.k8s.aws/cluster", "eks:eks-cluster-name")
_CLUSTER_PREFIX = "kubernetes.io/cluster/"
_INGRESS = "ingress.k8s.aws/stack"
_SERVICES = ("service.k8s.aws/stack", "kubernetes.io/service-name")


def owner_of(tags: Mapping[str, str], managed_tags: Collection[str] = ()) -> str:
    """Return who will put the old certificate back, in words, from a load balancer's tags.

    Empty where no tag says so. Elastic Beanstalk and Kubernetes go before the CloudFormation
    stack by which they may have made the load balancer. `managed_tags` are the user's own: a
    glob of the key, with `=` also one of the value; Terraform has no tag of its own. What tags
    say is hostile text: it comes back without control characters.

    Tags: those of the AWS Load Balancer Controller, the Kubernetes cloud provider, EKS, Elastic
    Beanstalk and CloudFormation.

    >>> owner_of({"aws:cloudformation:stack-name": "shop-prod"})
    'CloudFormation stack shop-prod'
    >>> owner_of({"elbv2.k8s.aws/cluster": "prod", "ingress.k8s.aws/stack": "shop/web"})
    'Kubernetes cluster prod, ingress shop/web'
    >>> owner_of({"managed-by": "terraform"}, ["team:*", "managed-by=terra*"])
    'tag managed-by=terraform'
    >>> owner_of({"managed-by": "nobody"}, ["managed-by=terraform"])
    ''
    """
    environment = tags.get("elasticbeanstalk:environment-name")
    stack = tags.get("aws:cloudformation:stack-name")
    found = (
        f"{_BEANSTALK} {environment}" if environment else "",
        _kubernetes(tags),
        f"{_CLOUDFORMATION} {stack}" if stack else "",
        _own(tags, managed_tags),
    )
    return plain(next(filter(None, found), ""))


def what_to_change(owner: str, binding: Binding, new: str) -> str:
    """Return one sentence: where the owner's own settings must name the new certificate.

    `owner` is what `owner_of` returned, `new` the ARN of the new certificate, or its name while it
    has none. Settings are those of AWS's template and option references, and the annotations of
    the AWS Load Balancer Controller.
    """
    by_id = "the ServerCertificateId of " if binding.listener.service == "cloudfront" else ""
    return f"{owner} puts the old certificate back: {_place(owner, binding)} {by_id}{new}"


def _place(owner: str, binding: Binding) -> str:
    if owner.startswith(_BEANSTALK):
        return f"set {_OPTION[_api(binding)].format(binding.listener.port)} of the environment to"
    if owner.startswith(_KUBERNETES):
        return f"set {_annotation(owner, binding)} to"
    if owner.startswith(_CLOUDFORMATION):
        kind = binding.listener.service, binding.role
        return f"set {_PROPERTY.get(kind, _ANY_PROPERTY)} in its template to"
    return "in the code that it is built from, name"


_OPTION = {
    "elb": "SSLCertificateId of aws:elb:listener:{}",
    "elbv2": "SSLCertificateArns of aws:elbv2:listener:{}",
}
_PROPERTY = {
    ("elb", Role.DEFAULT): "SSLCertificateId of the AWS::ElasticLoadBalancing::LoadBalancer",
    ("elbv2", Role.DEFAULT): "Certificates of the AWS::ElasticLoadBalancingV2::Listener",
    ("elbv2", Role.SNI): "Certificates of the AWS::ElasticLoadBalancingV2::ListenerCertificate",
    ("cloudfront", Role.DEFAULT): (
        "IamCertificateId in ViewerCertificate of the AWS::CloudFront::Distribution"
    ),
}
_ANY_PROPERTY = "the certificate"
_INGRESS_ANNOTATION = "the annotation alb.ingress.kubernetes.io/certificate-arn"
_SERVICE_ANNOTATION = "the annotation service.beta.kubernetes.io/aws-load-balancer-ssl-cert"


def _api(binding: Binding) -> str:
    return "elb" if binding.listener.service == "elb" else "elbv2"


def _annotation(owner: str, binding: Binding) -> str:
    """Return the annotation; where no tag says by what, network and classic are of a Service."""
    network = ":loadbalancer/net/" in binding.listener.load_balancer_arn
    if " ingress " in owner:
        return f"{_INGRESS_ANNOTATION} of the Ingress"
    if " service " in owner or network or _api(binding) == "elb":
        return f"{_SERVICE_ANNOTATION} of the Service"
    return f"{_INGRESS_ANNOTATION} of the Ingress"


def _kubernetes(tags: Mapping[str, str]) -> str:
    """Return the cluster and what in it, as far as tags say; empty where none does."""
    ingress = tags.get(_INGRESS, "")
    group = "" if "/" in ingress else "group "
    service = _first(tags, _SERVICES)
    keys = (key for key in sorted(tags) if key.startswith(_CLUSTER_PREFIX))
    cluster = _first(tags, _CLUSTERS) or next(keys, "").removeprefix(_CLUSTER_PREFIX)
    parts = (
        f"cluster {cluster}" if cluster else "",
        f"ingress {group}{ingress}" if ingress else f"service {service}" if service else "",
    )
    said = ", ".join(filter(None, parts))
    return f"{_KUBERNETES} {said}" if said else ""


def _first(tags: Mapping[str, str], keys: Collection[str]) -> str:
    return next((tags[key] for key in keys if tags.get(key)), "")


def _own(tags: Mapping[str, str], patterns: Collection[str]) -> str:
    for pattern in patterns:
        wanted_key, equals, wanted_value = pattern.partition("=")
        for key, value in sorted(tags.items()):
            if fnmatchcase(key, wanted_key) and (not equals or fnmatchcase(value, wanted_value)):
                return f"{_TAG} {key}={value}" if value else f"{_TAG} {key}"
    return ""
