"""What clients are served before and after a change, from scripted handshakes."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice

import pytest

from c7n_certrenew.core.model import Listener
from c7n_certrenew.core.outcome import BindingState
from c7n_certrenew.renewal import verification
from c7n_certrenew.renewal.handshake import Glance, Sight, View
from c7n_certrenew.renewal.verification import Confirmation, Watch, pauses, wait_together, watch

LISTENER = Listener("elb", "eu-west-1", "shop", 443, "HTTPS", dns_name="shop.test")
ONE, TWO = ("192.0.2.1", 443), ("192.0.2.2", 443)
OLD, NEW, OTHER = (Glance(Sight.SERVED, name) for name in ("old", "new", "other"))
REFUSED = Glance(Sight.REFUSED, reason="handshake failure")
UNREACHABLE = Glance(Sight.UNREACHABLE, reason="timed out")
VIEW = View(ONE, "www.example.com")

Script = Callable[[View], Glance]


@pytest.fixture
def see(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[View]]:
    """Script what handshakes come to, without waiting; return the list of those made."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)

    def script(seen: Script, *found: tuple[str, int]) -> list[View]:
        made: list[View] = []

        def look(view: View) -> Glance:
            made.append(view)
            return seen(view)

        monkeypatch.setattr(verification, "glance", look)
        monkeypatch.setattr(verification, "addresses", lambda name, port: found)
        return made

    return script


def in_turn(*glances: Glance) -> Script:
    """Return a script that shows one after the other, and the last for ever."""
    rest = list(glances)
    return lambda view: rest.pop(0) if len(rest) > 1 else rest[0]


def confirmed(seconds: float = 60, must_reach: bool = False) -> verification.Finding:
    """Confirm one view's change."""
    watched = Confirmation(Watch((VIEW,), "old", "new"), must_reach=must_reach)
    return watched.wait(time.monotonic() + seconds)


def test_every_name_is_asked_on_every_address(see: Callable[..., list[View]]) -> None:
    """Names and addresses that show the old certificate are those to watch."""
    see(lambda view: OLD, ONE, TWO)
    watched = watch(LISTENER, ["www.example.com", "*.example.com"], "old", "new")
    assert set(watched.views) == {
        View(address, name)
        for address in (ONE, TWO)
        for name in ("www.example.com", "certrenew-check.example.com")
    }


@pytest.mark.parametrize("name", ["192.0.2.7", "2001:db8::7", "::1"])
def test_address_in_a_certificate_is_no_name(see: Callable[..., list[View]], name: str) -> None:
    """Clients send no server name for an IP address: it is not asked for."""
    made = see(lambda view: OLD, ONE)
    assert watch(LISTENER, [name], "old", "new").views == ()
    assert made == []


@pytest.mark.parametrize("before", [NEW, OTHER, REFUSED, UNREACHABLE])
def test_what_did_not_show_the_old_one_is_not_watched(
    see: Callable[..., list[View]], before: Glance
) -> None:
    """A name served by another certificate, or already broken, says nothing of this change."""
    see(lambda view: before, ONE)
    assert watch(LISTENER, ["www.example.com"], "old", "new").views == ()


def test_unreachable_address_is_left_out(see: Callable[..., list[View]]) -> None:
    """One dead address costs one time-out, not one for each name."""
    made = see(lambda view: UNREACHABLE if view.address == TWO else OLD, ONE, TWO)
    names = [f"{n}.example.com" for n in range(5)]
    watched = watch(LISTENER, names, "old", "new")
    assert {view.address for view in watched.views} == {ONE}
    assert len([view for view in made if view.address == TWO]) == 1


@pytest.mark.parametrize(
    ("must_reach", "state"), [(False, BindingState.API_VERIFIED), (True, BindingState.UNCONFIRMED)]
)
def test_nothing_to_look_at(must_reach: bool, state: BindingState) -> None:
    """Without a view the API's word counts, unless handshakes are demanded."""
    watched = Confirmation(Watch((), "old", "new"), must_reach=must_reach)
    assert watched.wait(0).state is state


def test_new_one_at_once(see: Callable[..., list[View]]) -> None:
    """One look is enough where the new certificate is served."""
    made = see(lambda view: NEW)
    assert confirmed().state is BindingState.VERIFIED
    assert made == [VIEW]


@pytest.mark.parametrize("first", [OLD, OTHER, REFUSED, UNREACHABLE])
def test_waits_for_the_new_one(see: Callable[..., list[View]], first: Glance) -> None:
    """Whatever is seen for a while, the new certificate in the end is what counts."""
    see(in_turn(first, first, NEW))
    assert confirmed().state is BindingState.VERIFIED


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (OLD, "www.example.com at 192.0.2.1:443 still serves the old certificate at the deadline"),
        (
            OTHER,
            "www.example.com at 192.0.2.1:443 still serves another certificate at the deadline",
        ),
        (UNREACHABLE, "www.example.com at 192.0.2.1:443 timed out at the deadline"),
    ],
)
def test_not_yet_at_the_deadline(see: Callable[..., list[View]], last: Glance, reason: str) -> None:
    """What is not seen in time is unconfirmed, and never a reason to undo (AWS row 19)."""
    see(lambda view: last)
    finding = confirmed(seconds=0)
    assert (finding.state, finding.bad, finding.reason) == (
        BindingState.UNCONFIRMED,
        False,
        reason,
    )


