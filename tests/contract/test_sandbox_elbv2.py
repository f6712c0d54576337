"""Application and network load balancers in the sandbox answer as AWS does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

REGION = "us-east-1"
NOWHERE = "arn:aws:iam::123456789012:server-certificate/none"


@dataclass(frozen=True)
class Shop:
    """Hold a load balancer whose listener on 443 has `old` as default and `sni` beside it."""

    aws: Sandbox
    arn: str
    listener: str
    old: str
    sni: str
    new: str

    @property
    def elbv2(self) -> Any:
        """Return the client."""
        return self.aws.client("elbv2", REGION)

    @property
    def bound(self) -> tuple[str | None, tuple[str, ...]]:
        """Return what the listener holds."""
        return self.aws.bound("shop", REGION, 443)

    def modify(self, *arns: str) -> Any:
        """Replace the default certificate."""
        certificates = [{"CertificateArn": arn} for arn in arns]
        return self.elbv2.modify_listener(ListenerArn=self.listener, Certificates=certificates)

    def add(self, *arns: str) -> Any:
        """Add SNI certificates."""
        return self.elbv2.add_listener_certificates(
            ListenerArn=self.listener, Certificates=[{"CertificateArn": arn} for arn in arns]
        )

    def remove(self, *arns: str) -> Any:
        """Remove SNI certificates."""
        return self.elbv2.remove_listener_certificates(
            ListenerArn=self.listener, Certificates=[{"CertificateArn": arn} for arn in arns]
        )

    def listed(self) -> list[tuple[str, bool]]:
        """Return DescribeListenerCertificates."""
        listed = self.elbv2.describe_listener_certificates(ListenerArn=self.listener)
        return [(c["CertificateArn"], c["IsDefault"]) for c in listed["Certificates"]]


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture(params=["application", "network"])
def shop(aws: Sandbox, web: Issued, request: pytest.FixtureRequest) -> Shop:
    """Give the load balancer, once as an application and once as a network load balancer."""
    old, sni, new = (aws.upload(name, web) for name in ("old", "sni", "new"))
    protocol = "HTTPS" if request.param == "application" else "TLS"
    listener = Listener(443, protocol, old, sni=(sni,))
    arn = getattr(aws, request.param)(REGION, "shop", listener).arn
    described = aws.client("elbv2", REGION).describe_listeners(LoadBalancerArn=arn)
    return Shop(aws, arn, described["Listeners"][0]["ListenerArn"], old, sni, new)


def test_describe_listeners_shows_the_default_only(shop: Shop) -> None:
    """The SNI list is not in DescribeListeners (AWS row 3)."""
    listeners = shop.elbv2.describe_listeners(LoadBalancerArn=shop.arn)["Listeners"]
    assert [found["Certificates"] for found in listeners] == [[{"CertificateArn": shop.old}]]


def test_describe_listener_certificates_shows_all(shop: Shop) -> None:
    """The default comes with IsDefault, the SNI list without (AWS row 3)."""
    assert shop.listed() == [(shop.old, True), (shop.sni, False)]


def test_one_certificate_may_stand_twice(shop: Shop) -> None:
    """The default can be in the SNI list as well (AWS row 3)."""
    shop.add(shop.old)
    assert shop.listed() == [(shop.old, True), (shop.sni, False), (shop.old, False)]


def test_default_is_replaced_and_sni_kept(shop: Shop) -> None:
    """ModifyListener leaves the SNI list alone, on HTTPS and TLS listeners (AWS row 2)."""
    modified = shop.modify(shop.new)["Listeners"][0]
    assert modified["Certificates"] == [{"CertificateArn": shop.new}]
    assert shop.bound == (shop.new, (shop.sni,))


def test_modify_listener_takes_one_certificate(shop: Shop) -> None:
    """More than one is TooManyCertificates (AWS row 4; aws/aws-cdk thread 16509)."""
    with pytest.raises(ClientError, match=r"\(TooManyCertificates\)"):
        shop.modify(shop.new, shop.sni)
    assert shop.bound == (shop.old, (shop.sni,))


def test_modifying_with_an_unknown_certificate(shop: Shop) -> None:
    """An unknown ARN is CertificateNotFound (botocore model elbv2.ModifyListener)."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.modify(NOWHERE)
    assert shop.bound == (shop.old, (shop.sni,))


