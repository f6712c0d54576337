"""What a renewal would do."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from unit.core.certificates import (
    CLIENT,
    DAY,
    NOW,
    Issued,
    intermediate,
    leaf,
    root,
    rsa_key,
    rsa_public,
)

from c7n_certrenew.core.candidate import Candidate, Material, assemble
from c7n_certrenew.core.chain import order
from c7n_certrenew.core.held import Held, Hold, Reverted
from c7n_certrenew.core.lineage import NAME_LIMIT, generated_name, lineage_of
from c7n_certrenew.core.model import (
    AcmCertificate,
    Binding,
    Inventory,
    Listener,
    Role,
    ServerCertificate,
    Unread,
)
from c7n_certrenew.core.plan import Plan, Stored, Surroundings, Verdict, make_plan
from c7n_certrenew.core.preflight import Rules
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.retired import RETIRED_TAG
from c7n_certrenew.core.target import Store, Target

ARN = "arn:aws:iam::123456789012:server-certificate"
WEB = Binding(Listener("elbv2", "eu-west-1", "web", 443, "HTTPS"), Role.DEFAULT, f"{ARN}/shop")
TCP = Binding(Listener("elbv2", "eu-west-1", "tcp", 443, "TLS"), Role.DEFAULT, f"{ARN}/shop")
SNI = replace(WEB, role=Role.SNI)
FAR = replace(TCP, listener=replace(TCP.listener, region="us-east-1"))
MAIL = Binding(Listener("elb", "us-east-1", "mail", 993, "SSL"), Role.DEFAULT, f"{ARN}/shop")
EDGE = Binding(Listener("cloudfront", "global", "E1", 443, "HTTPS"), Role.DEFAULT, f"{ARN}/shop")
OTHERS = replace(WEB, certificate=f"{ARN}/other")
UNREAD = Unread("elbv2", "eu-north-1", "AccessDenied")


@cache
def old_leaf() -> Issued:
    """Return the certificate that is to be replaced."""
    return leaf(start=-80 * DAY, end=10 * DAY)


@cache
def new_leaf() -> Issued:
    """Return the renewed certificate."""
    return leaf()


def stored(one: Issued | None = None, name: str = "shop", **changes: Any) -> Stored:
    """Return what IAM holds of the old certificate."""
    shop = (one or old_leaf()).certificate
    certificate = ServerCertificate(name, f"{ARN}/{name}", "/", shop.not_after)
    chain = order(shop, [intermediate().certificate])
    return replace(Stored(certificate, shop, chain, lineage="shop"), **changes)


def found(one: Issued | None = None, **changes: Any) -> Candidate:
    """Return the candidate, with its key, from a bundle."""
    shop = one or new_leaf()
    bundle = shop.pem + intermediate().pem + root().pem + (shop.key_pem() if shop.key else b"")
    return replace(assemble(Material("bundle.pem", bundle)), **changes)


@dataclass(frozen=True)
class Account:
    """What there is around a plan, and what AWS has of the candidate."""

    around: Surroundings
    same: ServerCertificate | None = None
    rejected: bool = False
    taken: bool = False

    def target(self, old: Stored, candidate: Candidate) -> Target:
        """Return the candidate as it stands in IAM, or is to."""
        leaf = candidate.leaf
        name = generated_name(old.lineage, leaf.not_after, leaf.fingerprint)
        return Target(
            candidate,
            self.same.name if self.same else name,
            existing=self.same,
            rejected=self.rejected,
            taken=self.taken and not self.same,
        )


def around(
    *bindings: Binding,
    unread: tuple[Unread, ...] = (),
    same: ServerCertificate | None = None,
    rejected: bool = False,
    taken: bool = False,
    **changes: Any,
) -> Account:
    """Return an account with these bindings and nothing in the way."""
    inventory = Inventory((*bindings, OTHERS), unread)
    account = replace(Surroundings(inventory), **changes)
    return Account(account, same, rejected, taken)


def planned(
    candidate: Candidate | None = None,
    account: Account | None = None,
    old: Stored | None = None,
    rules: Rules | None = None,
) -> Plan:
    """Plan a good renewal, with what a test changes."""
    account, old = account or around(WEB), old or stored()
    target = account.target(old, candidate or found())
    return make_plan(old, [target], account.around, rules or Rules(), NOW)


def twin(name: str = "uploaded", path: str = "/") -> ServerCertificate:
    """Return the candidate's certificate as another run uploaded it."""
    not_after = new_leaf().certificate.not_after
    return ServerCertificate(name, f"{ARN}{path}{name}", path, not_after)


