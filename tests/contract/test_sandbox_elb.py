"""Classic load balancers in the sandbox answer as AWS does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from shops import shown

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


def listener(arn: str | None = None, protocol: str = "HTTPS", **changes: Any) -> dict[str, Any]:
    """Return a listener to create on port 9443."""
    ports = {"Protocol": protocol, "LoadBalancerPort": 9443, "InstancePort": 80, **changes}
    return {**ports, "SSLCertificateId": arn} if arn else ports


def listeners(aws: Sandbox) -> list[dict[str, Any]]:
    """Return the listeners of the one load balancer as the API describes them."""
    (described,) = elb(aws).describe_load_balancers()["LoadBalancerDescriptions"]
    return [description["Listener"] for description in described["ListenerDescriptions"]]


def create(aws: Sandbox, name: str, *created: dict[str, Any]) -> None:
    """Create listeners."""
    elb(aws).create_load_balancer_listeners(LoadBalancerName=name, Listeners=[*created])


@pytest.mark.evidence("model: elb.SetLoadBalancerListenerSSLCertificate")
@pytest.mark.parametrize("port", [443, 8443])
def test_certificate_is_replaced_in_place(
    aws: Sandbox, legacy: str, arns: tuple[str, str], port: int
) -> None:
    """HTTPS and SSL listeners change in place, the others stay (AWS row 11)."""
    replace(aws, legacy, port, arns[1])
    assert aws.bound(legacy, REGION, port) == (arns[1], ())
    assert aws.bound(legacy, REGION, 443 + 8443 - port) == (arns[0], ())


@pytest.mark.evidence("assumption: the data plane lags behind the API")
def test_data_plane_learns_of_it_later(aws: Sandbox, authority: Authority) -> None:
    """What a listener is given shows after a while (AWS row 19)."""
    old, new = (aws.upload(name, authority.issue("a.example", key="p256")) for name in "ab")
    lb = aws.classic(REGION, "legacy", Listener(443, "HTTPS", old))
    before = shown(aws, lb.dns_name, "a.example")
    aws.front_ends.lag(60)
    replace(aws, "legacy", 443, new)
    assert shown(aws, lb.dns_name, "a.example") == before
    aws.advance(60)
    assert shown(aws, lb.dns_name, "a.example") != before


@pytest.mark.evidence("model: elb.LoadBalancerDescription")
def test_listeners_come_with_their_certificate(
    aws: Sandbox, legacy: str, arns: tuple[str, str]
) -> None:
    """DescribeLoadBalancers shows listeners inline."""
    described = elb(aws).describe_load_balancers()["LoadBalancerDescriptions"][0]
    listeners = [d["Listener"] for d in described["ListenerDescriptions"]]
    shown = {found["LoadBalancerPort"]: found.get("SSLCertificateId") for found in listeners}
    assert shown == {80: None, 443: arns[0], 8443: arns[0]}


@pytest.mark.evidence("model: elb.CertificateNotFoundException")
def test_replacing_with_an_unknown_certificate(aws: Sandbox, legacy: str) -> None:
    """An unknown ARN is CertificateNotFound and changes nothing."""
    before = aws.bound(legacy, REGION, 443)
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        replace(aws, legacy, 443, NOWHERE)
    assert aws.bound(legacy, REGION, 443) == before


@pytest.mark.evidence("model: elb.ListenerNotFoundException")
def test_replacing_on_an_unknown_port(aws: Sandbox, legacy: str, arns: tuple[str, str]) -> None:
    """A port without a listener is ListenerNotFound."""
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        replace(aws, legacy, 444, arns[1])


@pytest.mark.evidence("model: elb.AccessPointNotFoundException")
def test_replacing_on_an_unknown_load_balancer(aws: Sandbox, arns: tuple[str, str]) -> None:
    """A name that is not there is LoadBalancerNotFound."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        replace(aws, "none", 443, arns[1])


@pytest.mark.evidence("model: elb.SetLoadBalancerListenerSSLCertificate; assumption: the code")
def test_replacing_on_a_plain_listener(aws: Sandbox, legacy: str, arns: tuple[str, str]) -> None:
    """An HTTP listener takes no certificate: InvalidConfigurationRequest."""
    with pytest.raises(ClientError, match=r"\(InvalidConfigurationRequest\)"):
        replace(aws, legacy, 80, arns[1])