def test_modifying_other_fields_keeps_the_certificate(shop: Shop) -> None:
    """What is not given does not change (botocore model elbv2.ModifyListener)."""
    policy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    modified = shop.elbv2.modify_listener(ListenerArn=shop.listener, SslPolicy=policy)
    assert modified["Listeners"][0]["SslPolicy"] == policy
    assert shop.bound == (shop.old, (shop.sni,))


def test_adding_keeps_order_and_does_not_repeat(shop: Shop) -> None:
    """A certificate already in the list is not added again (botocore model elbv2)."""
    shop.add(shop.new)
    shop.add(shop.sni)
    assert shop.bound == (shop.old, (shop.sni, shop.new))


def test_adding_an_unknown_certificate(shop: Shop) -> None:
    """An unknown ARN is CertificateNotFound (botocore model elbv2.AddListenerCertificates)."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        shop.add(shop.new, NOWHERE)
    assert shop.bound == (shop.old, (shop.sni,))


def test_twenty_five_besides_the_default(shop: Shop, web: Issued) -> None:
    """The 26th SNI certificate is TooManyCertificates (AWS row 5)."""
    shop.add(*(shop.aws.upload(f"sni-{number}", web) for number in range(24)))
    with pytest.raises(ClientError, match=r"\(TooManyCertificates\)"):
        shop.add(shop.new)
    assert len(shop.bound[1]) == 25


def test_removing_from_the_sni_list(shop: Shop) -> None:
    """An SNI certificate can be removed, and one that is not there (botocore model elbv2)."""
    shop.remove(shop.sni, shop.new)
    assert shop.bound == (shop.old, ())


def test_removing_the_default(shop: Shop) -> None:
    """A default is never removed: OperationNotPermitted (AWS row 4)."""
    with pytest.raises(ClientError, match=r"\(OperationNotPermitted\)"):
        shop.remove(shop.old)
    assert shop.bound == (shop.old, (shop.sni,))


def test_listener_certificates_are_paged(shop: Shop) -> None:
    """DescribeListenerCertificates has PageSize and Marker (AWS row 3)."""
    shop.add(shop.old)
    paginator = shop.elbv2.get_paginator("describe_listener_certificates")
    pages = paginator.paginate(ListenerArn=shop.listener, PaginationConfig={"PageSize": 1})
    assert [len(page["Certificates"]) for page in pages] == [1, 1, 1]


def test_listener_certificates_of_an_unknown_listener(shop: Shop) -> None:
    """An ARN that is not there is ListenerNotFound (botocore model elbv2)."""
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        shop.elbv2.describe_listener_certificates(ListenerArn=shop.listener + "0")


@pytest.mark.parametrize(("kind", "protocol"), [("application", "HTTP"), ("network", "TCP")])
def test_listener_without_tls_has_no_certificates(aws: Sandbox, kind: str, protocol: str) -> None:
    """DescribeListenerCertificates fails on a listener without TLS (AWS row 3)."""
    arn = getattr(aws, kind)(REGION, "plain", Listener(80, protocol)).arn
    elbv2 = aws.client("elbv2", REGION)
    listener = elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"][0]["ListenerArn"]
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        elbv2.describe_listener_certificates(ListenerArn=listener)


def create_listener(shop: Shop, port: int, *arns: str) -> None:
    """Create a listener on the load balancer."""
    protocol = "TLS" if "/net/" in shop.arn else "HTTPS"
    shop.elbv2.create_listener(
        LoadBalancerArn=shop.arn,
        Protocol=protocol,
        Port=port,
        Certificates=[{"CertificateArn": arn} for arn in arns],
        DefaultActions=[],
    )


def test_created_listener_is_bound(shop: Shop) -> None:
    """CreateListener binds its certificate (botocore model elbv2.CreateListener)."""
    create_listener(shop, 8443, shop.new)
    assert shop.aws.bound("shop", REGION, 8443) == (shop.new, ())


@pytest.mark.parametrize(
    ("port", "arns", "code"),
    [
        (8443, (NOWHERE,), "CertificateNotFound"),
        (8443, (), "ValidationError"),
        (8443, (NOWHERE, NOWHERE), "TooManyCertificates"),
        (443, (NOWHERE,), "DuplicateListener"),
    ],
)
def test_listener_that_cannot_be_created(
    shop: Shop, port: int, arns: tuple[str, ...], code: str
) -> None:
    """CreateListener checks port and certificates (botocore model elbv2.CreateListener)."""
    with pytest.raises(ClientError, match=rf"\({code}\)"):
        create_listener(shop, port, *arns)
    with pytest.raises(LookupError):
        shop.aws.bound("shop", REGION, 8443)


def test_arn_tells_the_type(aws: Sandbox) -> None:
    """ALB ARNs say app/, NLB ARNs net/, listeners too (botocore model elbv2)."""
    alb = aws.application(REGION, "shop", Listener(80, "HTTP"))
    nlb = aws.network(REGION, "edge", Listener(80, "TCP"))
    elbv2 = aws.client("elbv2", REGION)
    types = [found["Type"] for found in elbv2.describe_load_balancers()["LoadBalancers"]]
    assert types == ["application", "network"]
    assert ":loadbalancer/app/shop/" in str(alb.arn)
    assert ":loadbalancer/net/edge/" in str(nlb.arn)
    listener = elbv2.describe_listeners(LoadBalancerArn=nlb.arn)["Listeners"][0]
    assert ":listener/net/edge/" in listener["ListenerArn"]


def test_tags_follow_the_arn(aws: Sandbox) -> None:
    """A network load balancer keeps its tags (botocore model elbv2.DescribeTags)."""
    arn = aws.network(REGION, "edge", Listener(80, "TCP"), tags={"team": "a"}).arn
    described = aws.client("elbv2", REGION).describe_tags(ResourceArns=[arn])
    assert described["TagDescriptions"][0]["Tags"] == [{"Key": "team", "Value": "a"}]


def test_names_are_unique(shop: Shop) -> None:
    """A second load balancer of one name is refused (botocore model elbv2)."""
    subnets = shop.elbv2.describe_load_balancers()["LoadBalancers"][0]["AvailabilityZones"]
    with pytest.raises(ClientError, match=r"\(DuplicateLoadBalancerName\)"):
        shop.elbv2.create_load_balancer(Name="shop", Subnets=[subnets[0]["SubnetId"]])


def test_page_size_is_four_hundred_by_default(aws: Sandbox) -> None:
    """DescribeLoadBalancers shows 400 unless told otherwise (botocore model elbv2.PageSize)."""
    for number in range(401):
        aws.application(REGION, f"lb-{number}")
    elbv2 = aws.client("elbv2", REGION)
    first = elbv2.describe_load_balancers()
    assert len(first["LoadBalancers"]) == 400
    rest = elbv2.describe_load_balancers(Marker=first["NextMarker"])
    assert [found["LoadBalancerName"] for found in rest["LoadBalancers"]] == ["lb-400"]
    assert "NextMarker" not in rest


def test_one_unknown_load_balancer_fails_the_call(shop: Shop) -> None:
    """A known and an unknown name together are LoadBalancerNotFound (botocore model elbv2)."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        shop.elbv2.describe_load_balancers(Names=["shop", "none"])


def test_one_unknown_listener_fails_the_call(shop: Shop) -> None:
    """A known and an unknown ARN together are ListenerNotFound (botocore model elbv2)."""
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        shop.elbv2.describe_listeners(ListenerArns=[shop.listener, shop.listener + "0"])


def test_listeners_are_paged(aws: Sandbox) -> None:
    """DescribeListeners has PageSize and Marker (botocore model elbv2)."""
    listeners = [Listener(port, "HTTP") for port in (80, 81, 82)]
    arn = aws.application(REGION, "shop", *listeners).arn
    paginator = aws.client("elbv2", REGION).get_paginator("describe_listeners")
    pages = paginator.paginate(LoadBalancerArn=arn, PaginationConfig={"PageSize": 2})
    ports = [[found["Port"] for found in page["Listeners"]] for page in pages]
    assert ports == [[80, 81], [82]]


def test_wrong_marker_is_a_validation_error(shop: Shop) -> None:
    """A marker that was never given is refused (the code is an assumption)."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        shop.elbv2.describe_load_balancers(Marker="never")
