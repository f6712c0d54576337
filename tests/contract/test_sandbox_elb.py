"""Classic load balancers in the sandbox answer as AWS does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Listener, Sandbox

REGION = "eu-west-1"
NOWHERE = "arn:aws:iam::123456789012:server-certificate/none"


@pytest.fixture
def arns(aws: Sandbox, authority: Authority) -> tuple[str, str]:
    """Give two certificates in IAM."""
    issued = authority.issue("www.example.com", key="p256")
    return aws.upload("old", issued), aws.upload("new", issued)


@pytest.fixture
def legacy(aws: Sandbox, arns: tuple[str, str]) -> str:
    """Give a load balancer with listeners on 80, 443 and 8443."""
    listeners = Listener(443, "HTTPS", arns[0]), Listener(8443, "SSL", arns[0])
    return aws.classic(REGION, "legacy", Listener(80, "HTTP"), *listeners).name


def elb(aws: Sandbox) -> Any:
    """Return the client."""
    return aws.client("elb", REGION)


def replace(aws: Sandbox, name: str, port: int, arn: str) -> None:
    """Replace a listener's certificate."""
    elb(aws).set_load_balancer_listener_ssl_certificate(
        LoadBalancerName=name, LoadBalancerPort=port, SSLCertificateId=arn
    )


def listener(arn: str | None = None, protocol: str = "HTTPS") -> dict[str, Any]:
    """Return a listener to create on port 9443."""
    ports = {"Protocol": protocol, "LoadBalancerPort": 9443, "InstancePort": 80}
    return {**ports, "SSLCertificateId": arn} if arn else ports


@pytest.mark.parametrize("port", [443, 8443])
def test_certificate_is_replaced_in_place(
    aws: Sandbox, legacy: str, arns: tuple[str, str], port: int
) -> None:
    """HTTPS and SSL listeners change in place, the others stay (AWS row 11)."""
    replace(aws, legacy, port, arns[1])
    assert aws.bound(legacy, REGION, port) == (arns[1], ())
    assert aws.bound(legacy, REGION, 443 + 8443 - port) == (arns[0], ())


def test_listeners_come_with_their_certificate(
    aws: Sandbox, legacy: str, arns: tuple[str, str]
) -> None:
    """DescribeLoadBalancers shows listeners inline (botocore model elb)."""
    described = elb(aws).describe_load_balancers()["LoadBalancerDescriptions"][0]
    listeners = [d["Listener"] for d in described["ListenerDescriptions"]]
    shown = {found["LoadBalancerPort"]: found.get("SSLCertificateId") for found in listeners}
    assert shown == {80: None, 443: arns[0], 8443: arns[0]}


def test_replacing_with_an_unknown_certificate(aws: Sandbox, legacy: str) -> None:
    """An unknown ARN is CertificateNotFound and changes nothing (botocore model elb)."""
    before = aws.bound(legacy, REGION, 443)
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        replace(aws, legacy, 443, NOWHERE)
    assert aws.bound(legacy, REGION, 443) == before


def test_replacing_on_an_unknown_port(aws: Sandbox, legacy: str, arns: tuple[str, str]) -> None:
    """A port without a listener is ListenerNotFound (botocore model elb)."""
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        replace(aws, legacy, 444, arns[1])


def test_replacing_on_an_unknown_load_balancer(aws: Sandbox, arns: tuple[str, str]) -> None:
    """A name that is not there is LoadBalancerNotFound (botocore model elb)."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        replace(aws, "none", 443, arns[1])


def test_replacing_on_a_plain_listener(aws: Sandbox, legacy: str, arns: tuple[str, str]) -> None:
    """An HTTP listener takes no certificate (botocore model elb; the code is an assumption)."""
    with pytest.raises(ClientError, match=r"\(InvalidConfigurationRequest\)"):
        replace(aws, legacy, 80, arns[1])


def test_creating_with_an_unknown_certificate(aws: Sandbox) -> None:
    """CreateLoadBalancer checks certificates (botocore model elb.CreateLoadBalancer)."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        elb(aws).create_load_balancer(
            LoadBalancerName="new",
            Listeners=[listener(NOWHERE)],
            AvailabilityZones=[f"{REGION}a"],
        )
    assert elb(aws).describe_load_balancers()["LoadBalancerDescriptions"] == []


