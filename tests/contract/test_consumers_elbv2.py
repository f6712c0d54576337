"""Application and network load balancers: what their two lists of certificates ask for."""

from __future__ import annotations

from typing import Any

import pytest
from contract.test_consumers import bindings, create, read, rebind, serving, upload
from places import DOMAIN, PLACES

from c7n_certrenew.aws.consumers import Serving
from c7n_certrenew.core.model import Binding, Role, Unread
from c7n_certrenew.sandbox import Authority, Listener as Served, Sandbox

REGION = "eu-west-1"
PLACE = PLACES["ALB both"]


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process."""
    opened: Sandbox = sandboxes.open(regions=(REGION,), server=False)
    return opened


@pytest.fixture
def certificates(near: Sandbox, authority: Authority) -> Any:
    """Give three certificates in IAM."""
    return upload(near, authority.issue(f"*.{DOMAIN}", key="p256"))


def ports(found: list[Any]) -> set[tuple[str, int]]:
    """Return of which listeners there are bindings."""
    return {
        (b.listener.load_balancer_name, b.listener.port) for b in found if isinstance(b, Binding)
    }


def test_default_is_read_with_the_rest(near: Sandbox, certificates: Any) -> None:
    """DescribeListeners shows the default alone; a certificate can be it and SNI (AWS row 3)."""
    listener = create(near, PLACE, certificates)
    old, other = certificates["old"].arn, certificates["other"].arn
    assert serving(near, PLACE, listener) == Serving(old, (old, other))
    shown = near.client("elbv2", REGION).describe_listeners(ListenerArns=[listener.arn])
    assert [c["CertificateArn"] for c in shown["Listeners"][0]["Certificates"]] == [old]
    found = [(b.role, b.certificate) for b in bindings(near, PLACE) if b.listener == listener]
    assert found == [(Role.DEFAULT, old), (Role.SNI, old), (Role.SNI, other)]


def test_plain_listeners_are_not_asked(near: Sandbox, certificates: Any) -> None:
    """DescribeListenerCertificates fails on HTTP, TCP and UDP; it is for TLS (AWS row 3)."""
    near.application(REGION, "plain", Served(80, "HTTP"))
    near.network(REGION, "tcp", Served(443, "TCP"))
    assert read(near, PLACE) == []
    assert "DescribeListenerCertificates" not in {call.operation for call in near.journal}


@pytest.mark.parametrize("kind", ["ALB both", "ALB default", "NLB SNI"])
def test_order_that_aws_demands(near: Sandbox, certificates: Any, kind: str) -> None:
    """Add for SNI, switch the default, then remove (AWS rows 2 and 4).

    A default certificate cannot be removed, and the SNI list is none of ModifyListener's.
    """
    place = PLACES[kind]
    made = rebind(near, place, certificates, create(near, place, certificates)).made
    wanted = ["add_listener_certificates", "modify_listener", "remove_listener_certificates"]
    if Role.SNI not in place.roles:
        wanted = ["modify_listener"]
    if Role.DEFAULT not in place.roles:
        wanted.remove("modify_listener")
    assert made == wanted


def test_one_load_balancer_that_cannot_be_read(near: Sandbox, certificates: Any) -> None:
    """The others are read; the one is named as unread."""
    near.application(REGION, "lb", Served(443, "HTTPS", certificates["old"].arn))
    near.application(REGION, "second", Served(443, "HTTPS", certificates["old"].arn))
    near.fail("elbv2", "DescribeListeners", "AccessDenied", "no")
    found = read(near, PLACE)
    assert ports(found) == {("second", 443)}
    [unread] = [one for one in found if isinstance(one, Unread)]
    assert (unread.region, unread.load_balancer) == (REGION, "lb")
    assert "DescribeListeners answered AccessDenied: no" in unread.reason


def test_load_balancer_deleted_while_it_is_read(near: Sandbox, certificates: Any) -> None:
    """What is gone serves nothing, and is not unread."""
    near.application(REGION, "lb", Served(443, "HTTPS", certificates["old"].arn))
    near.fail("elbv2", "DescribeListeners", "LoadBalancerNotFound", "gone")
    assert read(near, PLACE) == []


@pytest.mark.parametrize("code", ["LoadBalancerNotFound", "ListenerNotFound"])
def test_listener_deleted_while_it_is_read(near: Sandbox, certificates: Any, code: str) -> None:
    """The other listeners of its load balancer serve what they served."""
    create(near, PLACE, certificates)
    before = read(near, PLACE)
    near.fail("elbv2", "DescribeListenerCertificates", code, "gone", times=1)
    after = read(near, PLACE)
    assert after == [b for b in before if isinstance(b, Binding) and b.listener.port == 8443]
    assert after


def test_listener_that_cannot_be_read(near: Sandbox, certificates: Any) -> None:
    """The other listeners of its load balancer are known all the same."""
    create(near, PLACE, certificates)
    near.fail("elbv2", "DescribeListenerCertificates", "AccessDenied", "no", times=1)
    found = read(near, PLACE)
    assert ports(found) == {("lb", 8443)}
    [unread] = [one for one in found if isinstance(one, Unread)]
    assert unread.reason == "lb: DescribeListenerCertificates answered AccessDenied: no"


def test_what_is_denied_is_said_once_a_load_balancer(near: Sandbox, certificates: Any) -> None:
    """Many listeners do not make many lines."""
    create(near, PLACE, certificates)
    near.fail("elbv2", "DescribeListenerCertificates", "AccessDenied", "no", times=9)
    assert [type(found) for found in read(near, PLACE)] == [Unread]
