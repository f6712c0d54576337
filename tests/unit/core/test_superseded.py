"""What renewals left behind, and every reason to keep it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from c7n_certrenew.core.model import (
    AcmCertificate,
    Binding,
    Inventory,
    Listener,
    Role,
    ServerCertificate,
    Unread,
)
from c7n_certrenew.core.superseded import (
    Known,
    PruneState,
    Pruning,
    Retention,
    Superseded,
    judge,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
ACCOUNT = "arn:aws:iam::123456789012:server-certificate/"


def certificate(name: str, days: float) -> ServerCertificate:
    """Return a certificate that is valid for some days."""
    return ServerCertificate(name, ACCOUNT + name, "/", NOW + days * DAY, f"ASCA{name.upper()}")


def replaced(by: str = "new", on: str = "2026-11-16") -> dict[str, str]:
    """Return the tags that a renewal leaves on the old certificate."""
    return {"certrenew:replaced-by": by, "certrenew:replaced-on": on}


OLD, NEW = certificate("old", 20), certificate("new", 80)
LISTENER = Listener("elb", "eu-west-1", "front", 443, "HTTPS")


def serving(reference: str) -> Inventory:
    """Return an inventory where one listener serves a certificate by this reference."""
    return Inventory((Binding(LISTENER, Role.DEFAULT, reference),))


def judged(
    tags: dict[str, str] | Unread,
    *,
    old: ServerCertificate = OLD,
    new: ServerCertificate = NEW,
    inventory: Inventory | None = None,
    keep_days: float = 7,
    anything: bool = False,
) -> Superseded | None:
    """Judge one certificate in an account of two."""
    known = Known({old.name: old, new.name: new}, inventory or Inventory(), NOW)
    return judge(old, tags, known, Retention(keep_days, anything))


def test_what_a_renewal_replaced_may_go() -> None:
    """Replaced a week ago by one that is there and valid for longer, and served by nobody."""
    assert judged(replaced()) == Superseded("new", "2026-11-16")


@pytest.mark.parametrize("tags", [{}, {"certrenew:replaced-on": "2020-01-01"}, {"team": "a"}])
def test_what_nothing_replaced_is_no_left_over(tags: dict[str, str]) -> None:
    """Without the tag there is nothing to say of it, however old it is."""
    assert judged(tags) is None
    assert judged(tags, old=certificate("old", -100)) is None


@pytest.mark.parametrize(
    ("on", "keep_days", "reason"),
    [
        ("2026-11-17", 7, "it was replaced on 2026-11-17 and is kept for 7 days"),
        ("2026-11-23", 0.5, "it was replaced on 2026-11-23 and is kept for 0.5 days"),
        ("2027-11-23", 0, "it was replaced on 2027-11-23 and is kept for 0 days"),
        ("", 7, "its tag certrenew:replaced-on does not say since when it is replaced"),
        ("soon", 0, "its tag certrenew:replaced-on does not say since when it is replaced"),
    ],
)
def test_what_was_replaced_just_now_is_kept(on: str, keep_days: float, reason: str) -> None:
    """Days are counted by the date, and a date that is missing or no date is never long ago."""
    found = judged(replaced(on=on), keep_days=keep_days)
    assert found == Superseded("new", on, (reason,))


@pytest.mark.parametrize("on", ["2026-11-23", "", "soon"])
def test_what_has_expired_need_not_wait(on: str) -> None:
    """An expired one may go as soon as it is replaced."""
    found = judged(replaced(on=on), old=certificate("old", 0))
    assert found == Superseded("new", on)


@pytest.mark.parametrize(
    ("by", "new", "reason"),
    [
        ("gone", NEW, "gone, which replaced it, is not in IAM"),
        ("new", certificate("new", 0), "new, which replaced it, has expired"),
        ("new", certificate("new", 20), "new, which replaced it, is not valid for longer"),
        ("new", certificate("new", 19), "new, which replaced it, is not valid for longer"),
        ("old", NEW, "old, which replaced it, is not valid for longer"),
        ("\x1b[2J", NEW, "\\x1b[2J, which replaced it, is not in IAM"),
    ],
)
def test_the_tag_alone_is_not_trusted(by: str, new: ServerCertificate, reason: str) -> None:
    """What it names must be in IAM, be valid, and be valid for longer; a name stays text."""
    found = judged(replaced(by), new=new)
    assert found is not None
    assert found.kept == (reason,)


IN_ACM = "arn:aws:acm:eu-west-1:123456789012:certificate/1"


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (AcmCertificate(IN_ACM, "www", NEW.expiration), ()),
        (
            AcmCertificate(IN_ACM, "www", OLD.expiration),
            (f"{IN_ACM}, which replaced it, is not valid for longer",),
        ),
        (None, (f"{IN_ACM}, which replaced it, is not in ACM",)),
        (Unread("acm", "eu-west-1", "denied"), ("not looked at: acm in eu-west-1: denied",)),
    ],
)
def test_the_replacement_may_be_in_acm(
    found: AcmCertificate | Unread | None, reasons: tuple[str, ...]
) -> None:
    """The tag names it by its ARN; it is trusted no more than one in IAM."""
    in_acm = {IN_ACM: found} if found else {}
    known = Known({"old": OLD}, Inventory(), NOW, in_acm)
    judged = judge(OLD, replaced(IN_ACM), known, Retention())
    assert judged is not None
    assert judged.reasons == reasons


@pytest.mark.parametrize("reference", [OLD.arn, OLD.id])
def test_what_is_served_is_kept(reference: str) -> None:
    """However a service names it, and whatever its tags say or could not say."""
    reason = "elb/front:443 in eu-west-1 (default) serves it"
    for tags in (replaced(), Unread("iam", "*", "denied")):
        found = judged(tags, inventory=serving(reference), anything=True)
        assert found is not None
        assert found.kept == (reason,)


def test_what_was_not_looked_at_keeps_it() -> None:
    """One scope anywhere is enough, and so are its own tags."""
    scope, tags = Unread("elbv2", "sa-east-1", "denied"), Unread("iam", "*", "denied too")
    inventory = Inventory(unread=(scope,))
    found = judged(replaced(), inventory=inventory)
    assert found == Superseded("new", "2026-11-16", unread=(scope,))
    assert found.reasons == ("not looked at: elbv2 in sa-east-1: denied",)
    found = judged(tags, inventory=inventory)
    assert found == Superseded(unread=(tags, scope))


@pytest.mark.parametrize(
    ("reference", "known"),
    [
        (ACCOUNT + "cloudfront/old", False),
        (ACCOUNT + "called-so-before", False),
        (NEW.arn, True),
        ("ASCAELSE", True),
        ("Invalid-Certificate", True),
        ("arn:aws:acm:eu-west-1:123456789012:certificate/1", True),
        ("arn:aws:iam::210987654321:server-certificate/other", True),
    ],
)
def test_a_listener_may_name_it_as_it_was_called(reference: str, known: bool) -> None:
    """What a listener names and IAM does not list may be any that was moved or renamed."""
    found = judged(replaced(), inventory=serving(reference))
    assert found is not None
    assert (found.unread == ()) is known
    if not known:
        [reason] = found.reasons
        assert f"elb/front:443 in eu-west-1 names {reference}" in reason


@pytest.mark.parametrize(
    ("days", "goes"), [(20, False), (0, False), (-6.9, False), (-7, True), (-400, True)]
)
def test_any_is_what_expired_long_ago(days: float, goes: bool) -> None:
    """Without our tag only what has been expired for the days to keep may go."""
    found = judged({}, old=certificate("old", days), anything=True)
    assert (found == Superseded()) is goes
    assert (found is None) is not goes


def test_any_does_not_need_the_replacement() -> None:
    """What expired long ago may go though what replaced it is gone too."""
    old = certificate("old", -7)
    assert judged(replaced("gone"), old=old, anything=True) == Superseded("gone", "2026-11-16")
    found = judged(replaced("gone"), old=old)
    assert found is not None
    assert found.kept


def test_of_those_that_name_each_other_one_stays() -> None:
    """Tags in a circle never let all of them go."""
    for days in (19, 20, 21):
        other = certificate("other", days)
        known = Known({"old": OLD, "other": other}, Inventory(), NOW)
        goes = [
            not found.reasons
            for one, by in ((OLD, "other"), (other, "old"))
            if (found := judge(one, replaced(by), known, Retention()))
        ]
        assert len(goes) == 2
        assert sum(goes) < 2


def test_an_end_in_one_line() -> None:
    """The state, and every reason behind it."""
    assert str(Pruning(OLD, PruneState.PRUNED)) == "PRUNED"
    assert str(Pruning(OLD, PruneState.KEPT, ("one", "two"))) == "KEPT: one; two"
