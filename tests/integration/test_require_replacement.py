"""What waits for its renewed certificate is a failure when few days are left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from integration.conftest import SOURCE, Engine, Policy, filtering, renewing, writes

from c7n_certrenew.sandbox import Issued, Listener, Sandbox

REGION = "us-east-1"
PAGE = "see docs/how-to/when-a-renewal-fails.md#waiting"


def requiring(alarm_days: float | None = None, **replacement: Any) -> Policy:
    """Return an audit policy, with options of its action and of its filter."""
    plan = {"type": "replacement", "available": False, "source": dict(SOURCE), **replacement}
    action = {} if alarm_days is None else {"alarm-days": alarm_days}
    filters = ({"type": "expires-within", "days": 30}, {"type": "listener"}, plan)
    return {
        **filtering(*filters, name="require"),
        "actions": [{"type": "require-replacement", **action}],
    }


def test_waiting_until_few_days_are_left(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """A line each while there is time, then one that fails the run; nothing is changed."""
    web = near.upload("web", old)
    near.application(REGION, "shop", Listener(443, "HTTPS", web))
    ran = engine(requiring(11))
    why = f"expires {old.not_after:%Y-%m-%d} (11 days left): certs/web/cert.pem: no such file"
    assert (ran.returncode, ran.found) == (0, ["web"])
    assert f"INFO policy:require certificate:web WAITING {why}" in ran.text

    by_name = {**requiring(), "actions": ["require-replacement"]}
    for late in (requiring(), requiring(13), by_name):
        ran = engine(late)
        assert ran.returncode == 2
        assert f"no acceptable replacement: web {why}; {PAGE}" in ran.text
        assert "Traceback" not in ran.text

    old.write(certs)
    ran = engine(requiring(**{"alarm-days": 13}))
    assert ran.returncode == 2
    assert "the source still holds the certificate that is to be replaced" in ran.text
    assert ran.resources[0]["c7n:replacement"]["AlarmDays"] == 13
    for days, code in ((11, 0), (13, 2)):
        ran = engine(renewing(alarm_days=days))
        assert (ran.returncode, ran.outcome["State"]) == (code, "WAITING")

    new.write(certs)
    ran = engine(requiring())
    assert (ran.returncode, ran.found, writes(near)) == (0, [], [])


def test_wrong_policies(engine: Engine) -> None:
    """Without a plan, with one that leaves out what lacks, or with two numbers: one line each."""
    blind = {**requiring(), "filters": [{"type": "listener"}]}
    for policy, said in (
        (blind, "require-replacement: needs a replacement filter in the policy"),
        (requiring(available=True), "available: true leaves out what it is to name"),
        (requiring(3, **{"alarm-days": 4}), "alarm-days: is said twice, and not alike"),
        (requiring(-1), "alarm-days"),
    ):
        ran = engine(policy)
        assert ran.returncode == 1
        assert said in ran.text
