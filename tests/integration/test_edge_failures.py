"""What a renewal at CloudFront's edge waits for, and what it puts back."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration.conftest import NAMES, Engine, renewing, served
from integration.test_failures import name_of

from c7n_certrenew.sandbox import Fault, Issued, Kind, Sandbox
from c7n_certrenew.sandbox.clock import Clock
from c7n_certrenew.sandbox.seed_edge import Distribution

IN_PROGRESS = "Only one viewer certificate change may be in progress at a time."
UPDATE = "UpdateDistribution"


@pytest.fixture
def edge(near: Sandbox, clock: Clock, old: Issued, new: Issued, certs: Path) -> Distribution:
    """Give a distribution that serves the old certificate; the new one is at the source."""
    new.write(certs)
    web = near.upload("web", old, path="/cloudfront/")
    return near.distribution(*NAMES, certificate=web)


def busy(near: Sandbox, times: int, skip: int = 0) -> None:
    """Have an earlier change of the distribution be in progress."""
    code = {"code": "IllegalUpdate", "message": IN_PROGRESS}
    near.inject(Fault("cloudfront", UPDATE, Kind.ERROR, times=times, skip=skip, **code))


def test_a_deployment_that_takes_too_long(
    near: Sandbox, engine: Engine, edge: Distribution
) -> None:
    """AWS row 19: until it is deployed the API's word is no verification either."""
    near.deployment = 3600
    ran = engine(renewing(propagation_timeout=60, verify="api"))
    assert (ran.returncode, set(ran.states.values())) == (2, {"UNCONFIRMED"})
    assert "it is still being deployed at the deadline" in ran.text


def test_put_back_while_a_change_is_in_progress(
    near: Sandbox, engine: Engine, edge: Distribution, old: Issued, new: Issued
) -> None:
    """One certificate changes at a time: both ways wait for an earlier change (AWS row 12)."""
    arn = f"arn:aws:iam::{near.account_id}:server-certificate/cloudfront/{name_of(new)}"
    near.front_ends.reject(arn)
    busy(near, times=6)
    busy(near, times=6, skip=1)
    ran = engine(renewing(propagation_timeout=900))
    assert (ran.returncode, set(ran.states.values())) == (2, {"UNDONE"}), ran.text
    assert served(near, edge, old) == old.fingerprint
