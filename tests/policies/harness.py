"""Run a policy with c7n's own engine in this process, and say what came of a case."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from c7n.config import Config
from c7n.policy import Policy, PolicyCollection
from c7n.resources import load_resources
from c7n.utils import reset_session_cache
from policies.ages import Leftover
from policies.bodies import Body, public_roots
from policies.fronts import Fronts
from policies.here import THREADED, Here
from policies.imports import Import
from policies.moving import Moving
from policies.pasts import Past
from policies.quotas import Room
from policies.renewals import Managed
from policies.serving import Balancers, Distributions
from policies.tape import NotOnTapeError, Player, Tape
from policies.worlds import PAGE, REGIONS, Site, World, moment

from c7n_certrenew.aws.inventory import forget_everything
from c7n_certrenew.elements import expires_within, server_certificate, settings, superseded
from c7n_certrenew.sandbox import Authority, Sandbox

ROOT = Path(__file__).parents[2]
PACK = {path.stem: path for path in sorted((ROOT / "policies").rglob("*.yml"))}
ACCOUNT = "123456789012"

Data = dict[str, Any]
AnyWorld = (
    World
    | Body
    | Moving
    | Leftover
    | Fronts
    | Past
    | Import
    | Managed
    | Room
    | Balancers
    | Distributions
)


class Verdict(str, Enum):
    """What a policy says of a resource."""

    PASS = "PASS"
    """Not among the resources."""
    FAIL = "FAIL"
    """Among the resources."""
    LISTED = "LISTED"
    """Among the resources of a policy that judges nothing."""
    UNKNOWN = "UNKNOWN"
    """`c7n:unread` says what could not be looked at, or the policy failed."""


@dataclass(frozen=True)
class Case:
    """One change of the base, and what the policy must say of it.

    `because` is part of what the resource, or the policy's error under `error`, must show:
    mappings by some of their keys, lists whole, patterns by search.
    """

    title: str
    change: Mapping[str, Any]
    verdict: Verdict
    because: Mapping[str, Any] = field(default_factory=dict)

    def world(self, base: AnyWorld) -> AnyWorld:
        """Return the base with the change."""
        return replace(base, **self.change)


@dataclass(frozen=True)
class Table:
    """The cases of one policy, each a change of one field of the base."""

    base: AnyWorld
    cases: tuple[Case, ...]


def policy_data(name: str) -> Data:
    """Return the one policy of a file of the pack, for the caller to change."""
    return dict(pickle.loads(_policy(name)))


@cache
def _policy(name: str) -> bytes:
    """Read a policy once: most of some tests is YAML."""
    [data] = yaml.safe_load(PACK[name].read_text())["policies"]
    return pickle.dumps(data)


def make_policy(data: Data, **options: Any) -> Policy:
    """Load and check a policy as `custodian run` does; raises what its validation raises."""
    load_resources((data["resource"],))
    config = Config.empty(**{"region": REGIONS[0], "account_id": ACCOUNT, **options})
    policies = {"policies": [copy.deepcopy(data)]}
    [policy] = PolicyCollection.from_data(policies, config, session_factory=_session)
    policy.expand_variables(policy.get_variables())
    policy.validate()
    return policy


NOWHERE = {"output_dir": "null", "log_group": "null"}
"""No files of a run whose resources alone are looked at."""
PLAYER = Player()
TAPES: dict[str, Tape] = {}
"""What AWS answers in each world, in any test of this process."""


class Session(boto3.Session):
    """One session for all policies, that keeps its clients: making them costs most of a case."""

    def __init__(self) -> None:
        super().__init__("AKIASANDBOX000000001", "sandbox", region_name=REGIONS[0])
        self._made: dict[tuple[object, ...], Any] = {}

    def client(self, service: str, region_name: str | None = None, **options: Any) -> Any:
        """Return the client of a service, in a region and with options, made once."""
        key = (service, region_name, *options.values())
        if key not in self._made:
            made = super().client(service, region_name=region_name, **options)
            self._made[key] = PLAYER.attach(made)
        return self._made[key]


@cache
def _session(*_: object, **__: object) -> Session:
    return Session()


def _executor(threads: int) -> Executor:
    return Here() if PLAYER.tape else ThreadPoolExecutor(threads)


class Bench:
    """Builds worlds and runs policies in them, one after the other."""

    def __init__(
        self, sandbox: Sandbox, authority: Authority, tmp_path: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self.sandbox, self._authority = sandbox, authority
        self._tmp_path, self._patch, self._worlds = tmp_path, patch, 0
        self._world = ""
        for module in THREADED:
            patch.setattr(module, "ThreadPoolExecutor", _executor)

    def build(self, world: AnyWorld) -> dict[str, str]:
        """Make the account and the working directory anew; return the ARNs by name."""
        PLAYER.tape, self._world = None, ""
        self._worlds += 1
        directory = self._tmp_path / str(self._worlds)
        directory.mkdir()
        self.sandbox.reset()
        self._enter(Site(self.sandbox, self._authority, directory, moment()))
        return world.build(self.site)

    def _enter(self, site: Site) -> None:
        self.site = site
        self._patch.chdir(site.directory)
        self.judge_at(site.now)
        self._patch.setattr(settings, "public_roots", public_roots)

    def _visit(self, world: AnyWorld) -> None:
        """Go to where a world was built, with its answers on tape; build it if nobody has."""
        if repr(world) in TAPES:
            self._enter(TAPES[repr(world)].site)
        else:
            self._rebuild(world)
        PLAYER.tape = TAPES[repr(world)]
        PLAYER.standing = self._world == repr(world)

    def _rebuild(self, world: AnyWorld) -> None:
        self.build(world)
        TAPES[repr(world)] = Tape(self.site)
        self._world = repr(world)

    def judge_at(self, now: datetime) -> None:
        """Let the filters that judge by dates judge at this moment."""

        class Frozen(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Any:
                return now.astimezone(tz)

        for module in (expires_within, server_certificate, superseded):
            self._patch.setattr(module, "datetime", Frozen)

    @property
    def output(self) -> Path:
        """Return where the policies of this world put their output."""
        return self.site.directory / "out"

    def run(self, data: Data, dryrun: bool = False) -> list[Data]:
        """Run a policy; return its resources. Raises what the run raises."""
        forget_everything()
        reset_session_cache()
        resolve = "" if dryrun else self.sandbox.front_ends.resolve()
        self._patch.setenv("CERTRENEW_RESOLVE", resolve)
        output = NOWHERE if PLAYER.tape else {"output_dir": str(self.output)}
        policy = make_policy(data, dryrun=dryrun, **output)
        return list(policy.run())

    def contradicts(self, data: Data, base: AnyWorld, case: Case) -> str:
        """Run a case without its actions; return how it ends otherwise than it must, or nothing."""
        world = case.world(base)
        self._visit(world)
        try:
            return self._judge(data, base, case)
        except NotOnTapeError:
            self._rebuild(world)
            self._visit(world)
            return self._judge(data, base, case)
        finally:
            PLAYER.tape = None

    def _judge(self, data: Data, base: AnyWorld, case: Case) -> str:
        PLAYER.noted.clear()
        try:
            found = {r[base.key]: r for r in self.run(data, dryrun=True)}
        except ClientError as error:
            return _difference(case, Verdict.UNKNOWN, {"error": str(error)})
        judged = [found.get(name) for name in case.world(base).names]
        listed = case.verdict is Verdict.LISTED
        return next(
            filter(None, (_difference(case, _verdict(r, listed), r or {}) for r in judged)), ""
        )


def open_bench(sandboxes: Any, authority: Authority, tmp: Path, patch: pytest.MonkeyPatch) -> Bench:
    """Return a bench on the in-process sandbox, whose every answer comes in small pages."""
    sandbox = sandboxes.open(regions=REGIONS, server=False, page_size=PAGE)
    return Bench(sandbox, authority, tmp, patch)


def _verdict(resource: Data | None, listed: bool) -> Verdict:
    if resource is None:
        return Verdict.PASS
    if resource.get("c7n:unread"):
        return Verdict.UNKNOWN
    return Verdict.LISTED if listed else Verdict.FAIL


def _difference(case: Case, verdict: Verdict, shown: Data) -> str:
    if verdict is not case.verdict:
        return f"{case.title}: {verdict.value}, not {case.verdict.value} ({shown})"
    wrong = next(unmet(shown, case.because, ""), "")
    return f"{case.title}: {wrong}" if wrong else ""


def unmet(shown: Any, wanted: Any, where: str) -> Any:
    """Yield each place where what is shown does not meet what is wanted."""
    if isinstance(wanted, Mapping) and isinstance(shown, Mapping):
        for key, value in wanted.items():
            yield from unmet(shown.get(key), value, f"{where}/{key}")
    elif isinstance(wanted, (list, tuple)) and len(shown or ()) == len(wanted):
        for number, value in enumerate(wanted):
            yield from unmet(shown[number], value, f"{where}/{number}")
    elif isinstance(wanted, re.Pattern):
        if not wanted.search(str(shown)):
            yield f"{where} is {shown!r}, without {wanted.pattern!r}"
    elif shown != wanted:
        yield f"{where} is {shown!r}, not {wanted!r}"
