"""How long a run may take, and how many calls it makes, when AWS does not answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import get_ident

import boto3
import pytest
from botocore import xform_name
from contract.kept import stored
from integration.conftest import Engine, filtering, renewing, writes
from integration.test_failures import bound, completes, name_of, serve

from c7n_certrenew.aws.breaker import GIVEN_UP_AFTER
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS
from c7n_certrenew.aws.inventory import forget_everything, read_inventory
from c7n_certrenew.sandbox import Fault, Issued, Kind, Listener, Sandbox
from c7n_certrenew.sandbox.clock import Clock
from c7n_certrenew.sources import make_source
from c7n_certrenew.sources.base import Access, SourceError

ATTEMPTS = 6
"""How often botocore makes one call at most: there is no other layer below the renewal's."""
SILENT = 30.0
"""Seconds that a call without an answer takes."""


@pytest.fixture
def web(near: Sandbox, old: Issued) -> str:
    """Give the old certificate, served by three load balancers in three regions."""
    return serve(near, old)


@pytest.fixture
def account(near: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Clients:
    """Give clients of the account, of a process that has just started."""
    for name, value in near.environ.items():
        monkeypatch.setenv(name, value)
    forget_everything()
    return Clients(boto3.Session(), near.account_id)


@pytest.fixture
def waited(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Callable[[], float]:
    """Tell for how long this thread has waited, and after it the one that waited longest.

    Threads that wait side by side share the time on the sandbox's clock only where they run at
    once: on a busy machine they wait one after the other.
    """
    waits: Counter[int] = Counter()
    sleep = clock.sleep

    def wait(seconds: float) -> None:
        waits[get_ident()] += seconds
        sleep(seconds)

    monkeypatch.setattr(clock, "sleep", wait)
    return lambda: waits.pop(get_ident(), 0.0) + max(waits.values(), default=0.0)


def hang(near: Sandbox, clock: Clock, service: str, operation: str, after: int = 0) -> None:
    """Have calls in eu-west-1 take their time and get no answer."""
    near.inject(
        Fault(service, operation, Kind.TIMED_OUT, region="eu-west-1", times=None, skip=after)
    )
    for call in range(after + 1, after + 60):
        wait = lambda _: clock.advance(SILENT)  # noqa: E731
        near.before(service, operation, wait, call=call, region="eu-west-1")


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.ERROR, Kind.RESET], ids=str)
@pytest.mark.parametrize(
    ("service", "operation"),
    [("elbv2", "DescribeLoadBalancers"), ("iam", "ListServerCertificates")],
)
def test_one_call_is_at_most_six_attempts(
    near: Sandbox,
    account: Clients,
    clock: Clock,
    service: str,
    operation: str,
    kind: Kind,
) -> None:
    """There is one retry layer, whatever answers for ever."""
    near.inject(Fault(service, operation, kind, times=None))
    client = account.get(service, "us-east-1")
    with pytest.raises(FAULTS):
        getattr(client, xform_name(operation))()
    assert 1 < len(near.journal) <= ATTEMPTS


@pytest.mark.parametrize("kind", [Kind.THROTTLED, Kind.ERROR], ids=str)
def test_a_region_that_answers_nothing_for_ever(
    near: Sandbox, account: Clients, waited: Callable[[], float], old: Issued, kind: Kind
) -> None:
    """A sweep is over in a minute, and says what it did not look at; other regions are found."""
    web = near.upload("web", old)
    for number in range(24):
        near.application("eu-west-1", f"app-{number:02}", Listener(443, "HTTPS", web))
    near.application("us-east-1", "alb", Listener(443, "HTTPS", web))
    near.inject(Fault("elbv2", "DescribeListeners", kind, region="eu-west-1", times=None))
    found = read_inventory(account)
    assert [b.listener.load_balancer_name for b in found.bindings] == ["alb"]
    assert {(u.service, u.region) for u in found.unread} == {("elbv2", "eu-west-1")}
    assert 0 < waited() <= 2 * GIVEN_UP_AFTER
    asked = Counter(call.operation for call in near.journal if call.region == "eu-west-1")
    assert asked["DescribeListeners"] <= 24 * ATTEMPTS / 2