def test_handshakes_that_fail_in_a_row(
    see: Callable[..., list[View]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three refusals in a row show that the new certificate is bad."""
    monkeypatch.setattr(verification, "_REFUSED_SECONDS", 0.0)
    made = see(lambda view: REFUSED)
    finding = confirmed()
    assert (finding.state, finding.bad) == (BindingState.FAILED, True)
    assert finding.reason == (
        "the handshake for www.example.com at 192.0.2.1:443 fails: handshake failure"
    )
    assert len(made) == 3


@pytest.mark.parametrize("between", [OLD, UNREACHABLE])
def test_refusals_that_are_not_in_a_row(see: Callable[..., list[View]], between: Glance) -> None:
    """A refusal here and there is the network's, not the certificate's."""
    see(in_turn(REFUSED, REFUSED, between, REFUSED, REFUSED, between, NEW))
    assert confirmed().state is BindingState.VERIFIED


def test_one_refusal_at_the_deadline_is_no_proof(see: Callable[..., list[View]]) -> None:
    """A single refusal when time is up leaves it unconfirmed."""
    see(in_turn(REFUSED, OLD))
    finding = confirmed(seconds=0)
    assert (finding.state, finding.bad) == (BindingState.UNCONFIRMED, False)


@pytest.mark.parametrize("together", [False, True], ids=["one", "many"])
def test_refusals_at_the_deadline_are_followed_up(
    see: Callable[..., list[View]], monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    """A listener is not left broken because time was up before that was certain."""
    monkeypatch.setattr(verification, "_REFUSED_SECONDS", 0.0)
    made = see(lambda view: REFUSED)
    watched = Confirmation(Watch((VIEW,), "old", "new"))
    found = wait_together([watched], 0, lambda: False)
    finding = next(found)[1] if together else watched.wait(0)
    assert (finding.state, finding.bad) == (BindingState.FAILED, True)
    assert len(made) == 3


def test_pauses_grow_and_stay_bounded() -> None:
    """Waiting times start short, grow, and never exceed what was asked for."""
    taken = list(islice(pauses(5.0), 30))
    assert 0.12 < taken[0] <= 0.25
    assert max(taken) <= 5.0
    assert min(taken[10:]) >= 2.5


def test_what_is_not_settled_is_waited_for(see: Callable[..., list[View]]) -> None:
    """Clients see the new one, but the service is still bringing it everywhere (AWS row 19)."""
    see(lambda view: NEW)
    said = iter([False, False, True])
    watched = Confirmation(Watch((VIEW,), "old", "new"), lambda: next(said))
    assert watched.wait(time.monotonic() + 60).state is BindingState.VERIFIED


@pytest.mark.parametrize("seen", [Watch((VIEW,), "old", "new"), None], ids=["tls", "api"])
def test_what_is_not_settled_at_the_deadline(
    see: Callable[..., list[View]], seen: Watch | None
) -> None:
    """It is unconfirmed, whoever asks, and never a reason to undo (AWS row 19)."""
    see(lambda view: NEW)
    finding = Confirmation(seen, lambda: False).wait(time.monotonic())
    assert (finding.state, finding.bad) == (BindingState.UNCONFIRMED, False)
    assert finding.reason == "it is still being deployed at the deadline"


def test_refused_while_it_is_not_settled(
    see: Callable[..., list[View]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Handshakes that fail are evidence at any time."""
    monkeypatch.setattr(verification, "_REFUSED_SECONDS", 0.0)
    see(lambda view: REFUSED)
    assert Confirmation(Watch((VIEW,), "old", "new"), lambda: False).wait(time.monotonic() + 60).bad


def test_many_wait_for_one_deadline(
    see: Callable[..., list[View]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred listeners that lag take as long as one; those that are done are told at once."""
    clock = [0.0]
    monkeypatch.setattr(verification.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(
        verification.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds)
    )
    see(lambda view: NEW if view.server_name == "n7" else OLD)
    many = [Confirmation(Watch((View(ONE, f"n{number}"),), "old", "new")) for number in range(100)]
    found = list(wait_together(many, 60, lambda: False))
    assert found[0][0] == 7
    assert sorted(place for place, _ in found) == list(range(100))
    assert {f.state for place, f in found if place != 7} == {BindingState.UNCONFIRMED}
    assert clock[0] <= 60


def test_nobody_waits_when_one_was_shown_bad(see: Callable[..., list[View]]) -> None:
    """What will be put back need not be waited for, and handshakes that fail not be followed up."""
    made = see(in_turn(OLD, OLD, REFUSED))
    many = [Confirmation(Watch((VIEW,), "old", "new")) for _ in range(3)]
    found = list(wait_together(many, time.monotonic() + 600, lambda: True))
    assert [finding.state for _, finding in found] == [BindingState.UNCONFIRMED] * 3
    assert len(made) == 3


def test_twin_is_looked_at_by_a_client_that_takes_no_other(see: Callable[..., list[View]]) -> None:
    """Where another certificate is preferred, its kind of key alone is offered."""
    see(lambda view: OLD if view.algorithm == "RSA" else OTHER, ONE)
    watched = watch(LISTENER, ["www.example.com"], "old", "new", "RSA")
    assert watched.views == (View(ONE, "www.example.com", "RSA"),)


def test_no_second_look_where_the_old_one_is_served(see: Callable[..., list[View]]) -> None:
    """One handshake a name and address is enough."""
    made = see(lambda view: OLD, ONE)
    assert watch(LISTENER, ["www.example.com"], "old", "new", "RSA").views == (VIEW,)
    assert {view.algorithm for view in made} == {""}
