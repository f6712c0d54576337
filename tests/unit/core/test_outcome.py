"""What a renewal did."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import permutations

import pytest

from c7n_certrenew.core.held import Held, Hold, Reverted
from c7n_certrenew.core.model import Binding, Inventory, Listener, Role, ServerCertificate, Unread
from c7n_certrenew.core.outcome import (
    CHANGED,
    STATE_OF_VERDICT,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
    conclude,
    left_alone,
    told,
)
from c7n_certrenew.core.plan import Plan, Verdict
from c7n_certrenew.core.reason import Reason

B, C = BindingState, CertificateState
BINDING = Binding(Listener("elb", "eu-west-1", "web", 443, "HTTPS"), Role.DEFAULT, "arn")
UNREAD = Unread("elb", "eu-north-1", "AccessDenied")

SINGLE = {
    B.VERIFIED: C.RENEWED,
    B.API_VERIFIED: C.RENEWED,
    B.UNCONFIRMED: C.INCOMPLETE,
    B.UNCHANGED: C.UNCHANGED,
    B.SKIPPED: C.UNCHANGED,
    B.DEFERRED: C.DEFERRED,
    B.FAILED: C.INCOMPLETE,
    B.UNKNOWN: C.INCOMPLETE,
    B.UNDONE: C.UNDONE,
    B.MANAGED: C.INCOMPLETE,
    B.REVERTED: C.INCOMPLETE,
}
RANK = (C.INCOMPLETE, C.UNDONE, C.DEFERRED, C.RENEWED, C.UNCHANGED)


def ended(*states: BindingState, unread: tuple[Unread, ...] = ()) -> CertificateState:
    """Conclude from one binding in each state."""
    return conclude([BindingOutcome(BINDING, state) for state in states], unread)


@pytest.mark.parametrize("state", BindingState)
def test_one_binding(state: BindingState) -> None:
    """Each state of the only binding gives the certificate's."""
    assert ended(state) is SINGLE[state]


@pytest.mark.parametrize(("first", "second"), list(permutations(BindingState, 2)))
def test_two_bindings(first: BindingState, second: BindingState) -> None:
    """Of two bindings the worse decides, in either order; a change outweighs no change."""
    assert ended(first, second) is min(SINGLE[first], SINGLE[second], key=RANK.index)


@pytest.mark.parametrize("state", BindingState)
def test_what_was_not_looked_at_may_serve_the_old_one(state: BindingState) -> None:
    """With an unread scope nothing is finished, and what was undone stays undone."""
    expected = C.UNDONE if state is B.UNDONE else C.INCOMPLETE
    assert ended(state, unread=(UNREAD,)) is expected


def test_no_binding_at_all() -> None:
    """Nothing to do is no change; nothing seen for a denial is incomplete."""
    assert ended() is C.UNCHANGED
    assert ended(unread=(UNREAD,)) is C.INCOMPLETE


