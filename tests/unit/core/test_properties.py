"""Plans over arbitrary certificates, accounts and rules: total, steady, and done when done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, assume, event, given, settings, strategies as st
from unit.core.certificates import (
    CLIENT,
    DAY,
    NOW,
    Issued,
    authority,
    ec_key,
    intermediate,
    issue,
    key_usage,
    leaf,
    root,
    rsa_key,
    rsa_public,
)

from c7n_certrenew.core.candidate import Candidate
from c7n_certrenew.core.chain import Chain, order
from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.core.model import Binding, Inventory, Listener, Role, ServerCertificate, Unread
from c7n_certrenew.core.plan import Plan, Stored, Surroundings, Verdict, make_plan
from c7n_certrenew.core.preflight import Case, Rules, notes, preflight
from c7n_certrenew.core.target import Target
from c7n_certrenew.core.x509 import Certificate, covers, normal_name

STEADY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ARN = "arn:aws:iam::123456789012:server-certificate"
NAMES = ("shop.example.com", "api.example.com", "*.example.com", "xn--bro-hoa.example.com")


@cache
def authorities() -> tuple[Issued, ...]:
    """Make roots and intermediates, with a namesake, a copy and one that has expired."""
    other = authority("Other Root")
    copy = authority("Intermediate", other, key=intermediate().key)
    stale = authority("Stale", root(), end=-DAY)
    return root(), intermediate(), other, copy, stale, authority("Intermediate", authority("Root"))


@cache
def leaves() -> tuple[Issued, ...]:
    """Make two dozen certificates, each other in one or two things."""
    key = ec_key()
    by = authorities()
    made = [leaf(names=NAMES[:n], end=end * DAY) for n in (1, 2, 3) for end in (9, 30, 89)]
    made += [leaf(names=NAMES[:2], by=issuer, key=key) for issuer in by]
    made += [leaf(names=NAMES[:2], start=-80 * DAY, end=end * DAY) for end in (-1, 0, 10)]
    made += [
        leaf(names=NAMES[:2], start=DAY),
        leaf(names=(), addresses=("192.0.2.1",)),
        leaf(names=(*NAMES, "a b", "back\\slash", "*"), addresses=("2001:db8::1",)),
        leaf(names=()),
        leaf(usage=CLIENT, names=NAMES[:3]),
        leaf(usage=(), staple=True, names=NAMES[:3]),
        leaf(extras=(key_usage("key_agreement"),)),
        leaf(key=ec_key(ec.SECP384R1)),
        leaf(key=rsa_key()),
        leaf(key=rsa_public(4096), end=300 * DAY),
        issue("shop.example.com"),
        *by,
    ]
    return tuple(made)


@cache
def chained(one: Certificate, pool: tuple[Certificate, ...]) -> Chain:
    """Order a chain once."""
    return order(one, pool)


def mostly(good: Any, odd: st.SearchStrategy[Any], of: int = 10) -> st.SearchStrategy[Any]:
    """Draw what is odd once in so many times."""
    return st.integers(1, of).flatmap(lambda n: odd if n == of else st.just(good))


CERTIFICATES = st.deferred(lambda: st.sampled_from([one.certificate for one in leaves()]))
POOLS = st.deferred(
    lambda: st.lists(st.sampled_from([one.certificate for one in authorities()]), max_size=4)
).map(tuple)
ISSUERS = st.one_of(
    st.sampled_from(["CN=Inter*", "CN=Root", "*", "[", "[!x]*", "\n"]),
    CERTIFICATES.map(lambda c: c.fingerprint.upper()),
    st.text(max_size=8),
)
RULES = st.builds(
    Rules,
    trust=st.sampled_from(["same", "same", "any"]),
    anchors=POOLS,
    public_roots=st.one_of(st.just(()), POOLS),
    issuers=st.one_of(st.just(()), st.lists(ISSUERS, max_size=2).map(tuple)),
    drop_names=st.frozensets(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), max_size=2),
    min_extension=st.one_of(st.none(), st.timedeltas()),
)
LISTENERS = st.builds(
    Listener,
    service=st.sampled_from(["elb", "elbv2", "cloudfront", "appsync"]),
    region=st.sampled_from(["eu-west-1", "us-east-1"]),
    load_balancer_name=st.sampled_from(["web", "api"]),
    port=st.sampled_from([443, 8443]),
    protocol=st.sampled_from(["HTTPS", "TLS", "SSL", "odd"]),
    arn=st.sampled_from(["", "a", "b"]),
    aliases=mostly((), st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)))),
)
UNREAD = st.builds(
    Unread, st.just("elb"), st.sampled_from(["*", "eu-west-1", "us-east-1"]), st.text(max_size=5)
)
MOMENTS = st.one_of(
    st.just(NOW), st.integers(-20_000, 20_000).map(lambda days: NOW + timedelta(days=days))
)


@dataclass(frozen=True)
class World:
    """All that a plan is made of."""

    old: Stored
    target: Target
    around: Surroundings
    rules: Rules
    now: Any

    def plan(self, **changes: Any) -> Plan:
        """Make the plan, with some of it changed."""
        world = replace(self, **changes)
        return make_plan(world.old, [world.target], world.around, world.rules, world.now)


@cache
def renewal() -> tuple[Certificate, Certificate]:
    """Return a certificate and its renewal."""
    old = leaf(names=NAMES[:3], start=-80 * DAY, end=10 * DAY)
    return old.certificate, leaf(names=NAMES[:3]).certificate


@st.composite
def worlds(draw: st.DrawFn, odd: bool = True) -> World:
    """Draw an account, a policy and a candidate: a good renewal, with one or more things odd.

    Where nothing may be odd, listeners are arbitrary nonetheless.
    """

    def either(good: Any, strategy: st.SearchStrategy[Any], of: int = 10) -> Any:
        return draw(mostly(good, strategy, of)) if odd else good

    old, new = either(renewal()[0], CERTIFICATES), either(renewal()[1], CERTIFICATES, of=2)
    issuers = (intermediate().certificate, root().certificate)
    path = draw(st.sampled_from(["/", "/cloudfront/"]))
    held = ServerCertificate("shop", f"{ARN}{path}shop", path, old.not_after, "ASCAOLD")
    same = ServerCertificate("same", f"{ARN}/same", path, new.not_after, "ASCASAME")
    references = st.sampled_from([*held.references, held.arn, f"{ARN}/other"])
    binding = st.builds(Binding, LISTENERS, st.sampled_from(Role), references)
    chains = chained(old, either(issuers[:1], POOLS)), chained(new, either(issuers, POOLS))
    inventory = Inventory(
        tuple(draw(st.lists(binding, max_size=4))), tuple(draw(st.lists(UNREAD, max_size=2)))
    )
    lineage = either("shop", st.text(max_size=140))
    existing = draw(st.sampled_from([None, None, same]))
    candidate = Candidate(
        new, chains[1], "cert.pem", key_matches=either(True, st.sampled_from([None, False]))
    )
    name = generated_name(lineage, new.not_after, new.fingerprint)
    return World(
        old=Stored(held, old, chains[0], lineage=lineage),
        target=Target(
            candidate,
            existing.name if existing else name,
            existing=existing,
            rejected=either(False, st.just(True)),
            taken=either(False, st.just(True)) and not existing,
        ),
        around=Surroundings(inventory),
        rules=either(Rules(), RULES),
        now=either(NOW, MOMENTS),
    )


def said(plan: Plan) -> tuple[Any, ...]:
    """Return what a plan says; it hands the inventory on as it is."""
    return (plan.verdict, plan.targets, plan.bindings, plan.refusals, plan.notes, plan.due)


@given(worlds())
@settings(STEADY, max_examples=80)
def test_a_plan_is_total_steady_and_safe(world: World) -> None:
    """Whatever there is, there is one plan, and only what is good is ready."""
    plan = world.plan()
    event(plan.verdict.value)
    assert plan == world.plan()
    assert (plan.verdict is Verdict.REFUSED) == bool(plan.refusals)
    places = [(b.listener.service == "cloudfront", str(b)) for b in plan.bindings]
    assert places == sorted(places)
    for reason in (*plan.refusals, *plan.notes):
        assert reason.code
        assert reason.message
    if plan.verdict is Verdict.READY:
        may_go_live(world)


def may_go_live(world: World) -> None:
    """Hold what clients rely on, apart from how preflight looks at it."""
    old, new = world.old.leaf, world.target.candidate.leaf
    assert new.not_before <= world.now < new.not_after
    assert world.target.candidate.key_matches is not False
    assert (new.is_ca, new.serves_tls) == (False, True)
    assert (new.key.algorithm, new.key.size >= old.key.size) == (old.key.algorithm, True)
    kept = old.names - {normal_name(name) for name in world.rules.drop_names}
    assert all(covers(new.names, name) for name in kept)
    assert not world.target.rejected
    assert world.target.existing or not world.target.taken


@given(worlds(), st.data())
@settings(STEADY, max_examples=80)
def test_no_order_matters(world: World, data: st.DataObject) -> None:
    """Listeners, unread scopes, chains, roots and pins may come in any order."""

    def shuffled(values: Any) -> tuple[Any, ...]:
        return tuple(data.draw(st.permutations(values)))

    inventory = world.around.inventory
    other = Inventory(shuffled(inventory.bindings), shuffled(inventory.unread))
    candidate = world.target.candidate
    pool = shuffled(
        [*world.target.candidate.chain.certificates, *world.target.candidate.chain.unrelated]
    )
    candidate = replace(candidate, chain=order(candidate.leaf, pool))
    plan = world.plan(
        around=replace(world.around, inventory=other),
        target=replace(
            world.target, candidate=replace(candidate, chain=order(candidate.leaf, pool))
        ),
        rules=replace(
            world.rules,
            anchors=shuffled(world.rules.anchors),
            public_roots=shuffled(world.rules.public_roots),
            issuers=shuffled(world.rules.issuers),
        ),
    )
    assert said(plan) == said(world.plan())


@given(worlds())
@settings(STEADY, max_examples=40)
def test_preflight_alone_is_total_and_steady(world: World) -> None:
    """Reasons are the same each time, and each is given once."""
    listeners = tuple({b.listener: None for b in world.around.inventory.bindings})
    chain = world.old.chain
    case = Case(world.old.leaf, chain, world.target.candidate, listeners, world.rules, world.now)
    assert preflight(case) == preflight(case)
    assert notes(case) == notes(case)
    assert len(set(preflight(case))) == len(preflight(case))


@given(worlds(odd=False), st.data())
@settings(STEADY, max_examples=50)
def test_what_is_done_is_not_done_again(world: World, data: st.DataObject) -> None:
    """Wherever a run ends, the next plan has what is left, under the same name; then nothing."""
    plan = world.plan()
    assume(plan.verdict is Verdict.READY)
    [planned] = plan.targets
    arn = planned.new if planned.existing else f"{ARN}/{planned.name}"
    new = ServerCertificate(planned.name, arn, "/cloudfront/", NOW, "ASCANEW")
    there = replace(world.target, name=new.name, existing=new)
    done = data.draw(st.sets(st.sampled_from(plan.bindings))) if plan.bindings else set()
    event(f"{len(done)} of {len(set(plan.bindings))}")
    inventory = world.around.inventory
    after = tuple(replace(b, certificate=new.arn) if b in done else b for b in inventory.bindings)
    after_it = replace(inventory, bindings=after)
    around = replace(world.around, inventory=after_it)
    again = world.plan(target=there, around=around)
    left = tuple(b for b in plan.bindings if b not in done)
    assert [(one.name, one.new) for one in again.targets] == [(new.name, new.arn)]
    assert again.due == left
    assert again.refusals == ()
    nothing_left = not left and not inventory.unread
    assert again.verdict is (Verdict.UNUSED if nothing_left else Verdict.READY)
    candidate = world.target.candidate
    renewed = Stored(new, candidate.leaf, candidate.chain, (), world.old.lineage)
    assert world.plan(old=renewed, target=there, around=around).verdict is Verdict.WAITING