def test_ready() -> None:
    """A good candidate for a certificate in use is ready, under its generated name."""
    plan = planned()
    new = new_leaf().certificate
    assert plan.verdict is Verdict.READY
    assert plan.refusals == ()
    assert plan.targets[0].name == f"shop-20260829-{new.fingerprint[:8]}"
    assert plan.targets[0].name == generated_name("shop", new.not_after, new.fingerprint)
    assert plan.targets[0].existing is None
    assert plan.bindings == (WEB,)
    assert plan.certificate == stored().certificate
    assert plan.old == stored()


def test_the_name_is_that_of_the_lineage() -> None:
    """A certificate under a generated name gives its successor one of the same length."""
    first = planned()
    successor = stored(name=first.targets[0].name, lineage=lineage_of(first.targets[0].name, {}))
    assert planned(old=successor, account=around()).targets[0].name == first.targets[0].name


def test_waiting() -> None:
    """A source that still holds the old certificate is no fault, whatever state that is in."""
    same = found(old_leaf(), key_matches=False)
    assert planned(same).verdict is Verdict.WAITING
    assert planned(same, around(taken=True)).refusals == ()


def test_a_rekey_never_waits() -> None:
    """While the source has the compromised certificate, the run must not end well."""
    rules = Rules(trust="any", rekey=True)
    plan = planned(candidate=found(old_leaf()), rules=rules)
    assert (plan.verdict, codes(plan)) == (Verdict.REFUSED, ["same-key"])


def test_a_rekey_retires_the_key_for_good() -> None:
    """The old key is the first of the retired, and the way back is closed; without a rekey not."""
    key, before = old_leaf().certificate.key_fingerprint[:16], "0123456789abcdef"
    tagged = stored(tags=((RETIRED_TAG, before),))
    plan = planned(old=tagged, rules=Rules(trust="any", rekey=True))
    assert (plan.verdict, plan.retired, plan.one_way) == (Verdict.READY, (key, before), True)
    plan = planned(old=tagged)
    assert (plan.retired, plan.one_way) == ((before,), False)


def test_a_key_that_was_retired_does_not_come_back() -> None:
    """An ordinary renewal, going back included, refuses it by the old certificate's tag."""
    retired = new_leaf().certificate.key_fingerprint[:16]
    for rules in (Rules(trust="any"), Rules(trust="any", going_back=True)):
        plan = planned(old=stored(tags=((RETIRED_TAG, retired),)), rules=rules)
        assert (plan.verdict, codes(plan)) == (Verdict.REFUSED, ["retired-key"])


def test_unused() -> None:
    """Where everything was read and nobody serves the certificate, there is nothing to do."""
    plan = planned(account=around())
    assert plan.verdict is Verdict.UNUSED
    assert plan.bindings == ()


def test_unread_is_not_unused() -> None:
    """While a scope is unread the certificate may be served there: the renewal goes on."""
    plan = planned(account=around(unread=(UNREAD,)))
    assert plan.verdict is Verdict.READY
    assert plan.inventory.unread == (UNREAD,)


def codes(plan: Plan) -> list[str]:
    """Return the codes of the refusals, and see that they make the verdict."""
    assert (plan.verdict is Verdict.REFUSED) == bool(plan.refusals)
    return [reason.code for reason in plan.refusals]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("name-taken", around(WEB, taken=True)),
        ("rejected", around(WEB, rejected=True)),
        ("rejected", around(WEB, rejected=True, same=twin())),
        ("path-unfit", around(WEB, EDGE)),
        ("path-unfit", around(WEB, EDGE, same=twin())),
    ],
)
def test_refused_by_the_account(code: str, change: Account) -> None:
    """One thing in the account that stands in the way is one reason."""
    assert codes(planned(account=change)) == [code]


@pytest.mark.parametrize(
    "change",
    [
        around(WEB, same=twin(), taken=True),
        around(WEB, EDGE, same=twin(path="/cloudfront/")),
    ],
)
def test_a_certificate_already_there_needs_no_name(change: Account) -> None:
    """Nor a path but its own."""
    assert codes(planned(account=change)) == []


def test_a_certificate_already_there_is_reused() -> None:
    """The same certificate is never uploaded twice: the plan takes its name and ARN."""
    plan = planned(account=around(WEB, same=twin("by-hand")))
    [target] = plan.targets
    assert (target.name, target.new) == ("by-hand", f"{ARN}/by-hand")


