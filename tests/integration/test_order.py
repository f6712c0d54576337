"""Regions get a renewed certificate in the order that a policy says, wave by wave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from integration.conftest import NAMES, SOURCE, Engine, Ran, renewing, writes
from integration.test_failures import bound, name_of, serve, shown_bad

from c7n_certrenew.core.lineage import generated_name
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


def test_what_another_certificate_shows_bad_is_put_back_though_its_own_waves_are_over(
    near: Sandbox, engine: Engine, authority: Authority, old: Issued, new: Issued, certs: Path
) -> None:
    """Both have the same replacement: no copy of it stays anywhere, is published or taken again."""
    other = authority.issue(*NAMES, days=13, age=78, key="p256")
    places = {"web": (old, "eu-central-1"), "api": (other, "us-east-1")}
    for name, (issued, region) in places.items():
        listener = Listener(443, "HTTPS", near.upload(name, issued))
        near.application(region, name, listener)
        new.write(certs.with_name(name))
    copies = [generated_name(name, new.not_after, new.fingerprint) for name in places]
    near.front_ends.reject(f"arn:aws:iam::{near.account_id}:server-certificate/{copies[1]}")
    ran = engine(ordered(verify="auto", publish={"ssm": "/certs/<lineage>"}))
    assert {one["State"] for one in ran.record["Outcomes"]} == {"UNDONE"}, ran.text
    held = {name: near.bound(name, region, 443)[0] for name, (_, region) in places.items()}
    assert held == {name: near.certificates()[name] for name in places}
    assert [rejected(near, copy) for copy in copies] == [new.fingerprint] * 2
    assert "PutParameter" not in writes(near)


def test_what_is_refused_as_bad_for_another_is_marked_too(
    near: Sandbox, engine: Engine, authority: Authority, old: Issued, new: Issued, certs: Path
) -> None:
    """Its copy was uploaded before anything was bound; the next run might take it for both."""
    other = authority.issue(*NAMES, days=13, age=78, key="p256")
    for name, issued in (("web", old), ("api", other)):
        near.application("eu-west-1", name, Listener(443, "HTTPS", near.upload(name, issued)))
        new.write(certs.with_name(name))
    shown_bad(near, new)
    ran = engine(renewing())
    assert {one["State"] for one in ran.record["Outcomes"]} == {"UNDONE", "REFUSED"}
    assert rejected(near, generated_name("api", new.not_after, new.fingerprint)) == new.fingerprint


def test_what_one_certificates_listeners_have_taken_is_not_bad_because_anothers_reject_it(
    near: Sandbox, engine: Engine, authority: Authority, old: Issued, new: Issued, certs: Path
) -> None:
    """It is that listener's own trouble, as within one certificate: the others keep it."""
    other = authority.issue(*NAMES, days=13, age=78, key="p256")
    for name, issued, region in (("web", old, "eu-central-1"), ("api", other, "us-east-1")):
        near.application(region, name, Listener(443, "HTTPS", near.upload(name, issued)))
        new.write(certs.with_name(name))
    near.fail("elbv2", "ModifyListener", "UnsupportedCertificate", "no", region="us-east-1")
    ran = engine(renewing(verify="api"))
    ends = {one["ServerCertificateName"]: one["State"] for one in ran.record["Outcomes"]}
    assert ends == {"web": "RENEWED", "api": "INCOMPLETE"}, ran.text


def rejected(near: Sandbox, name: str) -> str:
    """Return the fingerprint that a certificate's tag calls bad."""
    shown = near.client("iam").list_server_certificate_tags(ServerCertificateName=name)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in shown}.get("certrenew:rejected", "")


def test_a_region_that_gets_no_certificate_is_a_wave_that_is_not_proven(
    near: Sandbox, engine: Engine, authority: Authority, certs: Path
) -> None:
    """Nothing of the first wave could even be tried."""
    old, new = (authority.issue(*NAMES, days=days, key="rsa2048") for days in (12, 89))
    web = near.upload("web", old)
    new.write(certs)
    for region in ("eu-central-1", "us-east-1"):
        near.application(region, region, Listener(443, "HTTPS", web))
    near.deny("acm", "ImportCertificate", region="eu-central-1")
    policy = ordered(store="acm")
    policy["filters"].pop()
    ran = engine(policy)
    assert states(ran) == {"us-east-1": "DEFERRED", "eu-central-1": "FAILED"}, ran.text
    assert ran.reason("us-east-1") == "not begun: wave 1 (eu-central-1) is not proven"


def test_what_cannot_be_changed_takes_no_turn_from_others(
    near: Sandbox, engine: Engine, authority: Authority, old: Issued, new: Issued, certs: Path
) -> None:
    """A certificate whose listeners are denied would otherwise let all others expire."""
    web = near.upload("web", old)
    for name in ("one", "two", "three"):
        near.application("eu-west-1", name, Listener(443, "HTTPS", web))
    other = near.upload("other", authority.issue("b.example.com", days=13, key="p256"))
    near.application("us-east-1", "b", Listener(443, "HTTPS", other))
    new.write(certs)
    authority.issue("b.example.com", days=89, key="p256").write(certs.with_name("other"))
    near.deny("elbv2", "ModifyListener", region="eu-west-1")
    ran = engine(renewing(verify="api", max_bindings=2))
    ends = {one["ServerCertificateName"]: one["State"] for one in ran.record["Outcomes"]}
    assert ends == {"web": "INCOMPLETE", "other": "RENEWED"}


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
