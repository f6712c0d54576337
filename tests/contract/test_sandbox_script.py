"""Changes that somebody else makes in the middle of things."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Authority, Fault, Issued, Listener, Sandbox, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture
def rebind(aws: Sandbox, web: Issued) -> Callable[[str], Any]:
    """Return a function that binds a certificate to the listener of `lb` through the API."""
    for name in ("old", "new", "other"):
        aws.upload(name, web)
    aws.classic(REGION, "lb", Listener(443, "HTTPS", aws.certificates()["old"]))
    return lambda name: binding(aws, name)


def binding(aws: Sandbox, name: str) -> Any:
    """Bind a certificate to the listener of `lb` through the API."""
    return aws.client("elb", REGION).set_load_balancer_listener_ssl_certificate(
        LoadBalancerName="lb", LoadBalancerPort=443, SSLCertificateId=aws.certificates()[name]
    )


SET = "SetLoadBalancerListenerSSLCertificate"


def test_a_change_comes_before_the_effect_of_the_call(
    aws: Sandbox, rebind: Callable[[str], Any]
) -> None:
    """The load balancer is deleted right before it would have been changed (AWS row 17)."""
    aws.before("elb", SET, lambda a: a.client("elb", REGION).delete_load_balancer(**LB))
    with pytest.raises(ClientError, match=r"\(LoadBalancerNotFound\)"):
        rebind("new")


LB = {"LoadBalancerName": "lb"}


def test_a_change_waits_for_the_nth_call(aws: Sandbox, rebind: Callable[[str], Any]) -> None:
    """Earlier calls, other regions and later calls see no change, and it is made once."""
    made: list[str] = []
    aws.before("elb", SET, lambda a: made.append(a.bound("lb", REGION, 443)[0] or ""), call=2)
    aws.before("elb", SET, lambda a: made.append("elsewhere"), region="us-east-1")
    for name in ("new", "other", "old"):
        rebind(name)
    assert made == [aws.certificates()["new"]]


def test_somebody_else_is_journalled_as_such(aws: Sandbox, rebind: Callable[[str], Any]) -> None:
    """A change through the API stands in the journal before the call it came before."""
    aws.before("elb", SET, lambda a: binding(a, "other"))
    rebind("new")
    assert [(call.operation, call.scripted) for call in aws.journal] == [(SET, True), (SET, False)]
    assert aws.bound("lb", REGION, 443) == (aws.certificates()["new"], ())


def test_somebody_else_is_spared(aws: Sandbox, rebind: Callable[[str], Any]) -> None:
    """Throttle and faults are for the calls under test; a change starts no other change."""
    aws.clock.stop()
    aws.throttle = Throttle()
    aws.before("elb", SET, lambda a: [binding(a, "other") for _ in range(30)])
    aws.before("elb", SET, lambda a: a.client("elb", REGION).delete_load_balancer(**LB), call=3)
    aws.inject(Fault("elb", SET, skip=1, times=1))
    rebind("new")
    with pytest.raises(ClientError, match=r"\(InternalFailure\)"):
        rebind("new")


def test_a_change_can_use_what_the_sandbox_does(aws: Sandbox, web: Issued) -> None:
    """Load balancers may appear while they are being listed."""
    aws.before("elbv2", "DescribeLoadBalancers", lambda a: a.application(REGION, "late"))
    found = aws.client("elbv2", REGION).describe_load_balancers()["LoadBalancers"]
    assert [balancer["LoadBalancerName"] for balancer in found] == ["late"]


def test_others_go_on_after_a_change(aws: Sandbox, rebind: Callable[[str], Any]) -> None:
    """A change while many clients call blocks none of them for ever."""
    aws.before("elb", "DescribeLoadBalancers", lambda a: binding(a, "other"), call=5)
    describe = aws.client("elb", REGION).describe_load_balancers
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: describe(), range(16)))
    assert len(answers) == 16
    assert aws.bound("lb", REGION, 443) == (aws.certificates()["other"], ())


def test_a_change_that_fails_is_heard(aws: Sandbox) -> None:
    """What a change gets wrong reaches the client as a defect, which nobody retries."""
    aws.before("elb", "DescribeLoadBalancers", lambda a: a.bound("no", REGION, 1))
    with pytest.raises(ClientError, match=r"\(SandboxDefect\).*no listener on port 1"):
        aws.client("elb", REGION).describe_load_balancers()


def test_a_change_that_was_not_made_is_forgotten(aws: Sandbox) -> None:
    """A reset forgets the script, and calls are counted from one."""
    aws.before("elb", "DescribeLoadBalancers", lambda a: a.bound("no", REGION, 1))
    aws.reset()
    assert aws.client("elb", REGION).describe_load_balancers()
    with pytest.raises(ValueError, match="counted from 1"):
        aws.before("elb", "DescribeLoadBalancers", lambda _: None, call=0)
