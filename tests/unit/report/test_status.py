"""What is to be said of a lineage, and what to do next."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from c7n_certrenew.core.held import Held, Hold, place_of
from c7n_certrenew.core.model import Binding, Listener, Role, ServerCertificate, Unread
from c7n_certrenew.core.outcome import (
    CHANGED,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
)
from c7n_certrenew.core.plan import Plan, Verdict
from c7n_certrenew.report.next_step import next_step
from c7n_certrenew.report.outcomes import LastOutcome, changed_places, last_outcome
from c7n_certrenew.report.output import OutputError
from c7n_certrenew.report.record import Execution, Record
from c7n_certrenew.report.status import Member, Status

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
UNREAD = Unread("elb", "eu-west-1", "denied")
POLICY = Path("/pack of mine/renew.yml")
ARN = "arn:aws:iam::123456789012:server-certificate/"


def member(name: str, days: float, served: int = 0, **tags: str) -> Member:
    """Return a certificate that so many listeners serve."""
    arn = ARN + name
    bindings = tuple(
        Binding(Listener("elb", "eu-west-1", f"lb{n}", 443, "HTTPS"), Role.DEFAULT, arn)
        for n in range(served)
    )
    certificate = ServerCertificate(name, arn, "/", NOW + timedelta(days=days))
    return Member(certificate, {f"certrenew:{k}": v for k, v in tags.items()}, bindings)


def status(*members: Member, unread: tuple[Unread, ...] = (), ended: str = "") -> Status:
    """Return the status of a lineage, perhaps with the end of a renewal on record."""
    last = LastOutcome(Path("certrenew.json"), "", ended, {}) if ended else None
    return Status("shop", "123456789012", members, unread, NOW, last)


OLD, NEW = member("old", 9, served=1), member("new", 80)
BAD = member("bad", 80, rejected="0a1b")
BACK = member("old", 9, 1, **{"replaced-by": "new"})


def holding(one: Member, *kinds: Hold) -> Member:
    """Return a member whose first bindings are held back."""
    held = tuple(Held(b, kind, "why") for b, kind in zip(one.bindings, kinds, strict=False))
    return replace(one, held=held)


TWO = member("old", 9, served=2)
CASES: list[tuple[Status, str, str]] = [
    (status(OLD), "plan", "old is served and due"),
    (status(replace(OLD, bindings=())), "nothing", "nobody serves old: there is nothing to renew"),
    (status(NEW, OLD), "renew", "old is still served though new is there"),
    (status(NEW, OLD, ended="REFUSED"), "plan", "old is served and due"),
    (status(NEW, OLD, ended="DEFERRED"), "renew", "complete the renewal"),
    (status(BAD, OLD), "plan", "old is served and due"),
    (status(holding(OLD, Hold.FIXED)), "plan", "old is served and due"),
    (status(NEW, holding(OLD, Hold.FIXED)), "change", "old is still served where a renewal"),
    (status(NEW, holding(TWO, Hold.FIXED, Hold.FIXED)), "change", "name new there"),
    (status(NEW, holding(TWO, Hold.FIXED)), "renew", "complete the renewal"),
    (status(NEW, holding(OLD, Hold.OWNER_UNKNOWN)), "renew", "complete the renewal"),
    (status(NEW, BACK), "renew", "old was replaced and is served again: find what puts it back"),
    (
        status(NEW, replace(BACK, certificate=replace(NEW.certificate, name="old"))),
        "look",
        "old was replaced and is served again: find what puts it back",
    ),
    (status(OLD, unread=(UNREAD,)), "plan", "old is served and due"),
    (status(member("old", 9), unread=(UNREAD,)), "look", "allow what was denied"),
    (status(member("new", 80, served=1)), "nothing", "nothing to do before 2026-03-22"),
    (
        status(member("new", 80, served=1), member("old", 9)),
        "nothing",
        "nothing to do before 2026-03-22; nobody serves old: prune later",
    ),
]


@pytest.mark.parametrize(("found", "action", "reason"), CASES)
def test_next_step(found: Status, action: str, reason: str) -> None:
    """It follows from what is served now; what is not known is never called done."""
    step = next_step(found, POLICY)
    assert (step.action, reason in step.reason) == (action, True), step


@pytest.mark.parametrize(
    ("ended", "page"),
    [("INCOMPLETE", "#incomplete"), ("UNFINISHED", "#unfinished"), ("RENEWED", ""), ("", "")],
)
def test_a_renewal_that_failed_is_explained(ended: str, page: str) -> None:
    """The step says on which page, and JSON has it; after one that went well it does not."""
    step = next_step(status(NEW, OLD, ended=ended), POLICY)
    assert step.page.endswith(page)
    assert bool(step.page) is ("Page" in step.shape) is bool(page)


@pytest.mark.parametrize("more", [(), (NEW,)])
def test_an_owner_that_is_not_known_is_said(more: tuple[Member, ...]) -> None:
    """A renewal may leave such a listener as it is: the command alone would lead nowhere."""
    step = next_step(status(holding(OLD, Hold.OWNER_UNKNOWN), *more), POLICY)
    assert [detail.endswith(": why") for detail in step.details] == [True]
    assert step.command


def test_the_command_can_be_copied() -> None:
    """It is one line, quoted for a shell."""
    step = next_step(status(OLD), POLICY)
    assert step.command == (
        "custodian run --dryrun -s plan '/pack of mine/renew.yml' && certrenew plan plan"
    )
    assert next_step(status(NEW), POLICY).command == ""


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ({"replaced-by": "new", "replaced-on": "2026-01-30"}, "replaced by new on 2026-01-30"),
        ({"replaced-by": "new"}, "replaced by new"),
        ({"rejected": "0a1b"}, "a renewal has shown it bad, and put the former one back"),
        ({"replaces": "older"}, ""),
    ],
)
def test_tags_say_what_became_of_it(tags: dict[str, str], said: str) -> None:
    """Without a record the tags of a renewal are what is known."""
    assert member("old", 9, **tags).said == said


Part = dict[str, Any]
BOUND: list[Part] = [{"LoadBalancerName": "front"}]


def record(path: Path, started: str, plans: list[Part], outcomes: list[Part]) -> None:
    """Write the parts of a certrenew.json that count here."""
    path.mkdir(parents=True)
    shape = {"Started": f"2026-01-{started}T00:00:00+00:00", "Plans": plans, "Outcomes": outcomes}
    (path / "certrenew.json").write_text(json.dumps(shape))


def ended(arn: str, state: str, **more: Any) -> Part:
    """Return how a certificate ended."""
    return {"Arn": arn, "State": state, **more}


def test_the_newest_record_counts(tmp_path: Path) -> None:
    """Whatever the directories are called; records of other certificates do not count."""
    record(tmp_path / "b", "01", [], [ended("old", "REFUSED")])
    record(tmp_path / "a", "02", [], [ended("old", "RENEWED")])
    record(tmp_path / "c", "03", [], [ended("other", "UNDONE")])
    last, unreadable = last_outcome(tmp_path, ["old", "new"])
    assert last
    assert (last.state, last.path.parent.name, unreadable) == ("RENEWED", "a", [])


@pytest.mark.parametrize(
    ("plans", "outcomes", "state"),
    [
        ([{"Arn": "old"}], [ended("other", "RENEWED")], "UNFINISHED"),
        ([{"Arn": "old", "Bindings": BOUND}], [ended("old", "WAITING")], "WAITING"),
        ([], [ended("old", "UNUSED"), ended("new", "RENEWED", Bindings=BOUND)], "RENEWED"),
        ([{"Arn": "new", "Bindings": BOUND}], [ended("old", "UNUSED")], "UNFINISHED"),
        ([], [ended("older", "RENEWED", NewArn="new")], "RENEWED"),
        ([], [ended("older", "RENEWED", NewArns=["elsewhere", "new"])], "RENEWED"),
    ],
)
def test_what_a_record_says_of_a_lineage(
    tmp_path: Path, plans: list[Part], outcomes: list[Part], state: str
) -> None:
    """A plan without an outcome is unfinished; of several the one that is served counts."""
    record(tmp_path / "a", "02", plans, outcomes)
    last, _ = last_outcome(tmp_path, ["old", "new"])
    assert last
    assert last.state == state


def test_a_record_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The others still count; a directory that is not there is an error."""
    record(tmp_path / "a", "02", [], [ended("old", "RENEWED")])
    for name, text in {"b": '{"Started"', "c": "[]"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "certrenew.json").write_text(text)
    last, unreadable = last_outcome(tmp_path, ["old"])
    assert last
    assert len(unreadable) == 2
    assert last_outcome(tmp_path, ["new"])[0] is None
    with pytest.raises(OutputError, match="is not a directory"):
        last_outcome(tmp_path / "nowhere", ["old"])