def test_creating_listeners_with_an_unknown_certificate(aws: Sandbox, legacy: str) -> None:
    """CreateLoadBalancerListeners checks certificates (botocore model elb)."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        elb(aws).create_load_balancer_listeners(
            LoadBalancerName=legacy, Listeners=[listener(NOWHERE)]
        )


def test_creating_a_secure_listener_without_certificate(aws: Sandbox, legacy: str) -> None:
    """HTTPS needs a certificate: ValidationError (the text AWS gives is quoted in threads)."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        elb(aws).create_load_balancer_listeners(LoadBalancerName=legacy, Listeners=[listener()])


def test_creating_listeners_on_an_unknown_load_balancer(
    aws: Sandbox, arns: tuple[str, str]
) -> None:
    """CreateLoadBalancerListeners knows LoadBalancerNotFound (botocore model elb)."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        elb(aws).create_load_balancer_listeners(
            LoadBalancerName="none", Listeners=[listener(arns[0])]
        )


def test_deleting_two_of_three_listeners_leaves_the_third(aws: Sandbox, legacy: str) -> None:
    """Only the given ports lose their listener (botocore model elb)."""
    elb(aws).delete_load_balancer_listeners(LoadBalancerName=legacy, LoadBalancerPorts=[80, 443])
    described = elb(aws).describe_load_balancers()["LoadBalancerDescriptions"][0]
    ports = [d["Listener"]["LoadBalancerPort"] for d in described["ListenerDescriptions"]]
    assert ports == [8443]


def test_describing_an_unknown_load_balancer(aws: Sandbox, legacy: str) -> None:
    """One unknown name fails the whole call (botocore model elb)."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        elb(aws).describe_load_balancers(LoadBalancerNames=[legacy, "none"])


def test_page_size_is_four_hundred_by_default(aws: Sandbox) -> None:
    """DescribeLoadBalancers shows 400 unless told otherwise (botocore model elb.PageSize)."""
    for number in range(401):
        aws.classic(REGION, f"lb-{number}", Listener(80, "HTTP"))
    first = elb(aws).describe_load_balancers()
    assert len(first["LoadBalancerDescriptions"]) == 400
    rest = elb(aws).describe_load_balancers(Marker=first["NextMarker"])
    names = [d["LoadBalancerName"] for d in rest["LoadBalancerDescriptions"]]
    assert (names, rest.get("NextMarker")) == (["lb-400"], None)


def test_wrong_marker_is_a_validation_error(aws: Sandbox, legacy: str) -> None:
    """A marker that was never given is refused (the code is an assumption)."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        elb(aws).describe_load_balancers(Marker="never")


def test_dns_name_tells_region_and_scheme(aws: Sandbox) -> None:
    """DNS names hold the region, internal ones a prefix (botocore model elb.DNSName)."""
    public = aws.classic(REGION, "public", Listener(80, "HTTP"))
    inner = aws.classic(REGION, "inner", Listener(80, "HTTP"), scheme="internal")
    assert public.dns_name.startswith("public-")
    assert public.dns_name.endswith(f".{REGION}.elb.amazonaws.com")
    assert inner.dns_name.startswith("internal-inner-")


def test_tags_are_kept(aws: Sandbox) -> None:
    """A seeded load balancer has its tags (botocore model elb.DescribeTags)."""
    aws.classic(REGION, "tagged", Listener(80, "HTTP"), tags={"team": "a"})
    described = elb(aws).describe_tags(LoadBalancerNames=["tagged"])["TagDescriptions"]
    assert described[0]["Tags"] == [{"Key": "team", "Value": "a"}]