@pytest.mark.evidence("thread: hashicorp/terraform#1627")
def test_creating_with_an_unknown_certificate(aws: Sandbox) -> None:
    """CreateLoadBalancer with an unknown certificate creates nothing: CertificateNotFound."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        elb(aws).create_load_balancer(
            LoadBalancerName="new",
            Listeners=[listener(NOWHERE)],
            AvailabilityZones=[f"{REGION}a"],
        )
    assert elb(aws).describe_load_balancers()["LoadBalancerDescriptions"] == []


@pytest.mark.evidence("thread: hashicorp/terraform#1627")
def test_creating_listeners_with_an_unknown_certificate(aws: Sandbox, legacy: str) -> None:
    """CreateLoadBalancerListeners with an unknown certificate: CertificateNotFound."""
    with pytest.raises(ClientError, match=r"\(CertificateNotFound\)"):
        elb(aws).create_load_balancer_listeners(
            LoadBalancerName=legacy, Listeners=[listener(NOWHERE)]
        )


@pytest.mark.evidence("thread: terraform-aws-modules/terraform-aws-elb#24")
def test_creating_a_secure_listener_without_certificate(aws: Sandbox, legacy: str) -> None:
    """HTTPS needs a certificate: ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        elb(aws).create_load_balancer_listeners(LoadBalancerName=legacy, Listeners=[listener()])


@pytest.mark.evidence("model: elb.AccessPointNotFoundException")
def test_creating_listeners_on_an_unknown_load_balancer(
    aws: Sandbox, arns: tuple[str, str]
) -> None:
    """CreateLoadBalancerListeners knows LoadBalancerNotFound."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        elb(aws).create_load_balancer_listeners(
            LoadBalancerName="none", Listeners=[listener(arns[0])]
        )


@pytest.mark.evidence("model: elb.DeleteLoadBalancerListeners")
def test_deleting_two_of_three_listeners_leaves_the_third(aws: Sandbox, legacy: str) -> None:
    """Only the given ports lose their listener."""
    elb(aws).delete_load_balancer_listeners(LoadBalancerName=legacy, LoadBalancerPorts=[80, 443])
    described = elb(aws).describe_load_balancers()["LoadBalancerDescriptions"][0]
    ports = [d["Listener"]["LoadBalancerPort"] for d in described["ListenerDescriptions"]]
    assert ports == [8443]


@pytest.mark.evidence("model: elb.AccessPointNotFoundException")
def test_describing_an_unknown_load_balancer(aws: Sandbox, legacy: str) -> None:
    """One unknown name fails the whole call: LoadBalancerNotFound."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        elb(aws).describe_load_balancers(LoadBalancerNames=[legacy, "none"])


@pytest.mark.evidence("model: elb.PageSize")
def test_page_size_is_four_hundred_by_default(aws: Sandbox) -> None:
    """DescribeLoadBalancers shows 400 unless told otherwise."""
    for number in range(401):
        aws.classic(REGION, f"lb-{number}", Listener(80, "HTTP"))
    first = elb(aws).describe_load_balancers()
    assert len(first["LoadBalancerDescriptions"]) == 400
    rest = elb(aws).describe_load_balancers(Marker=first["NextMarker"])
    names = [d["LoadBalancerName"] for d in rest["LoadBalancerDescriptions"]]
    assert (names, rest.get("NextMarker")) == (["lb-400"], None)