@pytest.mark.parametrize(
    ("one", "reverted"),
    [
        (BACK, True),
        (replace(BACK, bindings=()), False),
        (replace(BACK, tags={"certrenew:replaced-by": "old"}), False),
        (OLD, False),
    ],
)
def test_what_was_replaced_and_is_served_is_reverted(one: Member, reverted: bool) -> None:
    """AWS row 13: where what replaced it is there; the JSON says so too."""
    found = status(NEW, one)
    assert bool(found.reverted) is reverted
    assert found.shape["Certificates"][1].get("Reverted", False) is reverted
    assert status(one).reverted == ()


CERTIFICATE = ServerCertificate("old", f"{ARN}old", "/", NOW)
PLACES = (
    Listener("elb", "eu-west-1", "classic", 443, "HTTPS"),
    Listener("elbv2", "eu-west-1", "shop", 443, "HTTPS", arn="arn:listener"),
)


def written(path: Path, *states: BindingState) -> Path:
    """Write the record of a run in which the bindings of each place ended so."""
    path.mkdir()
    file = path / "certrenew.json"
    execution = Execution("id", {"name": "renew"}, "123456789012", "aws", "us-east-1", "", NOW)
    record = Record(execution, file.write_text)
    plan = Plan(CERTIFICATE, Verdict.READY)
    record.planned([plan])
    ended = tuple(
        BindingOutcome(Binding(listener, role, CERTIFICATE.arn), state)
        for listener in PLACES
        for role, state in zip(Role, states, strict=False)
    )
    record.ended(CertificateOutcome(plan, CertificateState.INCOMPLETE, ("new",), True, ended))
    return file


