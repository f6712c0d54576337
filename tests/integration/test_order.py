"""Regions get a renewed certificate in the order that a policy says, wave by wave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from integration.conftest import SOURCE, Engine, Ran, renewing
from integration.test_failures import bound, name_of, serve, shown_bad

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

ORDER = ["eu-central-1", ["eu-west-1"], "*"]
pytestmark = pytest.mark.usefixtures("clock")


def ordered(**options: Any) -> dict[str, Any]:
    """Return a policy that renews nlb (eu-central-1), then legacy (eu-west-1), then the rest."""
    options = {"verify": "api", "order": ORDER, **options}
    policy = renewing(**options)
    policy["filters"].append({"type": "replacement", "source": SOURCE})
    return policy


def states(ran: Ran) -> dict[str, str]:
    """Return the end of each load balancer in the order in which they had their turn."""
    return {b["LoadBalancerName"]: b["State"] for b in ran.outcome["Bindings"]}


def test_three_runs_go_on_where_the_last_one_stopped(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """max-bindings cuts in that order; what is DEFERRED is no failure, and has its turn next."""
    serve(near, old)
    new.write(certs)
    turns = ["nlb", "legacy", "alb"]
    for run in range(3):
        ran = engine(ordered(max_bindings=1), out=f"out{run}")
        left = dict.fromkeys(turns[run + 1 :], "DEFERRED")
        assert states(ran) == {turns[run]: "API_VERIFIED", **left}
        planned = ran.resources[0]["c7n:replacement"]["Bindings"]
        assert [(b["LoadBalancerName"], b["Wave"]) for b in planned] == [
            (name, 1 + turns.index(name)) for name in turns[run:]
        ]
        assert (ran.returncode, ran.outcome["State"]) == (0, "DEFERRED" if left else "RENEWED")
    assert set(bound(near).values()) == {name_of(new)}


def test_a_wave_that_is_not_proven_is_the_last(
    near: Sandbox,
    engine: Engine,
    authority: Authority,
    old: Issued,
    new: Issued,
    certs: Path,
) -> None:
    """Of that certificate; another one, whose waves are proven, goes on."""
    serve(near, old)
    names = ("b.example.com",)
    other = near.upload("other", authority.issue(*names, days=10, age=80, key="p256"))
    near.application("us-east-1", "second", Listener(443, "HTTPS", other))
    authority.issue(*names, days=89, age=1, key="p256").write(certs.with_name("other"))
    new.write(certs)
    near.deny("elb", "SetLoadBalancerListenerSSLCertificate")
    ran = engine(ordered())
    assert ran.returncode == 2
    ends = {o["ServerCertificateName"]: o for o in ran.record["Outcomes"]}
    web = {b["LoadBalancerName"]: b for b in ends["web"]["Bindings"]}
    assert (web["nlb"]["State"], web["legacy"]["State"]) == ("API_VERIFIED", "FAILED")
    assert web["alb"]["State"] == "DEFERRED"
    assert web["alb"]["Reason"] == "not begun: wave 2 (eu-west-1) is not proven"
    assert (ends["web"]["State"], ends["other"]["State"]) == ("INCOMPLETE", "RENEWED")


def test_what_a_later_wave_shows_bad_is_put_back_everywhere(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """Listeners of the waves before were good, and get the old certificate again."""
    serve(near, old)
    new.write(certs)
    near.before("elb", "SetLoadBalancerListenerSSLCertificate", lambda s: shown_bad(s, new), call=1)
    ran = engine(ordered(verify="auto"))
    assert (ran.returncode, ran.outcome["State"]) == (2, "UNDONE")
    assert states(ran) == {"nlb": "UNDONE", "legacy": "UNDONE", "alb": "DEFERRED"}
    assert set(bound(near).values()) == {"web"}


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (["eu-west-1", ["us-east-1", "eu-west-1"]], "order names eu-west-1 twice"),
        (["*", "*"], "order names * twice"),
    ],
)
def test_an_order_that_contradicts_itself_is_refused(
    engine: Engine, order: list[Any], said: str
) -> None:
    """Before anything is looked at, in one line."""
    ran = engine(ordered(order=order))
    assert ran.returncode == 1
    assert f"replace-certificate: {said}" in ran.text
