"""Whole renewals while the account is as unforgiving as AWS can be."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from integration.conftest import Engine, renewing, writes

from c7n_certrenew.sandbox import HOSTILE, Issued, Listener, Propagation, Sandbox
from c7n_certrenew.sandbox.clock import Clock


@pytest.fixture
def web(near: Sandbox, old: Issued) -> str:
    """Give the old certificate, served in three regions by all kinds of load balancers."""
    web = near.upload("web", old)
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", web), Listener(8443, "SSL", web))
    near.application("us-east-1", "alb", Listener(443, "HTTPS", web, sni=(web,)))
    near.application("us-east-1", "shop", Listener(443, "HTTPS", web))
    near.network("eu-central-1", "nlb", Listener(443, "TLS", web))
    return web


@pytest.mark.parametrize(
    ("seconds", "state", "returncode"), [(600, "VERIFIED", 0), (1000, "FAILED", 2)]
)
def test_a_quarter_of_an_hour_is_waited_for_and_no_longer(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    old: Issued,
    new: Issued,
    certs: Path,
    seconds: float,
    state: str,
    returncode: int,
) -> None:
    """Propagation of ten minutes succeeds, and after 900 seconds the renewal ends (AWS row 1)."""
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", near.upload("web", old)))
    near.propagation = Propagation(seconds=seconds)
    new.write(certs)
    begin, wall = clock.monotonic(), time.monotonic()
    ran = engine(renewing(propagation_timeout=900))
    assert ran.states == {"legacy:443 default": state}, ran.text
    assert ran.returncode == returncode
    assert min(seconds, 850) <= clock.monotonic() - begin < 950
    assert time.monotonic() - wall < 60


def test_all_listeners_together_wait_for_a_quarter_of_an_hour(
    near: Sandbox, engine: Engine, clock: Clock, old: Issued, new: Issued, certs: Path
) -> None:
    """A certificate that its region never gets to know costs the time-out once (AWS row 1)."""
    web = near.upload("web", old)
    for n in range(4):
        near.classic("eu-west-1", f"legacy-{n}", Listener(443, "HTTPS", web))
    near.propagation = Propagation(seconds=1_000_000)
    new.write(certs)
    begin = clock.monotonic()
    ran = engine(renewing(propagation_timeout=900))
    assert ran.states == {f"legacy-{n}:443 default": "FAILED" for n in range(4)}
    assert "CertificateNotFound" in ran.reason("legacy-3")
    assert 850 <= clock.monotonic() - begin < 1000


@pytest.mark.parametrize("near", [{"profile": HOSTILE}], indirect=True)
def test_a_renewal_succeeds_in_a_hostile_account(
    near: Sandbox, engine: Engine, clock: Clock, web: str, new: Issued, certs: Path
) -> None:
    """Late, little and not too often: everything is renewed, with one upload."""
    clock.stop()
    new.write(certs)
    ran = engine(renewing(propagation_timeout=60))
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert set(ran.states.values()) == {"VERIFIED"}
    assert len(ran.states) == 6
    assert writes(near).count("UploadServerCertificate") == 1
    errors = {call.error_code for call in near.journal}
    assert {"CertificateNotFound", "Throttling"} <= errors