@pytest.mark.parametrize("state", BindingState)
def test_the_last_record_says_where_it_was_changed(tmp_path: Path, state: BindingState) -> None:
    """AWS row 13: only what held the new certificate in the end can have gone back."""
    file = written(tmp_path / "out", state, BindingState.SKIPPED)
    changed = state in {*CHANGED, BindingState.REVERTED}
    bindings = [Binding(listener, Role.DEFAULT, CERTIFICATE.arn) for listener in PLACES]
    expected = frozenset(map(place_of, bindings)) if changed else frozenset()
    assert changed_places(file, [CERTIFICATE]) == {CERTIFICATE.arn: expected}


@pytest.mark.parametrize(
    "other",
    [replace(CERTIFICATE, arn=f"{ARN}other"), replace(CERTIFICATE, expiration=NOW + timedelta(1))],
)
def test_a_record_of_another_certificate_says_nothing(
    tmp_path: Path, other: ServerCertificate
) -> None:
    """Also of one that had the same name and another end."""
    assert changed_places(written(tmp_path / "out", BindingState.VERIFIED), [other]) == {}


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "null", "\x00", "[" * 100_000, "9" * 5000),
        '{"Started": 1, "Plans": 1, "Outcomes": 1}',
        '{"Started": 1, "Plans": [{}], "Outcomes": []}',
        '{"Started": 1, "Plans": [], "Outcomes": [null]}',
        '{"Started": 1, "Plans": [], "Outcomes": [{"Arn": [], "Bindings": []}]}',
        '{"Started": 1, "Plans": [], "Outcomes": [{"Arn": "a", "Bindings": [{"State": []}]}]}',
        '{"Started": 1, "Plans": [], "Outcomes": [{"Arn": "a", "Bindings": '
        '[{"State": "VERIFIED", "Service": {}, "Region": [], "ListenerArn": {}, "Port": [],'
        ' "Role": 1}]}]}',
    ],
    ids=lambda text: text[:12],
)
def test_a_broken_record_is_no_evidence(tmp_path: Path, text: str) -> None:
    """Whatever lies there, or is not there at all, the run goes on."""
    file = tmp_path / "certrenew.json"
    assert changed_places(file, [CERTIFICATE]) == {}
    file.write_text(text)
    assert changed_places(file, [CERTIFICATE]) == {}