@pytest.mark.evidence("model: elb.PageSize, elb.Marker; assumption: the code for a marker")
@pytest.mark.parametrize("wrong", [{"Marker": "never"}, {"PageSize": 401}])
def test_wrong_marker_or_page_size(aws: Sandbox, legacy: str, wrong: dict[str, Any]) -> None:
    """A marker that was never given and a page of more than 400 are a ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        elb(aws).describe_load_balancers(**wrong)


@pytest.mark.evidence("guide: Elastic Load Balancing, DNS name")
def test_dns_name_tells_region_and_scheme(aws: Sandbox) -> None:
    """DNS names hold the region, internal ones a prefix."""
    public = aws.classic(REGION, "public", Listener(80, "HTTP"))
    inner = aws.classic(REGION, "inner", Listener(80, "HTTP"), scheme="internal")
    assert public.dns_name.startswith("public-")
    assert public.dns_name.endswith(f".{REGION}.elb.amazonaws.com")
    assert inner.dns_name.startswith("internal-inner-")


@pytest.mark.evidence("model: elb.DescribeTags")
def test_tags_are_kept(aws: Sandbox) -> None:
    """A seeded load balancer has its tags."""
    aws.classic(REGION, "tagged", Listener(80, "HTTP"), tags={"team": "a"})
    described = elb(aws).describe_tags(LoadBalancerNames=["tagged"])["TagDescriptions"]
    assert described[0]["Tags"] == [{"Key": "team", "Value": "a"}]


@pytest.mark.evidence("model: elb.DescribeTagsInput, elb.LoadBalancerNamesMax20")
@pytest.mark.evidence("thread: remind101/empire#484")
def test_tags_of_twenty_at_most(aws: Sandbox, legacy: str) -> None:
    """More than 20 names in one DescribeTags are a ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        elb(aws).describe_tags(LoadBalancerNames=[legacy] * 21)


@pytest.mark.evidence("model: elb.AccessPointNotFoundException")
def test_tags_of_what_is_not_there(aws: Sandbox, legacy: str) -> None:
    """A known and an unknown name together are LoadBalancerNotFound."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        elb(aws).describe_tags(LoadBalancerNames=[legacy, "none"])


@pytest.mark.evidence("model: elb.Listener, InstanceProtocol")
def test_instances_speak_what_was_asked(aws: Sandbox, arns: tuple[str, str]) -> None:
    """InstanceProtocol is what was given, not what the listener speaks, and stays as it is."""
    elb(aws).create_load_balancer(
        LoadBalancerName="lb",
        Listeners=[listener(arns[0], InstanceProtocol="http")],
        AvailabilityZones=[f"{REGION}a"],
    )
    create(aws, "lb", listener(arns[0], "SSL", LoadBalancerPort=636, InstanceProtocol="TCP"))
    replace(aws, "lb", 9443, arns[1])
    shown = {one["LoadBalancerPort"]: one for one in listeners(aws)}
    assert shown == {
        9443: listener(arns[1], InstanceProtocol="HTTP"),
        636: listener(arns[0], "SSL", LoadBalancerPort=636, InstanceProtocol="TCP"),
    }


@pytest.mark.evidence("assumption: the model names no default")
def test_instances_speak_what_the_listener_speaks(
    aws: Sandbox, legacy: str, arns: tuple[str, str]
) -> None:
    """Without InstanceProtocol instances are spoken to as clients speak."""
    create(aws, legacy, listener(arns[0]))
    assert listeners(aws)[-1] == listener(arns[0], InstanceProtocol="HTTPS")


@pytest.mark.evidence("model: elb.Listener, InstanceProtocol; assumption: the code")
@pytest.mark.parametrize(("front", "back"), [("HTTPS", "TCP"), ("SSL", "HTTP"), ("FTP", "FTP")])
def test_protocols_of_different_layers(
    aws: Sandbox, legacy: str, arns: tuple[str, str], front: str, back: str
) -> None:
    """HTTP and HTTPS go together, TCP and SSL do, and nothing else: ValidationError."""
    with pytest.raises(ClientError, match=r"\(ValidationError\)"):
        create(aws, legacy, listener(arns[0], front, InstanceProtocol=back))
    assert len(listeners(aws)) == 3


@pytest.mark.evidence("thread: hashicorp/terraform#3301")
def test_certificate_of_a_plain_listener_is_dropped(aws: Sandbox, legacy: str) -> None:
    """A certificate for a listener without TLS, known or not, is ignored."""
    create(aws, legacy, listener(NOWHERE, "TCP"))
    assert listeners(aws)[-1] == listener(protocol="TCP", InstanceProtocol="TCP")


@pytest.mark.evidence("model: elb.CreateLoadBalancerListeners")
def test_created_again_it_is_the_same(aws: Sandbox, legacy: str, arns: tuple[str, str]) -> None:
    """A listener that is there with the same properties stays as it is."""
    for _ in range(2):
        create(aws, legacy, listener(arns[0]))
    assert [one["LoadBalancerPort"] for one in listeners(aws)] == [80, 443, 8443, 9443]


@pytest.mark.evidence("model: elb.DuplicateListenerException")
@pytest.mark.parametrize(
    "change", [{"InstancePort": 81}, {"Protocol": "SSL"}, {"SSLCertificateId": "<new>"}]
)
def test_port_that_is_taken(
    aws: Sandbox, legacy: str, arns: tuple[str, str], change: dict[str, Any]
) -> None:
    """A listener that is there with another property is DuplicateListener; none is created."""
    create(aws, legacy, listener(arns[0]))
    other = {**listener(arns[0]), **change}
    if "SSLCertificateId" in change:
        other["SSLCertificateId"] = arns[1]
    with pytest.raises(ClientError, match=r"\(DuplicateListener\)"):
        create(aws, legacy, listener(arns[0], LoadBalancerPort=7443), other)
    assert len(listeners(aws)) == 4


@pytest.mark.evidence("assumption: the model names no error for it")
def test_deleting_a_listener_that_is_not_there(aws: Sandbox, legacy: str) -> None:
    """Ports without a listener do not matter."""
    elb(aws).delete_load_balancer_listeners(LoadBalancerName=legacy, LoadBalancerPorts=[81])
    assert len(listeners(aws)) == 3


@pytest.mark.evidence("model: elb.AccessPointNotFoundException")
def test_deleting_listeners_of_an_unknown_load_balancer(aws: Sandbox) -> None:
    """DeleteLoadBalancerListeners knows LoadBalancerNotFound."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        elb(aws).delete_load_balancer_listeners(LoadBalancerName="none", LoadBalancerPorts=[80])