def test_the_path_of_a_distribution_is_kept() -> None:
    """An upload gets the path of the old certificate, which CloudFront can use."""
    certificate = replace(stored().certificate, path="/cloudfront/shop/")
    assert codes(planned(account=around(EDGE), old=stored(certificate=certificate))) == []


@pytest.mark.parametrize(("length", "expected"), [(110, []), (111, ["name-too-long"])])
def test_the_length_of_the_name(length: int, expected: list[str]) -> None:
    """A generated name fills IAM's limit to the last character, and says what to do beyond."""
    plan = planned(old=stored(lineage="s" * length))
    assert codes(plan) == expected
    assert (len(plan.targets[0].name) > NAME_LIMIT) is bool(expected)
    assert all("certrenew:lineage" in reason.message for reason in plan.refusals)


def test_a_name_too_long_does_not_matter_where_nothing_is_uploaded() -> None:
    """A certificate already there keeps its own name."""
    plan = planned(account=around(WEB, same=twin()), old=stored(lineage="s" * 128))
    assert codes(plan) == []


def test_the_candidate_and_the_account_are_refused_together() -> None:
    """Reasons of preflight and of the account come at once, the candidate's first."""
    bad = leaf(usage=CLIENT)
    account = around(WEB, EDGE, taken=True)
    expected = ["no-server-auth", "path-unfit", "name-taken"]
    assert codes(planned(found(bad), account)) == expected


def test_a_bad_candidate_is_refused_even_where_nobody_serves() -> None:
    """A refusal is said before anything is called unused."""
    assert codes(planned(found(leaf(usage=CLIENT)), around())) == ["no-server-auth"]


def test_only_the_listeners_of_the_certificate_count() -> None:
    """A listener that serves another certificate has no say in the key."""
    old = leaf(start=-80 * DAY, end=10 * DAY, key=rsa_key())
    new = found(leaf(key=rsa_public(4096)), key_matches=True)
    elsewhere = replace(TCP, certificate=f"{ARN}/other")
    assert codes(planned(new, around(WEB, elsewhere), stored(old))) == []
    assert codes(planned(new, around(WEB, TCP), stored(old))) == ["key-unfit"]


def test_two_roles_of_one_listener_are_one_reason() -> None:
    """A listener that has the certificate as default and SNI is named once."""
    old = leaf(start=-80 * DAY, end=10 * DAY, key=rsa_key())
    new = found(leaf(key=rsa_public(4096)), key_matches=True)
    both = around(TCP, replace(TCP, role=Role.SNI))
    assert codes(planned(new, both, stored(old))) == ["key-unfit"]


def test_further_reasons_can_be_added() -> None:
    """A plan that is refused later keeps the reasons it had."""
    reason = Reason("changed", "the listener changed")
    plan = planned(account=around(WEB, taken=True)).refused(reason)
    assert codes(plan) == ["name-taken", "changed"]
    assert codes(planned().refused(reason)) == ["changed"]


def test_notes_are_part_of_the_plan() -> None:
    """What the plan could not see is noted on it."""
    unseen = found(key_matches=None, private_key=None)
    assert [note.code for note in planned(unseen).notes] == ["key-not-checked"]


BINDINGS = (WEB, SNI, TCP, MAIL, OTHERS)


@given(st.permutations(BINDINGS))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_the_order_of_bindings_does_not_matter(bindings: list[Binding]) -> None:
    """Bindings are planned in one order, however the regions answered."""
    plan = replace(planned(account=around(*bindings)), inventory=Inventory())
    assert plan == replace(planned(account=around(*BINDINGS)), inventory=Inventory())
    assert set(plan.bindings) == {WEB, SNI, TCP, MAIL}


def test_distributions_come_last() -> None:
    """The first canary is a load balancer: a distribution takes minutes and reaches everybody."""
    edge = replace(WEB, listener=replace(WEB.listener, service="cloudfront"))
    planned_bindings = planned(account=around(edge, WEB, TCP)).bindings
    assert planned_bindings[-1] == edge


@pytest.mark.parametrize(
    "account", [around(), around(WEB), around(WEB, taken=True), around(WEB, rejected=True)]
)
def test_the_same_arguments_give_the_same_plan(account: Account) -> None:
    """Planning twice gives equal plans."""
    assert planned(account=account) == planned(account=account)


