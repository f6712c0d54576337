"""Sweeps against ELB's throttle, and second looks at what is known."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.retries.standard import ExponentialBackoff
from integration.conftest import Engine, renewing

from c7n_certrenew.aws import inventory, pacing
from c7n_certrenew.aws.breaker import GIVEN_UP_FOR, GivenUpError
from c7n_certrenew.aws.bucket import Limit
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS
from c7n_certrenew.aws.inventory import forget, forget_everything, read_inventory
from c7n_certrenew.core.model import Inventory
from c7n_certrenew.sandbox import Fault, Issued, Kind, Listener, Rate, Sandbox, Throttle
from c7n_certrenew.sandbox.clock import Clock

REGION = "eu-west-1"
READ = "DescribeListenerCertificates"
SCALED = Limit(20, 25)
"""A throttle in proportion to AWS's (10 a second) for a test that takes no seconds."""

Found = set[tuple[str, int, str, str]]


@pytest.fixture
def near(request: pytest.FixtureRequest, sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process with one region; a parameter has other settings."""
    settings = {"regions": (REGION,), "server": False, **getattr(request, "param", {})}
    sandbox: Sandbox = sandboxes.open(**settings)
    return sandbox


@pytest.fixture
def account(near: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Give clients of the account, of a process that has just started."""
    for name, value in near.environ.items():
        monkeypatch.setenv(name, value)
    forget_everything()
    yield Clients(boto3.Session(), near.account_id)
    forget_everything()


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Believe that AWS publishes another throttle."""
    monkeypatch.setattr(pacing, "READS", SCALED)


@pytest.fixture
def arns(near: Sandbox, old: Issued, new: Issued) -> tuple[str, str]:
    """Give two certificates in IAM."""
    return near.upload("web", old), near.upload("other", new)


def throttle(near: Sandbox, burst: float, per_second: float) -> None:
    """Throttle reads of ELB."""
    near.throttle = Throttle(reads=Rate(burst, per_second))


def fill(near: Sandbox, arns: tuple[str, str], number: int) -> None:
    """Create load balancers with one TLS listener each, some with a list for SNI."""
    for n in range(number):
        sni = (arns[1],) if n % 3 == 0 else ()
        near.application(REGION, f"app-{n}", Listener(443, "HTTPS", arns[0], sni=sni))


def truth(number: int, arns: tuple[str, str]) -> Found:
    """Return what `fill` bound."""
    default = {(f"app-{n}", 443, "default", arns[0]) for n in range(number)}
    return default | {(f"app-{n}", 443, "sni", arns[1]) for n in range(0, number, 3)}


def seen(found: Inventory) -> Found:
    """Return an inventory without what differs between sandboxes; nothing may be unread."""
    assert found.unread == ()
    assert len(set(found.bindings)) == len(found.bindings)
    return {
        (b.listener.load_balancer_name, b.listener.port, b.role.value, b.certificate)
        for b in found.bindings
    }


def throttled(near: Sandbox) -> int:
    """Return how many calls were throttled so far."""
    return sum(call.error_code == "Throttling" for call in near.journal)


def operations(near: Sandbox) -> Counter[str]:
    """Return how often each operation of ELB was called since the journal was cleared."""
    calls = [c for c in near.journal if c.service in ("elb", "elbv2")]
    near.clear_journal()
    return Counter(f"{c.service}:{c.operation}" for c in calls)


def test_found_is_true_under_the_throttle(
    near: Sandbox, account: Clients, scaled: None, arns: tuple[str, str]
) -> None:
    """A sweep of more calls than the burst loses nothing and hardly a call is throttled."""
    fill(near, arns, 40)
    throttle(near, SCALED.burst, SCALED.per_second)
    started = time.monotonic()
    assert seen(read_inventory(account)) == truth(40, arns)
    refused = throttled(near)
    assert refused <= 4
    assert sum(operations(near).values()) == 2 + 40 + 40 + refused
    assert time.monotonic() - started >= (81 - SCALED.burst) / SCALED.per_second


def test_others_use_the_budget_too(
    near: Sandbox, account: Clients, scaled: None, arns: tuple[str, str]
) -> None:
    """Somebody else's calls leave less than is published; nothing is lost all the same."""
    fill(near, arns, 30)
    throttle(near, SCALED.burst, SCALED.per_second)
    over = threading.Event()

    def call() -> None:
        client = near.client("elbv2", REGION)
        while not over.wait(0.05):
            try:
                client.describe_account_limits()
            except client.exceptions.ClientError:
                continue

    other = threading.Thread(target=call)
    other.start()
    try:
        assert seen(read_inventory(account)) == truth(30, arns)
    finally:
        over.set()
        other.join()


def test_a_throttle_stricter_than_published(
    near: Sandbox, account: Clients, scaled: None, arns: tuple[str, str]
) -> None:
    """Where half the calls are throttled at first, all is found in the end."""
    fill(near, arns, 20)
    throttle(near, 6, 20)
    assert seen(read_inventory(account)) == truth(20, arns)
    assert throttled(near) > 0


def test_what_stays_throttled_is_unread(
    near: Sandbox, account: Clients, arns: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load balancer that could not be read is named, never left out."""
    monkeypatch.setattr(pacing, "READS", Limit(1000, 1000))
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0.0)
    fill(near, arns, 2)
    near.fail("elbv2", "DescribeListeners", "Throttling", "Rate exceeded", times=99)
    found = read_inventory(account)
    assert found.bindings == ()
    assert [u.reason.partition(":")[0] for u in found.unread] == ["app-0", "app-1"]
    assert "Throttling" in found.unread[0].reason


@pytest.mark.parametrize("kind", [Kind.GARBLED, Kind.RESET, Kind.THROTTLED], ids=str)
def test_no_token_is_lost_for_an_answer_that_is_none(
    near: Sandbox, account: Clients, clock: Clock, kind: Kind
) -> None:
    """After calls that failed in any way, and a minute, the burst is there as at first."""
    clock.stop()
    elbv2 = account.get("elbv2", REGION)
    near.inject(Fault("elbv2", "DescribeLoadBalancers", kind, times=60))
    while True:
        try:
            elbv2.describe_load_balancers()
            break
        except GivenUpError:
            clock.advance(GIVEN_UP_FOR)
        except FAULTS:
            continue
    clock.advance(60)
    begun = clock.monotonic()
    for _ in range(int(pacing.READS.burst) - 1):
        elbv2.describe_load_balancers()
    assert clock.monotonic() == begun


@pytest.mark.parametrize("near", [{"page_size": 2}], indirect=True)
@pytest.mark.parametrize("kind", [Kind.DENIED, Kind.GARBLED], ids=str)
def test_a_list_that_breaks_off(
    near: Sandbox, account: Clients, arns: tuple[str, str], kind: Kind
) -> None:
    """What its first page shows is found; that there is more is said for each service."""
    for n in range(3):
        near.classic(REGION, f"old-{n}", Listener(443, "HTTPS", arns[0]))
        near.application(REGION, f"new-{n}", Listener(443, "HTTPS", arns[0]))
    for service in ("elb", "elbv2"):
        near.inject(Fault(service, "DescribeLoadBalancers", kind, times=None, skip=1))
    found = read_inventory(account)
    names = {bound.listener.load_balancer_name for bound in found.bindings}
    assert names == {"old-0", "old-1", "new-0", "new-1"}
    assert {(u.service, u.region) for u in found.unread} == {("elb", REGION), ("elbv2", REGION)}


def test_no_write_waits_long_after_its_read(
    near: Sandbox,
    engine: Engine,
    arns: tuple[str, str],
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A listener is read when its turn is near: nobody else's change is overwritten for waiting."""
    monkeypatch.setattr(pacing, "READS", Limit(1000, 1000))
    monkeypatch.setattr(pacing, "WRITES", Limit(3, 40))
    fill(near, arns, 14)
    new.write(certs)
    near.throttle = Throttle(reads=Rate(1000, 1000), writes=Rate(3, 40))
    assert engine(renewing(verify="api")).returncode == 0
    assert throttled(near) == 0
    calls = [(c.operation, c.parameters.get("ListenerArn")) for c in near.journal]
    written = [at for at, (operation, _) in enumerate(calls) if operation == "ModifyListener"]
    assert len(written) == 14
    for at in written:
        seen_at = max(n for n in range(at) if calls[n] == (READ, calls[at][1]))
        assert sum(seen_at < other < at for other in written) <= 3


class TestSecondLook:
    """What a sweep of what is known asks for, and what it sees."""

    @pytest.fixture(autouse=True)
    def _swept(self, near: Sandbox, account: Clients, arns: tuple[str, str]) -> None:
        """Sweep three load balancers with TLS, one without, and a classic one."""
        fill(near, arns, 3)
        near.application(REGION, "plain", Listener(80, "HTTP"))
        near.classic(REGION, "old-style", Listener(443, "HTTPS", arns[0]))
        assert len(read_inventory(account).bindings) == 5
        near.clear_journal()

    def again(self, account: Clients) -> Found:
        """Look once more."""
        return seen(read_inventory(account, fresh=True))

    def test_asks_known_listeners_only(self, near: Sandbox, account: Clients) -> None:
        """Load balancers are listed, TLS listeners asked for their certificates, no more."""
        self.again(account)
        assert operations(near) == {
            "elb:DescribeLoadBalancers": 1,
            "elbv2:DescribeLoadBalancers": 1,
            "elbv2:DescribeListenerCertificates": 3,
        }
        assert self.again(account) == self.again(account)

    def test_not_fresh_asks_nothing(self, near: Sandbox, account: Clients) -> None:
        """The policies of one run share one sweep."""
        assert len(read_inventory(account).bindings) == 5
        assert not near.journal

    def test_sees_what_was_rebound(
        self, near: Sandbox, account: Clients, arns: tuple[str, str]
    ) -> None:
        """Somebody else's change of a certificate is seen, in both generations."""
        listener = self.listener(near, "app-1")
        near.client("elbv2", REGION).modify_listener(
            ListenerArn=listener, Certificates=[{"CertificateArn": arns[1]}]
        )
        near.client("elb", REGION).set_load_balancer_listener_ssl_certificate(
            LoadBalancerName="old-style", LoadBalancerPort=443, SSLCertificateId=arns[1]
        )
        found = self.again(account)
        assert ("app-1", 443, "default", arns[1]) in found
        assert ("old-style", 443, "default", arns[1]) in found

    def test_sees_what_is_new(self, near: Sandbox, account: Clients, arns: tuple[str, str]) -> None:
        """A new load balancer is read in full."""
        near.application(REGION, "new", Listener(443, "HTTPS", arns[0]))
        assert ("new", 443, "default", arns[0]) in self.again(account)
        assert operations(near)["elbv2:DescribeListeners"] == 1

    def test_sees_what_has_gone(self, near: Sandbox, account: Clients) -> None:
        """A deleted load balancer or listener serves nothing and is not unread."""
        elbv2 = near.client("elbv2", REGION)
        elbv2.delete_listener(ListenerArn=self.listener(near, "app-0"))
        arn = elbv2.describe_load_balancers(Names=["app-1"])["LoadBalancers"][0]["LoadBalancerArn"]
        elbv2.delete_load_balancer(LoadBalancerArn=arn)
        assert {name for name, *_ in self.again(account)} == {"app-2", "old-style"}

    def test_sees_a_listener_that_was_made_anew(
        self, near: Sandbox, account: Clients, arns: tuple[str, str]
    ) -> None:
        """Where a known one is gone, all of its load balancer are listed."""
        elbv2 = near.client("elbv2", REGION)
        [before] = self.listeners(near, "app-0")
        elbv2.delete_listener(ListenerArn=before["ListenerArn"])
        elbv2.create_listener(
            LoadBalancerArn=before["LoadBalancerArn"],
            Port=8443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": arns[1]}],
            DefaultActions=before["DefaultActions"],
        )
        assert ("app-0", 8443, "default", arns[1]) in self.again(account)

    def test_what_it_cannot_see_is_seen_minutes_later(
        self,
        near: Sandbox,
        account: Clients,
        arns: tuple[str, str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """A listener added to a known load balancer is found by the next sweep in full."""
        [before] = self.listeners(near, "app-0")
        near.client("elbv2", REGION).create_listener(
            LoadBalancerArn=before["LoadBalancerArn"],
            Port=8443,
            Protocol="HTTPS",
            Certificates=[{"CertificateArn": arns[1]}],
            DefaultActions=before["DefaultActions"],
        )
        added = ("app-0", 8443, "default", arns[1])
        assert added not in self.again(account)
        monkeypatch.setattr(inventory, "_FRESH_SECONDS", 0.0)
        assert added in self.again(account)

    def test_does_not_prolong_what_is_known(
        self, near: Sandbox, account: Clients, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Five minutes after the sweep in full everything is read in full, however often seen."""
        for seconds, lists in ((200, 0), (400, 4)):
            now = time.monotonic() + seconds
            clock = SimpleNamespace(monotonic=lambda now=now: now)
            with monkeypatch.context() as patch:
                patch.setattr(inventory, "time", clock)
                self.again(account)
            assert operations(near)["elbv2:DescribeListeners"] == lists

    @pytest.mark.parametrize("reads", range(1, 5))
    def test_credentials_may_change_meanwhile(
        self, account: Clients, monkeypatch: pytest.MonkeyPatch, reads: int
    ) -> None:
        """A role's session is renewed whenever it is due; the sweep goes on."""
        before = account.identity
        keys = chain([before] * reads, repeat((*before[:2], "renewed")))
        monkeypatch.setattr(Clients, "identity", property(lambda _: next(keys)))
        assert len(self.again(account)) == 5

    def test_after_a_change_of_ours(self, near: Sandbox, account: Clients) -> None:
        """What this process changed is read again without being asked to."""
        forget(account, "elbv2", REGION)
        read_inventory(account)
        assert operations(near) == {
            "elbv2:DescribeLoadBalancers": 1,
            "elbv2:DescribeListenerCertificates": 3,
        }

    def test_what_cannot_be_read_is_not_taken_from_before(
        self, near: Sandbox, account: Clients
    ) -> None:
        """A denial since then is unread, and then all is read in full again."""
        near.deny("elbv2", "DescribeListener*")
        denied = read_inventory(account, fresh=True)
        assert {b.listener.service for b in denied.bindings} == {"elb"}
        assert len(denied.unread) == 3

    def listeners(self, near: Sandbox, name: str) -> list[Any]:
        """Return a load balancer's listeners, without a trace in the journal."""
        elbv2 = near.client("elbv2", REGION)
        arn = elbv2.describe_load_balancers(Names=[name])["LoadBalancers"][0]["LoadBalancerArn"]
        found: list[Any] = elbv2.describe_listeners(LoadBalancerArn=arn)["Listeners"]
        near.clear_journal()
        return found

    def listener(self, near: Sandbox, name: str) -> str:
        """Return the ARN of a load balancer's one listener."""
        return str(self.listeners(near, name)[0]["ListenerArn"])
