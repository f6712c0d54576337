"""What a plan says is what happens, or the outcome says why not, in any circumstances."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import event, given
from integration.conftest import Engine
from integration.matrix.circumstances import Circumstances, circumstances
from integration.matrix.moments import Observer
from integration.matrix.promises import broken
from integration.matrix.test_worlds import Account, examples
from integration.matrix.trial import Trial
from integration.matrix.worlds import REGIONS

from c7n_certrenew.sandbox import Authority, Sandbox

pytestmark = pytest.mark.parametrize("near", [{"regions": REGIONS}], indirect=True, ids=[""])


@pytest.fixture
def account(near: Sandbox, trial: Trial, authority: Authority) -> Account:
    """Give an account with two certificates that are due, and two that are not."""
    return Account(trial, authority)


@examples(12)
@given(met=circumstances())
def test_a_plan_is_what_happens(
    account: Account, engine: Engine, trial: Trial, met: Circumstances
) -> None:
    """Which certificate comes how, what each listener gets in which turn, what is left alone."""
    sandbox, observer = account.sandbox, Observer(account.sandbox, ())
    for out in ("plan", "run"):
        shutil.rmtree(trial.directory / out, ignore_errors=True)
    sandbox.reset()
    met.populate(sandbox, account.lineages, account._others)
    met.write(trial.directory, account.lineages)
    before = observer.look()
    planned = engine(met.policy(), arguments=("--dryrun",), out="plan")
    assert planned.returncode == 0, planned.text
    plans = [resource["c7n:replacement"] for resource in planned.resources]
    ran = engine(met.policy(), out="run")
    for plan in plans:
        event(plan["Verdict"])
    lines = list(broken(plans, ran.record, before, observer.look()))
    assert not lines, "\n".join([*lines, ran.text[-2000:]])
