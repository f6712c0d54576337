"""What the sandbox works out once is never old."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty account in this process."""
    opened: Sandbox = sandboxes.open(regions=(REGION,), server=False)
    return opened


def classic(near: Sandbox) -> list[tuple[str, str]]:
    """Return the names and certificates of the classic load balancers."""
    found = near.client("elb").describe_load_balancers()["LoadBalancerDescriptions"]
    return [
        (one["LoadBalancerName"], each["Listener"]["SSLCertificateId"])
        for one in found
        for each in one["ListenerDescriptions"]
    ]


def test_a_listing_shows_every_change_at_once(near: Sandbox, web: Issued) -> None:
    """A listing that was kept is not told again once anything in it has changed."""
    old, new = near.upload("old", web), near.upload("new", web)
    for name in ("a", "b"):
        near.classic(REGION, name, Listener(443, "HTTPS", old))
    assert classic(near) == classic(near) == [("a", old), ("b", old)]
    elb = near.client("elb")
    elb.set_load_balancer_listener_ssl_certificate(
        LoadBalancerName="b", LoadBalancerPort=443, SSLCertificateId=new
    )
    assert classic(near) == [("a", old), ("b", new)]
    near.classic(REGION, "c", Listener(443, "HTTPS", new))
    elb.delete_load_balancer(LoadBalancerName="a")
    assert classic(near) == [("b", new), ("c", new)]


def described(near: Sandbox) -> Callable[..., Any]:
    """Return the operation that describes application load balancers."""
    return near.client("elbv2").describe_load_balancers  # type: ignore[no-any-return]


def test_pages_and_attributes_are_told_apart(near: Sandbox) -> None:
    """Another page, and another attribute of the same load balancers, are other answers."""
    balancers = [near.application(REGION, name) for name in ("a", "b")]
    describe = described(near)
    first, both = describe(PageSize=1), describe()
    assert ("NextMarker" in first, "NextMarker" in both) == (True, False)
    near.client("elbv2").set_ip_address_type(
        LoadBalancerArn=balancers[0].arn, IpAddressType="dualstack"
    )
    assert [one["IpAddressType"] for one in describe()["LoadBalancers"]] == ["dualstack", "ipv4"]


def test_errors_are_not_listings(near: Sandbox) -> None:
    """A refused listing is an error as ever."""
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        described(near)(Names=["none"])


def test_each_answer_has_a_request_id_of_its_own(near: Sandbox) -> None:
    """A kept answer is answered under a new id."""
    near.application(REGION, "a")
    ids = [described(near)()["ResponseMetadata"]["RequestId"] for _ in range(2)]
    assert len(set(ids)) == 2


def test_a_listener_is_found_alone_and_not_once_it_is_gone(near: Sandbox, web: Issued) -> None:
    """The short way leads to the one listener that was asked for, or to none."""
    tls = Listener(443, "HTTPS", near.upload("web", web))
    balancer = near.application(REGION, "a", tls, Listener(80, "HTTP"))
    elbv2 = near.client("elbv2")
    first, second = elbv2.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
    for listener in (first, second):
        found = elbv2.describe_listeners(ListenerArns=[listener["ListenerArn"]])["Listeners"]
        assert found == [listener]
    elbv2.delete_listener(ListenerArn=first["ListenerArn"])
    with pytest.raises(ClientError, match=r"\(ListenerNotFound\)"):
        elbv2.describe_listeners(ListenerArns=[first["ListenerArn"]])


def test_the_last_page_is_told_from_one_before_others(near: Sandbox) -> None:
    """The same entries are another answer once nothing follows them."""
    balancers = [near.application(REGION, name) for name in ("a", "b")]
    describe = described(near)
    assert "NextMarker" in describe(PageSize=1)
    near.client("elbv2").delete_load_balancer(LoadBalancerArn=balancers[1].arn)
    assert "NextMarker" not in describe(PageSize=1)
