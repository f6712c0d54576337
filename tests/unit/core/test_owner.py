"""Who puts an old certificate back, and where the new one must be named (AWS row 13)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from c7n_certrenew.core.model import Binding, Listener, Role
from c7n_certrenew.core.owner import owner_of, what_to_change

STACK = {"aws:cloudformation:stack-name": "shop-prod"}
BEANSTALK = {"elasticbeanstalk:environment-name": "web-env"}
CLUSTER = {"elbv2.k8s.aws/cluster": "prod"}
INGRESS = {"ingress.k8s.aws/stack": "shop/web"}
SERVICE = {"service.k8s.aws/stack": "mail/smtp"}
CLOUD_PROVIDER = {"kubernetes.io/cluster/dev": "owned", "kubernetes.io/service-name": "shop/web"}


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({}, ""),
        ({"Name": "shop", "kubernetes.io/role/elb": "1"}, ""),
        (STACK, "CloudFormation stack shop-prod"),
        (STACK | BEANSTALK, "Elastic Beanstalk environment web-env"),
        (CLUSTER, "Kubernetes cluster prod"),
        (CLUSTER | INGRESS | STACK, "Kubernetes cluster prod, ingress shop/web"),
        (CLUSTER | SERVICE, "Kubernetes cluster prod, service mail/smtp"),
        (INGRESS, "Kubernetes ingress shop/web"),
        (
            CLUSTER | {"ingress.k8s.aws/stack": "edge"},
            "Kubernetes cluster prod, ingress group edge",
        ),
        (CLOUD_PROVIDER, "Kubernetes cluster dev, service shop/web"),
        ({"kubernetes.io/cluster/dev": "shared"}, "Kubernetes cluster dev"),
        ({"eks:eks-cluster-name": "auto"} | INGRESS, "Kubernetes cluster auto, ingress shop/web"),
    ],
)
def test_who_puts_it_back(tags: dict[str, str], owner: str) -> None:
    """AWS row 13: Beanstalk and Kubernetes go before the stack that they are built with."""
    assert owner_of(tags) == owner
    assert owner_of(dict(reversed(tags.items()))) == owner


@pytest.mark.parametrize(
    ("pattern", "owner"),
    [
        ("terraform", "tag terraform"),
        ("Terraform", ""),
        ("terra", ""),
        ("team:*", "tag team:shop=blue"),
        ("managed-by=terraform", "tag managed-by=terraform"),
        ("managed-by=terra*", "tag managed-by=terraform"),
        ("managed-by=pulumi", ""),
        ("managed-by=", ""),
        ("terraform=", "tag terraform"),
        ("*=terraform", "tag managed-by=terraform"),
    ],
)
def test_the_users_own_tags(pattern: str, owner: str) -> None:
    """A glob of the key, and of the value after =; case counts, as it does in AWS."""
    tags = {"managed-by": "terraform", "terraform": "", "team:shop": "blue"}
    assert owner_of(tags, ["nothing", pattern]) == owner
    assert owner_of(tags | STACK, [pattern]) == "CloudFormation stack shop-prod"


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.text(), st.text()), st.sampled_from([*STACK, *BEANSTALK, *INGRESS]))
def test_what_tags_say_does_nothing(tags: dict[str, str], key: str) -> None:
    """No control character of a tag gets into what a person reads, whatever it stands in."""
    hostile = "shop\x1b[2J\u202e\n"
    assert owner_of({**tags, key: hostile}, ["*"]).isprintable()
    assert owner_of({**tags, hostile: hostile}, ["*"]).isprintable()


def binding(service: str = "elbv2", role: Role = Role.DEFAULT, arn: str = "") -> Binding:
    """Return a binding on port 8443."""
    listener = Listener(service, "eu-west-1", "web", 8443, "HTTPS", load_balancer_arn=arn)
    return Binding(listener, role, "old")


NLB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/web/1"
V2 = "AWS::ElasticLoadBalancingV2"


@pytest.mark.parametrize(
    ("tags", "where", "setting"),
    [
        (STACK, binding(), f"Certificates of the {V2}::Listener in its template"),
        (STACK, binding(role=Role.SNI), f"Certificates of the {V2}::ListenerCertificate"),
        (STACK, binding("elb"), "SSLCertificateId of the AWS::ElasticLoadBalancing::LoadBalancer"),
        (STACK, binding("cloudfront"), "to the ServerCertificateId of web-2027"),
        (STACK, binding("new-service"), "set the certificate in its template to web-2027"),
        (BEANSTALK, binding(), "SSLCertificateArns of aws:elbv2:listener:8443"),
        (BEANSTALK, binding("elb"), "SSLCertificateId of aws:elb:listener:8443"),
        (CLUSTER | INGRESS, binding(), "alb.ingress.kubernetes.io/certificate-arn of the Ingress"),
        (CLUSTER, binding(), "alb.ingress.kubernetes.io/certificate-arn of the Ingress"),
        (CLUSTER, binding(arn=NLB), "aws-load-balancer-ssl-cert of the Service"),
        (
            SERVICE,
            binding(),
            "service.beta.kubernetes.io/aws-load-balancer-ssl-cert of the Service",
        ),
        (CLOUD_PROVIDER, binding("elb"), "aws-load-balancer-ssl-cert of the Service"),
        ({"terraform": ""}, binding(), "in the code that it is built from, name web-2027"),
    ],
)
def test_what_to_change(tags: dict[str, str], where: Binding, setting: str) -> None:
    """One sentence names the owner, the setting of its own kind, and the new certificate."""
    owner = owner_of(tags, ["terraform"])
    said = what_to_change(owner, where, "web-2027")
    assert said.startswith(f"{owner} puts the old certificate back: ")
    assert setting in said
    assert said.endswith(" web-2027")
