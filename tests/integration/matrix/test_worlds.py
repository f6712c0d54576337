"""Arbitrary worlds and faults keep the invariants of a renewal and of a look at listeners."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from integration.conftest import Engine, filtering
from integration.matrix.invariants import Run, spot, violations
from integration.matrix.moments import Lineage, Moment, Observer, Spot
from integration.matrix.trial import Trial
from integration.matrix.worlds import DOMAINS, DUE, REGIONS, World, worlds

from c7n_certrenew.sandbox import Authority, Sandbox

FULL = os.environ.get("CERTRENEW_MATRIX") == "full"
pytestmark = pytest.mark.parametrize("near", [{"regions": REGIONS}], indirect=True, ids=[""])


def examples(usual: int) -> settings:
    """Return settings for a number of examples: always the same ones, or many others."""
    return settings(
        max_examples=usual * 50 if FULL else usual,
        derandomize=not FULL,
        database=None,
        deadline=None,
        phases=tuple(Phase) if FULL else (Phase.generate,),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


class Account:
    """Makes worlds in one sandbox. It has no representation that shows a key."""

    def __init__(self, trial: Trial, authority: Authority) -> None:
        self.sandbox, self._trial = trial.sandbox, trial
        self._observer = Observer(trial.sandbox, DOMAINS)
        self.lineages = [self._due(authority, domain) for domain in DOMAINS[:DUE]]
        self._others = [
            authority.issue(domain, f"*.{domain}", days=200, key="p256") for domain in DOMAINS[DUE:]
        ]

    def _due(self, authority: Authority, domain: str) -> Lineage:
        """Return a certificate that is due, and have its renewal at the source."""
        names = (domain, f"*.{domain}")
        old = authority.issue(*names, days=10, age=80, key="p256")
        new = authority.issue(*names, days=89, age=1, key="p256")
        new.write(self._trial.directory / "certs" / domain[0])
        return Lineage(domain[0], old, new)

    def begin(self, world: World) -> Moment:
        """Make a world anew, in which nothing goes wrong yet, and look at it."""
        self.sandbox.reset()
        world.populate(self.sandbox, self.lineages, self._others)
        return self._observer.look()

    def run(self, out: str, before: Moment, meddled: frozenset[Spot] = frozenset()) -> Run:
        """Run the policy that renews."""
        return replace(self._trial, observer=self._observer).run(out, before, meddled)

    def unfinished(self, run: Run) -> Iterator[str]:
        """Yield what a run in which nothing fails has not renewed."""
        if run.ran and run.ran.returncode:
            yield f"exit code {run.ran.returncode}: {run.ran.text[-500:]}"
        for one in self.lineages:
            if left := run.after.holding(run.before.certificates[one.name]):
                yield f"{sorted(left)} still have {one.name}"


@pytest.fixture
def account(near: Sandbox, trial: Trial, authority: Authority) -> Account:
    """Give an account with two certificates that are due, and two that are not."""
    return Account(trial, authority)


@examples(6)
@given(world=worlds("distribution"))
def test_a_renewal_holds_in_any_world(account: Account, world: World) -> None:
    """Whatever fails and whoever changes things meanwhile, all holds, and the next run ends it."""
    before = account.begin(world)
    world.disturb(account.sandbox)
    first = account.run("first", before, world.meddled())
    account.sandbox.clear_faults()
    account.sandbox._world.script.clear()
    second = account.run("second", first.after)
    again = (*violations(second, account.lineages), *account.unfinished(second))
    broken = [*violations(first, account.lineages), *(f"next run: {line}" for line in again)]
    assert not broken, "\n".join(broken)


@examples(8)
@given(world=worlds("distribution", "domain", least=1))
def test_the_listener_filter_tells_the_truth_of_any_world(
    account: Account, engine: Engine, world: World
) -> None:
    """What it annotates is what AWS holds, or the scope where more may be is said to be unread."""
    before = account.begin(world)
    replace(world, changes=()).disturb(account.sandbox)
    ran = engine(filtering({"type": "listener"}))
    if ran.returncode:  # Custodian itself could not list the certificates
        return
    found = {resource["Arn"]: resource for resource in ran.resources}
    wrong = [
        line
        for arn in before.certificates.values()
        for line in untrue(before, arn, found.get(arn, {}))
    ]
    assert not wrong, "\n".join(wrong)


def untrue(before: Moment, arn: str, resource: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the annotations of a certificate pass over or make up."""
    named = {spot(binding) for binding in resource.get("c7n:listeners", [])}
    unread = {(u["Service"], u["Region"]) for u in resource.get("c7n:unread", [])}
    if invented := named - before.holding(arn):
        yield f"{arn}: {sorted(invented)} do not serve it"
    for missed in before.holding(arn) - named:
        if not unread & {(missed.service, missed.region), (missed.service, "*"), ("ec2", "*")}:
            yield f"{arn}: {missed} is passed over, and unread are {sorted(unread)}"
