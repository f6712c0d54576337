"""Two renewals of the same certificate at the same moment (AWS row 17)."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from crossing import PATIENCE, Crossing
from forked import commands
from integration.conftest import NAMES, Engine, Ran, read_run, renewing, served

from c7n_certrenew.aws import inventory
from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.sandbox import Issued, Listener, LoadBalancer, Propagation, Sandbox
from c7n_certrenew.sandbox.clock import Clock
from c7n_certrenew.sandbox.request import Request

UPLOAD = "UploadServerCertificate"
SET, ADD, MODIFY, REMOVE = (
    "SetLoadBalancerListenerSSLCertificate",
    "AddListenerCertificates",
    "ModifyListener",
    "RemoveListenerCertificates",
)
ONCE = Counter({(UPLOAD, ""): 1, (SET, "legacy"): 1, (MODIFY, "nlb"): 1}) + Counter(
    {(ADD, "alb"): 1, (MODIFY, "alb"): 1, (REMOVE, "alb"): 1}
)
"""Each change that a renewal of the world below takes: nothing is done twice."""

FIRST = ((UPLOAD, ""), (SET, "legacy"), (ADD, "alb"), (MODIFY, "nlb"))
"""The first change in IAM and of each listener: here one run waits for the other."""
REGIONS = ("us-east-1", "eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/certrenew"


@dataclass
class World:
    """Three load balancers that serve `web`, and whatever their clients have been shown."""

    sandbox: Sandbox
    balancers: tuple[LoadBalancer, ...]
    old: Issued
    new: Issued
    shown: set[str]

    def look(self, changed: tuple[str, ...]) -> None:
        """Connect to what was changed, as a client does that trusts the authority."""
        for balancer in self.balancers:
            if f"{balancer.name}:443" in changed:
                self.shown.add(served(self.sandbox, balancer, self.old, name=NAMES[1]))

    @property
    def name(self) -> str:
        """Return the name of the renewed certificate."""
        return generated_name("web", self.new.not_after, self.new.fingerprint)

    def assert_renewed(self, crossing: Crossing) -> None:
        """Hold that everything was changed once, and that clients saw the old one or the new."""
        arn = self.sandbox.certificates()[self.name]
        held = {lb.name: self.sandbox.bound(lb.name, lb.region, 443) for lb in self.balancers}
        assert held == {"legacy": (arn, ()), "alb": (arn, (arn,)), "nlb": (arn, ())}
        assert effects(crossing) == ONCE
        assert sorted(self.sandbox.certificates()) == ["web", self.name]
        assert self.shown <= {self.old.fingerprint, self.new.fingerprint}


def effects(crossing: Crossing) -> Counter[tuple[str, str]]:
    """Count the calls that changed something, by operation and load balancer."""
    return Counter(
        (one.operation, "" if one.operation == UPLOAD else key.partition(":")[0])
        for one in crossing.effects
        for key in one.changed
    )


def filled(sandbox: Sandbox, old: Issued, new: Issued, certs: Path) -> World:
    """Serve the old certificate everywhere and put the renewed one where it is looked for."""
    web = sandbox.upload("web", old)
    new.write(certs)
    balancers = (
        sandbox.classic("eu-west-1", "legacy", Listener(443, "HTTPS", web)),
        sandbox.application("us-east-1", "alb", Listener(443, "HTTPS", web, sni=(web,))),
        sandbox.network("us-east-1", "nlb", Listener(443, "TLS", web)),
    )
    return World(sandbox, balancers, old, new, set())


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process, with two regions."""
    opened: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    return opened


@pytest.fixture
def sandbox(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox behind a server, with two regions."""
    opened: Sandbox = sandboxes.open(regions=REGIONS, server=True)
    return opened


@pytest.fixture
def world(sandbox: Sandbox, old: Issued, new: Issued, certs: Path) -> World:
    """Give the world behind a server."""
    return filled(sandbox, old, new, certs)


@pytest.fixture
def crossing(world: World, monkeypatch: pytest.MonkeyPatch) -> Crossing:
    """Stand before the gate of the server."""
    return Crossing(world.sandbox, world.look).stand(monkeypatch)


def start(world: World, directory: Path, command: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a stock command in the directory of a test."""
    kept = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
    return subprocess.Popen(
        [str(commands() / command), "run", "--cache-period=0", *arguments],
        env={**kept, "HOME": str(directory), **world.sandbox.environ},
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], output: Path) -> Ran:
    """Wait for a process and read what it left."""
    _, shown = process.communicate(timeout=PATIENCE)
    return read_run(output, process.returncode, shown)


def assert_true(ran: Ran, *states: str) -> None:
    """Hold that a run succeeded, and that its record says what the listeners hold."""
    assert ran.returncode == 0, ran.text
    assert ran.record["Finished"]
    assert ran.outcome["State"] in states, ran.text
    assert set(ran.states.values()) <= {"VERIFIED", "API_VERIFIED", "UNCHANGED"}
    assert "Traceback" not in ran.text


