"""ELB's throttle and the time an answer takes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from c7n_certrenew.sandbox import Listener, Rate, Sandbox, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from c7n_certrenew.sandbox.account import Account

HERE, THERE = "eu-west-1", "us-east-1"
PUBLISHED = "guide: Elastic Load Balancing, Request throttling for the ELB API"


@pytest.fixture
def throttled(sandboxes: Any) -> Sandbox:
    """Give accounts under the published throttle, whose clock stands still."""
    opened: Sandbox = sandboxes.open(regions=(THERE, HERE), server=False)
    opened.clock.stop()
    opened.throttle = Throttle()
    return opened


def passed(call: Callable[[], Any], at_most: int = 60) -> int:
    """Return how many calls in a row pass before one is throttled."""
    for number in range(at_most):
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] == "Throttling":
                return number
    return at_most


def reads(aws: Account, service: str = "elbv2", region: str = HERE) -> Callable[[], Any]:
    """Return a read of one API in one region."""
    return aws.client(service, region).describe_load_balancers  # type: ignore[no-any-return]


@pytest.mark.evidence(PUBLISHED)
@pytest.mark.parametrize("service", ["elb", "elbv2"])
def test_reads_have_a_burst_of_40_and_10_a_second(throttled: Sandbox, service: str) -> None:
    """Forty reads pass at once, then ten a second."""
    read = reads(throttled, service)
    assert passed(read) == 40
    throttled.advance(2)
    assert passed(read) == 20
    throttled.advance(3600)
    assert passed(read) == 40


@pytest.mark.evidence(PUBLISHED)
def test_writes_have_a_burst_of_20_and_3_a_second(throttled: Sandbox) -> None:
    """Twenty changes pass at once, then three a second, whatever was read before."""
    throttled.classic(HERE, "lb", Listener(80, "HTTP"))
    elb = throttled.client("elb", HERE)

    def write() -> None:
        elb.delete_load_balancer_listeners(LoadBalancerName="lb", LoadBalancerPorts=[1])

    passed(reads(throttled, "elb"))
    assert passed(write) == 20
    throttled.advance(2)
    assert passed(write) == 6


@pytest.mark.evidence(PUBLISHED)
def test_each_api_region_and_account_has_buckets_of_its_own(throttled: Sandbox) -> None:
    """What one API used up in one region is there for the other, elsewhere, and for others."""
    throttled.throttle = Throttle(reads=Rate(burst=2, per_second=0))
    assert passed(reads(throttled, "elbv2", HERE)) == 2
    assert passed(reads(throttled, "elb", HERE)) == 2
    assert passed(reads(throttled, "elbv2", THERE)) == 2
    assert passed(reads(throttled.account("210987654321"), "elbv2", HERE)) == 2


@pytest.mark.evidence("thread: boto/boto3#3125")
def test_a_throttled_call_is_a_400_that_botocore_retries(aws: Sandbox) -> None:
    """ELB says Throttling, not ThrottlingException, and botocore tries again."""
    aws.throttle = Throttle(reads=Rate(burst=0, per_second=0))
    with pytest.raises(ClientError, match=r"\(Throttling\).*Rate exceeded") as caught:
        patient_client(aws).describe_load_balancers()
    answer = caught.value.response["ResponseMetadata"]
    assert (answer["HTTPStatusCode"], answer["RetryAttempts"]) == (400, 1)


def patient_client(aws: Sandbox) -> Any:
    """Return a client of ELBv2 that tries twice."""
    return boto3.client(
        "elbv2",
        HERE,
        endpoint_url=aws.environ.get("AWS_ENDPOINT_URL"),
        aws_access_key_id=aws.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="sandbox",
        config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
    )


@pytest.mark.evidence("assumption: a throttled call is no effect")
def test_a_throttled_change_changes_nothing(throttled: Sandbox) -> None:
    """A throttled call has no effect and stands in the journal."""
    throttled.classic(HERE, "lb", Listener(80, "HTTP"))
    throttled.throttle = Throttle(writes=Rate(burst=0, per_second=0))
    with pytest.raises(ClientError, match=r"\(Throttling\)"):
        throttled.client("elb", HERE).delete_load_balancer(LoadBalancerName="lb")
    assert len(reads(throttled, "elb")()["LoadBalancerDescriptions"]) == 1
    assert [call.error_code for call in throttled.journal] == ["Throttling", None]


def test_other_services_and_a_calm_sandbox_are_not_throttled(throttled: Sandbox) -> None:
    """Only ELB is throttled, and after a reset nothing is."""
    throttled.throttle = Throttle(reads=Rate(burst=0, per_second=0))
    throttled.client("iam").list_server_certificates()
    throttled.reset()
    assert throttled.throttle is None
    reads(throttled)()


@pytest.mark.parametrize("server", [False, True])
def test_answers_wait_for_the_latency_each_by_itself(sandboxes: Any, server: bool) -> None:
    """Every answer takes the latency, and answers wait side by side (own promise)."""
    slow = sandboxes.open(regions=(HERE,), server=server, latency=0.4)
    read = reads(slow)
    read()
    begin = time.monotonic()
    read()
    assert time.monotonic() - begin >= 0.4
    begin = time.monotonic()
    with ThreadPoolExecutor(24) as pool:
        list(pool.map(lambda _: read(), range(24)))
    assert time.monotonic() - begin < 24 * 0.4