def test_a_canary_whose_region_is_dead_gives_way(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, clock: Clock
) -> None:
    """After a minute the next one is tried; those beside it in the region not at all."""
    for number in range(3):
        near.classic("eu-west-1", f"legacy-{number}", Listener(443, "HTTPS", web))
    hang(near, clock, "elb", "DescribeLoadBalancers", after=2)
    new.write(certs)
    clock.stop()
    begun = clock.monotonic()
    ran = engine(renewing())
    assert clock.monotonic() - begun <= 2 * SILENT + 10
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    dead = {f"legacy{suffix}:443 default" for suffix in ("", "-0", "-1", "-2")}
    assert {binding for binding, state in ran.states.items() if state == "FAILED"} == dead
    assert "elb in eu-west-1 was given up: for 6" in ran.reason("legacy")
    assert (bound(near)["alb"], bound(near)["nlb"]) == (name_of(new), name_of(new))


def test_listeners_that_are_not_begun_in_time(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, clock: Clock
) -> None:
    """The one that was begun is finished, the others are left for the next run."""
    change = "SetLoadBalancerListenerSSLCertificate"
    near.before("elb", change, lambda _: clock.advance(100))
    new.write(certs)
    ran = engine(renewing(timeout=100, verify="api"))
    assert ran.states == {
        "legacy:443 default": "API_VERIFIED",
        "alb:443 default": "DEFERRED",
        "nlb:443 default": "DEFERRED",
    }
    assert ran.reason("alb") == "the run's time-out"
    assert "Traceback" not in ran.text
    completes(engine, near, new)


def test_a_time_out_before_the_upload(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, clock: Clock
) -> None:
    """What cannot be planned any more is said in a line, and nothing is uploaded."""
    near.before("iam", "GetServerCertificate", lambda _: clock.advance(100))
    new.write(certs)
    ran = engine(renewing(timeout=50))
    assert (ran.returncode, writes(near)) == (2, [])
    assert "the run's time-out of 50 s is over" in ran.text
    assert "Traceback" not in ran.text


def test_nothing_is_uploaded_any_more(
    near: Sandbox,
    engine: Engine,
    web: str,
    old: Issued,
    new: Issued,
    certs: Path,
    clock: Clock,
) -> None:
    """Of two certificates the second one is left for the next run, and is not in IAM."""
    second = near.upload("zzz", old)
    near.classic("us-east-1", "shop", Listener(443, "HTTPS", second))
    near.before("iam", "UploadServerCertificate", lambda _: clock.advance(100))
    for lineage in ("web", "zzz"):
        new.write(certs.with_name(lineage))
    ran = engine(renewing(timeout=100, verify="api"))
    assert writes(near).count("UploadServerCertificate") == 1
    assert [one["State"] for one in ran.record["Outcomes"]] == ["DEFERRED", "DEFERRED"]
    assert "the run's time-out" in ran.text


@pytest.mark.parametrize(
    ("late", "state", "said"),
    [
        (30, "DEFERRED", "the run's time-out"),
        (300, "REFUSED", "was uploaded is not known: RunTimeoutError: the run's time-out of 100 s"),
    ],
    ids=["in the grace", "after it"],
)
def test_an_upload_whose_answer_is_lost_at_the_time_out(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    clock: Clock,
    late: float,
    state: str,
    said: str,
) -> None:
    """It is looked for in the minute of grace; after that nobody says that it is not there."""
    upload = "UploadServerCertificate"
    near.inject(Fault("iam", upload, Kind.RESET, after_effect=True))
    near.before("iam", upload, lambda _: clock.advance(100 + late))
    new.write(certs)
    ran = engine(renewing(timeout=100))
    assert ran.outcome["State"] == state
    assert said in ran.text
    assert "nothing was uploaded" not in ran.text
    completes(engine, near, new)