NOW = datetime(2026, 11, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("served", [True, False])
@pytest.mark.parametrize("expires", [NOW - timedelta(1), NOW, NOW + timedelta(1)])
@pytest.mark.parametrize("state", CertificateState)
def test_which_ends_are_failures(state: CertificateState, expires: datetime, served: bool) -> None:
    """What failed ends the run non-zero; what waits does once a served certificate expired."""
    certificate = ServerCertificate("web", "arn", "/", expires)
    plan = Plan(certificate, Verdict.READY, bindings=(BINDING,) if served else ())
    late = state in {C.WAITING, C.DEFERRED} and expires <= NOW and served
    expected = late or state in {C.INCOMPLETE, C.UNDONE, C.REFUSED}
    assert CertificateOutcome(plan, state).failed(NOW) is expected


def test_what_may_be_served_where_nobody_could_look_does_not_wait_for_ever() -> None:
    """A region that denies every look is no reason to end well on the day of the expiration."""
    certificate = ServerCertificate("web", "arn", "/", NOW)
    plan = Plan(certificate, Verdict.WAITING, inventory=Inventory(unread=(UNREAD,)))
    assert CertificateOutcome(plan, C.WAITING).failed(NOW)


@pytest.mark.parametrize("left", [timedelta(9), timedelta(9, seconds=1)])
@pytest.mark.parametrize("state", [C.WAITING, C.DEFERRED, C.RENEWED])
def test_alarm_days(state: CertificateState, left: timedelta) -> None:
    """What waits for its replacement fails from so many days on; what is deferred later."""
    plan = Plan(
        ServerCertificate("web", "arn", "/", NOW + left), Verdict.READY, bindings=(BINDING,)
    )
    expected = state is C.WAITING and left == timedelta(9)
    assert CertificateOutcome(plan, state).failed(NOW, alarm_days=9) is expected


@pytest.mark.parametrize(
    ("states", "codes", "anchor"),
    [
        ((B.VERIFIED, B.MANAGED, B.MANAGED), (), "managed"),
        ((B.FAILED, B.MANAGED), (), "incomplete"),
        ((B.VERIFIED,), (), "incomplete"),
        ((), ("quota",), "quota"),
        ((), ("expired", "fewer-names"), "incomplete"),
    ],
)
def test_the_page_of_a_failure(
    states: tuple[BindingState, ...], codes: tuple[str, ...], anchor: str
) -> None:
    """It is that of the one thing that went wrong, or of the certificate's state."""
    plan = Plan(ServerCertificate("web", "arn", "/", NOW), Verdict.READY)
    outcome = CertificateOutcome(
        plan,
        C.INCOMPLETE,
        bindings=tuple(BindingOutcome(BINDING, state) for state in states),
        reasons=tuple(Reason(code, "why") for code in codes),
    )
    assert outcome.page.endswith(f".md#{anchor}")


def test_every_verdict_that_stops_a_renewal_has_a_state() -> None:
    """What is not carried out still ends in a state of the same name."""
    assert {verdict.name: state.name for verdict, state in STATE_OF_VERDICT.items()} == {
        verdict.name: verdict.name for verdict in Verdict if verdict is not Verdict.READY
    }


def test_changed_states_hold_the_new_certificate() -> None:
    """Changed means that reading back showed the new certificate."""
    assert set(CHANGED) == {B.VERIFIED, B.API_VERIFIED, B.UNCONFIRMED}


def NEW(_: Listener) -> str:  # noqa: N802
    """Say what listeners are to serve."""
    return "new"


OWNED = replace(BINDING, listener=replace(BINDING.listener, managed_by="tag terraform"))
WHERE = "tag terraform puts the old certificate back: in the code that it is built from, name new"


def planned(*held: Held, back: tuple[Reverted, ...] = ()) -> Plan:
    """Return a plan that holds these back."""
    certificate = ServerCertificate("web", "arn", "/", NOW)
    return Plan(certificate, Verdict.READY, bindings=(BINDING,), held=held, reverted=back)


@pytest.mark.parametrize(
    ("held", "state", "reason"),
    [
        (Held(OWNED, Hold.MANAGED), B.MANAGED, WHERE),
        (Held(BINDING, Hold.OWNER_UNKNOWN, "denied"), B.FAILED, "denied"),
        (Held(BINDING, Hold.FIXED, "cannot"), B.FAILED, "cannot"),
    ],
)
def test_what_is_held_back_is_unfinished(held: Held, state: BindingState, reason: str) -> None:
    """AWS rows 13 and 20: the certificate stays open, with what to do; a reversion is said too."""
    [alone] = left_alone(planned(held), NEW)
    assert (alone.state, alone.reason) == (state, reason)
    assert conclude([alone], ()) is C.INCOMPLETE
    back = (Reverted(held.binding, "it went back"),)
    [alone] = left_alone(planned(held, back=back), NEW)
    assert (alone.state, alone.reason) == (state, f"it went back; {reason}")


@pytest.mark.parametrize("state", BindingState)
def test_only_what_was_changed_is_reverted(state: BindingState) -> None:
    """AWS row 13: what failed, was skipped or undone keeps its state and its reason."""
    plan = planned(back=(Reverted(BINDING, "it went back"),))
    [ended] = told(plan, NEW, [BindingOutcome(BINDING, state, "why", ("id",))])
    if state not in CHANGED:
        assert ended == BindingOutcome(BINDING, state, "why", ("id",))
        return
    assert (ended.state, ended.request_ids) == (B.REVERTED, ("id",))
    assert ended.reason.startswith(f"changed again, {state.value}; why; it went back; find")


def test_an_owner_is_said_of_what_was_changed_all_the_same() -> None:
    """AWS row 13: with rebind it is renewed, and whoever reads it knows what to change."""
    changed = BindingOutcome(OWNED, B.VERIFIED)
    assert told(planned(), NEW, [changed]) == (replace(changed, reason=WHERE),)
    [back] = told(planned(back=(Reverted(OWNED, "it went back"),)), NEW, [changed])
    assert (back.state, back.reason) == (
        B.REVERTED,
        f"changed again, VERIFIED; it went back; {WHERE}",
    )
