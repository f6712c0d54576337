"""What stands before an attempt at a call: the budget, what was given up, and a token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.parsers import ResponseParserError

from c7n_certrenew.aws import breaker, budget, pacing
from c7n_certrenew.aws.breaker import GivenUpError
from c7n_certrenew.aws.bucket import Bucket
from c7n_certrenew.aws.budget import Budget, RunTimeoutError


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Events:
    """What botocore offers to listen to."""

    def __init__(self) -> None:
        self.handlers: dict[str, Any] = {}

    def register(self, event: str, handler: Any, unique_id: str) -> None:
        self.handlers.setdefault(event, handler)

    def unregister(self, event: str, unique_id: str) -> None:
        self.handlers.pop(event, None)


def client(service: str, region: str = "eu-west-1") -> Any:
    """Return what a pacer looks at of a client."""
    model = SimpleNamespace(service_name=service)
    meta = SimpleNamespace(service_model=model, region_name=region, events=Events())
    return SimpleNamespace(meta=meta)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Put the process's pace on a clock on which sleeping takes no time."""
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.now += seconds

    for module in (pacing, breaker, budget):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock, sleep=sleep))
    monkeypatch.setattr(Bucket.__init__, "__defaults__", (None, clock))
    pacing.forget_everything()
    yield clock
    pacing.forget_everything()


def attempts(paced: Any, operation: str, number: int) -> None:
    """Attempt a call several times, each without an answer."""
    handlers = paced.meta.events.handlers
    for _ in range(number):
        handlers["before-sign"](event_name=f"before-sign.elb.{operation}")
        event = f"response-received.elb.{operation}"
        handlers["response-received"](event_name=event, parsed_response=None, context={})


ALONE: list[tuple[str, str, str, str]] = [
    ("1", "elbv2", "eu-west-1", "ModifyListener"),
    ("1", "elb", "eu-west-1", "DescribeLoadBalancers"),
    ("1", "elbv2", "us-east-1", "DescribeListeners"),
    ("2", "elbv2", "eu-west-1", "DescribeListeners"),
]


@pytest.mark.parametrize(("account", "service", "region", "operation"), ALONE)
def test_each_budget_is_its_own(
    clock: Clock, account: str, service: str, region: str, operation: str
) -> None:
    """Accounts, regions, APIs, reads and writes do not wait for each other."""
    used, other = client("elbv2"), client(service, region)
    pacing.pace(used, ("aws", "1"))
    pacing.pace(other, ("aws", account))
    attempts(used, "DescribeListeners", 60)
    before = clock.now
    assert before > 1
    attempts(other, operation, 10)
    assert clock.now == before


def test_all_clients_of_an_account_share_its_budget(clock: Clock) -> None:
    """A sweep and a renewal of the same process have their own clients."""
    first, second = client("elbv2"), client("elbv2")
    for one in (first, second):
        pacing.pace(one, ("aws", "1"))
    attempts(first, "DescribeListeners", 39)
    assert clock.now == 0
    attempts(second, "DescribeLoadBalancers", 10)
    assert clock.now == pytest.approx(1.0)


def test_writes_keep_to_their_rate(clock: Clock) -> None:
    """20 at once, then 3 a second, whatever reads find out."""
    paced = client("elbv2")
    pacing.pace(paced, ("aws", "1"))
    attempts(paced, "ModifyListener", 50)
    assert clock.now == pytest.approx((50 - 19) / 3)


def test_other_services_have_no_pace(clock: Clock) -> None:
    """Only ELB's limits are known."""
    other = client("iam")
    pacing.pace(other, ("aws", "1"))
    for _ in range(100):
        attempt(other)
    assert clock.now == 0