@pytest.mark.parametrize("canary", [0, 1])
def test_a_listener_that_is_broken_when_time_is_up(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    clock: Clock,
    canary: int,
) -> None:
    """Its handshakes are followed up until they prove the certificate bad, and it is put back."""
    near.front_ends.reject(f"arn:aws:iam::{near.account_id}:server-certificate/{name_of(new)}")
    change = "SetLoadBalancerListenerSSLCertificate"
    near.before("elb", change, lambda _: clock.advance(100))
    new.write(certs)
    ran = engine(renewing(timeout=100, canary=canary))
    assert ran.states["legacy:443 default"] == "UNDONE"
    assert set(bound(near).values()) == {"web"}


def test_a_listener_that_is_shown_bad_is_put_back_after_the_time_out(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, clock: Clock
) -> None:
    """What must not stay is put back in the minute of grace."""
    near.front_ends.reject(f"arn:aws:iam::{near.account_id}:server-certificate/{name_of(new)}")
    last = 5  # filter, action, before the change, after it, before putting back
    near.before("elb", "DescribeLoadBalancers", lambda _: clock.advance(100), last, "eu-west-1")
    new.write(certs)
    ran = engine(renewing(timeout=100))
    assert ran.states["legacy:443 default"] == "UNDONE"
    assert bound(near)["legacy"] == "web"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("elb", "Set*", Kind.THROTTLED, times=12, skip=1),
        Fault("elb", "Set*", Kind.RESET, times=12, skip=1, after_effect=True),
        Fault("elb", "DescribeLoad*", Kind.THROTTLED, region="eu-west-1", times=12, skip=4),
        Fault("elb", "DescribeLoad*", Kind.ERROR, region="eu-west-1", times=12, skip=5),
    ],
    ids=["throttled", "lost", "no look", "no second look"],
)
def test_putting_back_waits_until_aws_answers(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    clock: Clock,
    fault: Fault,
) -> None:
    """A listener that is broken is not given up for a minute in which nothing answers."""
    near.front_ends.reject(f"arn:aws:iam::{near.account_id}:server-certificate/{name_of(new)}")
    near.inject(fault)
    new.write(certs)
    ran = engine(renewing(propagation_timeout=300))
    assert ran.states["legacy:443 default"] == "UNDONE", ran.text
    assert bound(near)["legacy"] == "web"


@pytest.mark.parametrize(
    ("kind", "operation"), [(Kind.THROTTLED, "Describe*"), (Kind.RESET, "*Listener*")], ids=str
)
def test_a_run_ends_whatever_never_answers(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    waited: Callable[[], float],
    kind: Kind,
    operation: str,
) -> None:
    """No call of ELB is ever answered: the run ends by itself, far before its time-out."""
    near.inject(Fault("elb*", operation, kind, times=None))
    new.write(certs)
    ran = engine(renewing(propagation_timeout=900))
    assert ran.returncode == 2
    assert "Traceback" not in ran.text
    assert waited() <= 300
    assert set(bound(near).values()) == {"web"}


def test_an_audit_ends_too(
    near: Sandbox, engine: Engine, web: str, waited: Callable[[], float]
) -> None:
    """A filter has no time-out of its own: what is throttled for ever is unread in a minute."""
    near.inject(Fault("elb*", "Describe*", Kind.THROTTLED, times=None))
    ran = engine(filtering({"type": "listener"}))
    assert waited() <= 4 * GIVEN_UP_AFTER
    assert ran.found == ["web"]
    assert len(ran.resources[0]["c7n:unread"]) >= 6


def test_a_role_that_is_not_assumed_in_time(
    near: Sandbox, account: Clients, clock: Clock, old: Issued
) -> None:
    """STS is asked within the run's time-out, and as patiently as all else."""
    near.inject(Fault("sts", "AssumeRole", Kind.TIMED_OUT, times=None))
    for call in range(1, 2 * ATTEMPTS):
        near.before("sts", "AssumeRole", lambda _: clock.advance(SILENT), call=call)
    role = near.role("reader", {"Statement": []})
    source = make_source({"type": "s3", "bucket": "b", "bundle": "a", "assume-role": role})
    account.budget.start(50)
    for _ in range(2):
        with pytest.raises(SourceError, match="the run's time-out of 50 s is over"):
            source.find(stored(old), Access(account))
    assert sum(call.operation == "AssumeRole" for call in near.journal) == 2
