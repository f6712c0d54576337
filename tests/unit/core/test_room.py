"""Room in IAM for all that one run uploads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.core.certificates import NOW, leaf
from unit.core.test_plan import ARN, WEB, around, found, planned, stored, twin

from c7n_certrenew.core.admission import Quota
from c7n_certrenew.core.lineage import REPLACED_BY_TAG, REPLACED_ON_TAG
from c7n_certrenew.core.model import Inventory, ServerCertificate, Unread
from c7n_certrenew.core.plan import Plan, Verdict
from c7n_certrenew.core.room import Admission, Room, prunable, wanted
from c7n_certrenew.core.superseded import Known


def plan_of(name: str, same: bool = False) -> Plan:
    """Return a plan that uploads under a name of its own, unless it is there already."""
    plan = planned(account=around(WEB, same=twin(name) if same else None))
    return replace(plan, targets=tuple(replace(one, name=name) for one in plan.targets))


def admitted(quota: Quota, *plans: Plan) -> tuple[list[Verdict], Room, list[str]]:
    """Admit plans; return their verdicts, the room, and why some are refused."""
    admission = Admission(quota, ("left-1", "left-2"))
    ended = [admission.admit(plan) for plan in plans]
    said = [str(reason) for plan in ended for reason in plan.refusals]
    return [plan.verdict for plan in ended], admission.room, said


READY, REFUSED = Verdict.READY, Verdict.REFUSED


def test_what_fits_is_ready_and_the_rest_refused() -> None:
    """The most urgent first; each says how many come before it, and what to do for it to fit."""
    plans = [plan_of("a"), plan_of("there", same=True), plan_of("b"), plan_of("c")]
    verdicts, room, said = admitted(Quota(19, 20), *plans)
    assert verdicts == [READY, READY, REFUSED, REFUSED]
    assert room == Room(19, 20, 1, 2, ("left-1", "left-2"))
    begin = "the account holds 19 of 20 server certificates, and 1 of this run come before it; "
    assert said == [
        f"{begin}1 must be freed; prune first: left-1",
        f"{begin}2 must be freed; prune first: left-1, left-2",
    ]


@pytest.mark.parametrize(
    ("quota", "verdicts", "short"),
    [
        (Quota(18, 20), [READY, READY], 0),
        (Quota(20, 20), [REFUSED, REFUSED], 2),
        (Quota(23, 20), [REFUSED, REFUSED], 5),
    ],
)
def test_room(quota: Quota, verdicts: list[Verdict], short: int) -> None:
    """The last place counts; a quota that was lowered below what there is leaves none."""
    ended, room, _ = admitted(quota, plan_of("a"), plan_of("b"))
    assert (ended, room.short) == (verdicts, short)


def test_one_upload_for_two_certificates_needs_one_place() -> None:
    """They get the same certificate; and names differ by more than their case."""
    ended, room, _ = admitted(Quota(19, 20), plan_of("a"), plan_of("A"))
    assert (ended, room.uploads) == ([READY, READY], 1)


def test_without_anything_left_over_nothing_is_named() -> None:
    """Then only a higher quota helps."""
    refused = Admission(Quota(20, 20)).admit(plan_of("a"))
    assert str(refused.refusals[0]).endswith("1 must be freed; nothing is known to be left over")


def test_what_is_not_uploaded_needs_no_room() -> None:
    """What nobody serves, what is refused, and what only may be served where nobody looked."""
    unread = around(unread=(Unread("elb", "eu-west-1", "denied"),))
    idle = [planned(account=around()), planned(account=around(WEB, rejected=True))]
    assert wanted([*idle, planned(account=unread)]) == ()
    assert wanted([planned(found())]) == (planned(found()).targets[0].name,)


def certificate(name: str, days: float) -> ServerCertificate:
    """Return a certificate that expires in so many days."""
    return ServerCertificate(name, f"{ARN}/{name}", "/", NOW + timedelta(days=days))


def test_superseded_copies_go_first_the_oldest_before_all() -> None:
    """Then what has expired; never what is served, is bound by this run, or is not known."""
    days = {"old": 5, "older": 1, "dead": -3, "deader": -9, "kept": 3, "unread": 2, "shop": 4}
    there = {name: certificate(name, left) for name, left in (days | {"new": 90}).items()}
    superseded = {REPLACED_BY_TAG: "new", REPLACED_ON_TAG: f"{NOW:%Y-%m-%d}"}
    tags = dict.fromkeys(there, superseded) | {
        "dead": {},
        "deader": {},
        "new": {},
        "unread": Unread("iam", "*", "denied"),
    }
    known = Known(there, Inventory((WEB,)), NOW)
    names = prunable(known, tags, {there["kept"].arn})
    assert names == ("older", "old", "deader", "dead")
    assert stored(leaf()).certificate.arn == there["shop"].arn == WEB.certificate


def test_what_a_listener_may_serve_under_its_former_name_is_not_named() -> None:
    """One that was renamed stays bound under the ARN that it had (AWS row 22), expired or not."""
    former = replace(WEB, certificate=f"{ARN}/former")
    there = {"dead": certificate("dead", -3)}
    assert prunable(Known(there, Inventory(), NOW), {"dead": {}}, ()) == ("dead",)
    assert prunable(Known(there, Inventory((former,)), NOW), {"dead": {}}, ()) == ()