def assert_both(world: World, crossing: Crossing, ran: list[Ran]) -> None:
    """Hold that two runs did the work of one, and that one of them made the upload."""
    for one in ran:
        assert_true(one, "RENEWED")
    assert sorted(bool(one.outcome.get("Uploaded")) for one in ran) == [False, True]
    world.assert_renewed(crossing)


def test_two_commands_step_by_step(world: World, crossing: Crossing, tmp_path: Path) -> None:
    """Both plan before either uploads, and read each listener before either changes it."""
    meetings = [crossing.meet(*first) for first in FIRST]
    (tmp_path / "renew.json").write_text(json.dumps({"policies": [renewing()]}))
    both = [start(world, tmp_path, "custodian", "-s", out, "renew.json") for out in "ab"]
    ran = [ended(one, tmp_path / out / "renew") for one, out in zip(both, "ab", strict=True)]
    assert not any(meeting.broken for meeting in meetings)
    assert_both(world, crossing, ran)


def test_regions_of_c7n_org_step_by_step(world: World, crossing: Crossing, tmp_path: Path) -> None:
    """Without the conditions of the shipped policies, as is said, each region does all the work."""
    world.sandbox.propagation = Propagation(calls=2)
    meetings = [crossing.meet(*first) for first in FIRST]
    account = {"account_id": "123456789012", "name": "shop", "role": ROLE}
    (tmp_path / "accounts.json").write_text(json.dumps({"accounts": [account]}))
    (tmp_path / "renew.json").write_text(json.dumps({"policies": [renewing()]}))
    files = ("-c", "accounts.json", "-u", "renew.json", "-s", "out")
    org = start(world, tmp_path, "c7n-org", *files, *(f"-r{region}" for region in REGIONS))
    _, shown = org.communicate(timeout=PATIENCE)
    assert "policy:renew has no conditions: c7n-org runs it once per region" in shown
    assert not any(meeting.broken for meeting in meetings)
    both = [tmp_path / "out/shop" / region / "renew" for region in REGIONS]
    assert_both(world, crossing, [read_run(one, org.returncode, shown) for one in both])


@pytest.fixture
def near_world(near: Sandbox, clock: Clock, old: Issued, new: Issued, certs: Path) -> World:
    """Give the world in this process, where nobody waits."""
    return filled(near, old, new, certs)


@contextmanager
def another_process() -> Iterator[None]:
    """Have what a process remembers be that of another one for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inventory, "_lock", threading.Lock())
        for memory in ("_kept", "_kept_regions"):
            patch.setattr(inventory, memory, {})
        yield


@dataclass
class Overtaken:
    """Lets a whole second run pass before the n-th call of a first one, from some call on."""

    begin: str
    at: int
    second: Callable[[], Ran]
    passed: list[Ran] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> None:
        """Count a call of the first run; those that come meanwhile are the second's."""
        if len(self.operations) < self.at and (self.operations or request.operation == self.begin):
            self.operations.append(request.operation)
            if len(self.operations) == self.at:
                thread = threading.Thread(target=self._pass, daemon=True)
                thread.start()
                thread.join(PATIENCE)

    def _pass(self) -> None:
        with another_process():
            self.passed.append(self.second())


FULL = os.environ.get("CERTRENEW_MATRIX") == "full"
LAST = 13
"""How many calls a renewal makes from the upload to the end."""
POINTS = (
    ("ListServerCertificates", 1),
    ("DescribeListenerCertificates", 1),
    ("GetServerCertificate", 1),
    *((UPLOAD, number) for number in range(1, LAST + 1) if FULL or number % 3 == 1),
)
"""Before which call: the n-th one, counted from the first call of an operation.

Of the calls from the upload to the end, the suite takes every third.
"""


@pytest.mark.parametrize(("begin", "at"), POINTS)
def test_one_overtakes_the_other(
    near_world: World,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    begin: str,
    at: int,
) -> None:
    """A second run passes as a whole before one call of the first: together they do it once."""
    crossing = Crossing(near_world.sandbox, near_world.look).stand(monkeypatch)
    policy = renewing(canary=3, verify="api")
    overtaken = Overtaken(begin, at, lambda: engine(policy, out="second"))
    crossing.each(overtaken)
    both = [engine(policy, out="first"), *overtaken.passed]
    for ran in both:
        assert ran.returncode == 0, ran.text
        if ran.found:
            assert_true(ran, "RENEWED", "UNCHANGED", "UNUSED")
    assert sum(bool(ran.found and ran.outcome.get("Uploaded")) for ran in both) == 1
    assert len(both) == 2
    near_world.assert_renewed(crossing)


def test_there_is_no_other_call_to_overtake(
    near_world: World, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make matrix` takes all calls from the upload to the end."""
    crossing = Crossing(near_world.sandbox).stand(monkeypatch)
    counted = Overtaken(UPLOAD, 99, lambda: pytest.fail("too many"))
    crossing.each(counted)
    assert_true(engine(renewing(canary=3, verify="api")), "RENEWED")
    assert len(counted.operations) == LAST