@pytest.mark.evidence("model: elb.DeleteLoadBalancer")
def test_deleted_load_balancer_is_gone(aws: Sandbox, legacy: str) -> None:
    """Deleting a load balancer takes its listeners along; doing it again succeeds."""
    for _ in range(2):
        elb(aws).delete_load_balancer(LoadBalancerName=legacy)
    assert elb(aws).describe_load_balancers()["LoadBalancerDescriptions"] == []
    with pytest.raises(LookupError):
        aws.bound(legacy, REGION, 443)


@pytest.mark.evidence("model: elb.DuplicateAccessPointNameException")
def test_names_are_unique(aws: Sandbox, legacy: str) -> None:
    """A second load balancer of one name is DuplicateLoadBalancerName."""
    with pytest.raises(ClientError, match=r"\(DuplicateLoadBalancerName\)"):
        elb(aws).create_load_balancer(
            LoadBalancerName=legacy,
            Listeners=[listener(protocol="HTTP")],
            AvailabilityZones=[f"{REGION}a"],
        )


@pytest.mark.evidence("model: elb.DescribeLoadBalancers")
def test_load_balancers_are_chosen_by_name(aws: Sandbox, legacy: str) -> None:
    """LoadBalancerNames narrows the answer."""
    aws.classic(REGION, "other", Listener(80, "HTTP"))
    found = elb(aws).describe_load_balancers(LoadBalancerNames=["other"])
    assert [d["LoadBalancerName"] for d in found["LoadBalancerDescriptions"]] == ["other"]


@pytest.mark.evidence("model: elb.DescribeLoadBalancers, PageSize and Marker")
def test_load_balancers_are_paged(aws: Sandbox) -> None:
    """DescribeLoadBalancers has PageSize and Marker."""
    for name in ("a", "b", "c"):
        aws.classic(REGION, name, Listener(80, "HTTP"))
    paginator = elb(aws).get_paginator("describe_load_balancers")
    pages = paginator.paginate(PaginationConfig={"PageSize": 2})
    assert [len(page["LoadBalancerDescriptions"]) for page in pages] == [2, 1]