@pytest.mark.parametrize(
    "account", [around(), around(WEB), around(WEB, taken=True), around(WEB, same=twin())]
)
def test_a_plan_never_holds_the_key(account: Account) -> None:
    """The candidate comes with its key, the plan has none: whether it fits is all it knows."""
    candidate = found()
    assert candidate.private_key is not None
    plan = planned(candidate, account)
    [target] = plan.targets
    assert target.candidate.private_key is None
    assert target.candidate.key_matches is True
    assert "private_key=None" in repr(plan)


def test_verdicts_are_words() -> None:
    """A verdict is written into records as its word, and read back."""
    assert pickle.loads(pickle.dumps(Verdict.READY)) is Verdict.READY
    assert [Verdict(word) for word in ("ready", "waiting", "unused", "refused")] == list(Verdict)


HELD = tuple(Held(one, Hold.FIXED, "why") for one in (TCP, MAIL, WEB, SNI))


@pytest.mark.parametrize("number", range(5))
def test_what_is_held_is_not_due(number: int) -> None:
    """AWS row 13: it stays as it is; where all does, the owner still needs the new certificate."""
    plan = planned(account=around(WEB, SNI, TCP, MAIL, held=HELD[:number]))
    assert plan.verdict is Verdict.READY
    assert {*plan.due} == {WEB, SNI, TCP, MAIL} - {one.binding for one in HELD[:number]}
    assert len(plan.bindings) == 4


def test_what_is_held_and_what_went_back_comes_in_one_order() -> None:
    """However the regions answered."""
    back = tuple(Reverted(one.binding, "since") for one in HELD)
    one = planned(account=around(WEB, SNI, TCP, MAIL, held=HELD, reverted=back))
    other = planned(account=around(WEB, SNI, TCP, MAIL, held=HELD[::-1], reverted=back[::-1]))
    assert one == other


def test_the_new_certificate_goes_by_its_arn_as_soon_as_it_has_one() -> None:
    """Until then by the name that it will have."""
    plan = planned()
    assert plan.new(WEB.listener) == plan.targets[0].name
    there = planned(account=around(WEB, same=twin()))
    assert there.new(WEB.listener) == f"{ARN}/uploaded"


def in_acm(region: str, candidate: Candidate | None = None) -> Target:
    """Return a certificate of ACM for the listeners of a region."""
    arn = f"arn:aws:acm:{region}:123456789012:certificate/1"
    there = AcmCertificate(arn, "shop.example.com", new_leaf().certificate.not_after)
    return Target(candidate or found(), "shop.example.com", Store.ACM, region, there)


def regional(*targets: Target, bindings: tuple[Binding, ...], **changes: Any) -> Plan:
    """Plan with one target a region."""
    account = around(*bindings, **changes).around
    return make_plan(stored(), targets, account, Rules(), NOW)


def test_each_region_gets_its_own() -> None:
    """A certificate of ACM serves one region; IAM's quota, names and paths do not matter."""
    plan = regional(in_acm("eu-west-1"), in_acm("us-east-1"), bindings=(WEB, FAR))
    assert plan.verdict is Verdict.READY
    assert [plan.new(one.listener).split(":")[3] for one in (WEB, FAR)] == [
        "eu-west-1",
        "us-east-1",
    ]
    assert set(plan.due) == {WEB, FAR}


def test_a_region_without_a_certificate_is_held_and_named() -> None:
    """The others are renewed; what is good for no region is a refusal."""
    missing = {"us-east-1": "ACM in us-east-1 has none"}
    plan = regional(in_acm("eu-west-1"), bindings=(WEB, FAR), missing=missing)
    assert (plan.verdict, plan.due) == (Verdict.READY, (WEB,))
    assert plan.held == (Held(FAR, Hold.MISSING, "ACM in us-east-1 has none"),)
    alone = regional(bindings=(FAR,), missing=missing)
    assert [str(reason) for reason in alone.refusals] == ["ACM in us-east-1 has none"]
    assert regional(bindings=()).verdict is Verdict.UNUSED


def test_a_region_whose_certificate_is_refused_is_held() -> None:
    """With its reasons; where every region's is refused, so is the plan."""
    bad = in_acm("us-east-1", found(leaf(usage=CLIENT)))
    plan = regional(in_acm("eu-west-1"), bad, bindings=(WEB, FAR))
    assert (plan.verdict, plan.due) == (Verdict.READY, (WEB,))
    [held] = plan.held
    assert (held.binding, held.kind, "serverAuth" in held.why) == (FAR, Hold.MISSING, True)
    assert codes(regional(bad, bindings=(FAR,))) == ["no-server-auth"]