OK = {"ResponseMetadata": {"HTTPStatusCode": 200}}
DENIED = {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
THROTTLED = {"Error": {"Code": "Throttling"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
BROKEN = {"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}


def attempt(paced: Any, answer: Any = OK, seconds: float = 0.0, clock: Clock | None = None) -> None:
    """Make one attempt that takes some seconds."""
    handlers, name = paced.meta.events.handlers, "iam.GetServerCertificate"
    handlers["before-sign"](event_name=f"before-sign.{name}")
    if clock:
        clock.now += seconds
    silent = ConnectionClosedError(endpoint_url="https://aws.test") if answer is None else None
    handlers["response-received"](
        event_name=f"response-received.{name}",
        parsed_response=answer,
        exception=silent,
        context={},
    )


@pytest.fixture
def guarded(clock: Clock) -> Any:
    """Give a client that is not paced."""
    made = client("iam")
    pacing.pace(made, ("aws", "1"))
    return made


@pytest.mark.parametrize(
    ("answer", "named"),
    [(THROTTLED, "Throttling"), (BROKEN, "InternalFailure"), (None, "ConnectionClosedError")],
)
def test_what_comes_to_nothing_for_long_is_given_up(
    clock: Clock, guarded: Any, answer: Any, named: str
) -> None:
    """After half a minute no more calls are made; after another one call is, and is enough."""
    for _ in range(4):
        attempt(guarded, answer, 10.0, clock)
        if clock.now >= breaker.GIVEN_UP_AFTER:
            break
    with pytest.raises(GivenUpError, match=rf"iam in eu-west-1 was given up.* {named}"):
        attempt(guarded)
    clock.now += breaker.GIVEN_UP_FOR
    attempt(guarded, answer)
    with pytest.raises(GivenUpError):
        attempt(guarded)
    clock.now += breaker.GIVEN_UP_FOR
    attempt(guarded)
    attempt(guarded)


def test_what_came_to_nothing_long_before_does_not_count(clock: Clock, guarded: Any) -> None:
    """One call that was throttled a while ago, and one now, are no half a minute of nothing."""
    for _ in range(6):
        attempt(guarded, THROTTLED)
    clock.now += 10 * breaker.GIVEN_UP_AFTER
    attempt(guarded, THROTTLED)
    attempt(guarded)


@pytest.mark.parametrize("between", [OK, DENIED])
def test_any_answer_is_a_sign_of_life(clock: Clock, guarded: Any, between: Any) -> None:
    """What is throttled now and then is not given up, nor what refuses a single call."""
    for _ in range(9):
        attempt(guarded, THROTTLED, 20.0, clock)
        attempt(guarded, between)


def test_one_slow_call_gives_nothing_up(clock: Clock, guarded: Any) -> None:
    """A single time-out may be that call's own."""
    attempt(guarded, None, 60.0, clock)
    attempt(guarded)


def test_what_must_be_finished_calls_all_the_same(clock: Clock, guarded: Any) -> None:
    """Where something must not stay half done nothing is given up."""
    own = Budget()
    pacing.pace(guarded, ("aws", "1"), own)
    for _ in range(2):
        attempt(guarded, None, 30.0, clock)
    with own.grace(), pytest.raises(GivenUpError):
        attempt(guarded)
    with own.grace(insist=True):
        attempt(guarded)


def test_what_one_client_gave_up_is_given_up(clock: Clock, guarded: Any) -> None:
    """All clients of this process ask the same account; other regions are asked on."""
    for _ in range(2):
        attempt(guarded, None, 30.0, clock)
    same, elsewhere = client("iam"), client("iam", "us-east-1")
    for one in (same, elsewhere):
        pacing.pace(one, ("aws", "1"))
    with pytest.raises(GivenUpError):
        attempt(same)
    attempt(elsewhere)


def test_no_call_after_the_time_out(clock: Clock, guarded: Any) -> None:
    """When the run's time is over no attempt is made, but to finish what was begun."""
    own = Budget()
    pacing.pace(guarded, ("aws", "1"), own)
    own.start(100)
    attempt(guarded, OK, 100.0, clock)
    with pytest.raises(RunTimeoutError, match="the run's time-out of 100 s is over"):
        attempt(guarded)
    with own.grace():
        attempt(guarded)
        clock.now += budget.GRACE_SECONDS
        with pytest.raises(RunTimeoutError):
            attempt(guarded)


def test_no_wait_for_a_token_beyond_the_time_out(clock: Clock) -> None:
    """One that waits for its turn ends with the run, and its token is not lost."""
    own, paced = Budget(), client("elb")
    pacing.pace(paced, ("aws", "1"), own)
    own.start(3)
    attempts(paced, "SetLoadBalancerListenerSSLCertificate", 19 + 8)
    with pytest.raises(RunTimeoutError):
        attempts(paced, "SetLoadBalancerListenerSSLCertificate", 9)
    assert clock.now <= 3 + 1


@pytest.mark.parametrize(
    "fault", [ValueError("invalid literal 'x'"), TypeError("x"), KeyError("x")]
)
def test_what_the_parser_stumbles_over_is_an_answer_that_is_none(
    guarded: Any, fault: Exception
) -> None:
    """A port that is no number is said in one line that names the call."""
    fail = guarded.meta.events.handlers["after-call-error"]
    with pytest.raises(ResponseParserError, match=r"GetServerCertificate: .*x"):
        fail(event_name="after-call-error.iam.GetServerCertificate", exception=fault)
    for told in (GivenUpError(service="", region="", seconds=1, last=""), OSError("x")):
        fail(event_name="after-call-error.iam.GetServerCertificate", exception=told)
