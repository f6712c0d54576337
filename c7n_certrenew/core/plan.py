"""What a renewal would do: from what to what, on which listeners, or why not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from c7n_certrenew.core.admission import admission
from c7n_certrenew.core.candidate import without_key
from c7n_certrenew.core.held import Held, Hold, Reverted
from c7n_certrenew.core.importing import import_refusals
from c7n_certrenew.core.model import (
    CLOUDFRONT,
    AnyCertificate,
    Binding,
    Inventory,
    Listener,
    by_listener,
)
from c7n_certrenew.core.preflight import Case, Rules, notes, preflight
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.retired import is_retired, retire, retired_keys
from c7n_certrenew.core.target import Target
from c7n_certrenew.core.waves import Order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from c7n_certrenew.core.chain import Chain
    from c7n_certrenew.core.x509 import Certificate


class Verdict(str, Enum):
    """What stands between a certificate and its renewal."""

    READY = "ready"
    WAITING = "waiting"
    """The source still holds the certificate that is to be replaced."""
    UNUSED = "unused"
    """Nobody serves the certificate: there is nothing to rebind."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Stored:
    """A certificate with what IAM, or ACM, holds of it."""

    certificate: AnyCertificate
    leaf: Certificate
    chain: Chain
    tags: tuple[tuple[str, str], ...] = ()
    lineage: str = ""

    @property
    def tag_map(self) -> dict[str, str]:
        """Return the tags as a mapping."""
        return dict(self.tags)


@dataclass(frozen=True)
class Surroundings:
    """What else of the account a plan depends on.

    `held` are the bindings that must be left as they are, `reverted` those that went back;
    `missing` says, by region, why the source has nothing for it. `order` is that of the regions;
    `others` use a certificate of ACM where no inventory looks.
    """

    inventory: Inventory
    held: tuple[Held, ...] = ()
    reverted: tuple[Reverted, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    order: Order = field(default_factory=Order)
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One certificate's renewal, before anything is changed.

    `old` is None where AWS did not show the certificate, `targets` are empty where there is no
    candidate: the verdict is then REFUSED. They are one, or one a region where they are in ACM. Of
    `bindings` those that are `held` are not changed; where all are, the certificate is uploaded
    even so, because who changes them needs its ARN: it takes one of the account's server
    certificates, and the next run finds it there. `retired` are public keys that must not be
    served any more; where the old certificate's is one of them it is never put back. `others` are
    ARNs of what uses a certificate of ACM and was not looked at.
    """

    certificate: AnyCertificate
    verdict: Verdict
    old: Stored | None = None
    targets: tuple[Target, ...] = ()
    bindings: tuple[Binding, ...] = ()
    held: tuple[Held, ...] = ()
    reverted: tuple[Reverted, ...] = ()
    refusals: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    retired: tuple[str, ...] = ()
    inventory: Inventory = field(default_factory=Inventory)
    order: Order = field(default_factory=Order)
    publishes: tuple[tuple[str, str], ...] = ()
    going_back: bool = False
    others: tuple[str, ...] = ()

    @property
    def due(self) -> tuple[Binding, ...]:
        """Return the bindings that are to be changed."""
        held = {one.binding for one in self.held}
        return tuple(binding for binding in self.bindings if binding not in held)

    @property
    def uploads(self) -> tuple[Target, ...]:
        """Return what is to be brought to AWS: nothing where no listener was seen to need it."""
        if self.verdict is not Verdict.READY or not (self.bindings or self.others):
            return ()
        return tuple(target for target in self.targets if not target.existing)

    @property
    def one_way(self) -> bool:
        """Say whether the old certificate must not be put back: its public key is retired."""
        return is_retired(self.stored.leaf.key_fingerprint, self.retired)

    @property
    def stored(self) -> Stored:
        """Return the old certificate. Raises ValueError where AWS did not show it."""
        if self.old is None:
            raise ValueError(f"{self.certificate.name} was not read")
        return self.old

    def target(self, listener: Listener) -> Target | None:
        """Return what a listener is to serve, None where there is nothing for its region."""
        return next((one for one in self.targets if one.serves(listener.region)), None)

    def new(self, listener: Listener) -> str:
        """Return the ARN that a listener is to serve, or the name while there is none."""
        target = self.target(listener)
        return target.new if target else ""

    def refused(self, *reasons: Reason) -> Plan:
        """Return this plan with further reasons against it."""
        return replace(self, verdict=Verdict.REFUSED, refusals=(*self.refusals, *reasons))


def make_plan(
    old: Stored, targets: Sequence[Target], around: Surroundings, rules: Rules, now: datetime
) -> Plan:
    """Decide what a renewal would do. Pure: the same arguments give the same plan.

    The order in which bindings were found does not matter: they are sorted, so that two runs
    start with the same canaries. A target that must be refused is left out, and the listeners of
    its region are held; where none is left the plan is refused for all their reasons.
    """
    wave = around.order.wave
    bindings = tuple(
        sorted(
            around.inventory.serving(old.certificate),
            key=lambda binding: (wave(binding.listener), _place(binding)),
        )
    )
    plan = Plan(
        certificate=old.certificate,
        verdict=Verdict.READY,
        old=old,
        targets=tuple(_shown(target) for target in targets),
        bindings=bindings,
        held=_sorted(around.held),
        reverted=_reverted(around, targets),
        retired=_retired(old, rules),
        inventory=around.inventory,
        order=around.order,
        going_back=rules.going_back,
        others=around.others,
    )
    if not targets:
        return _without(plan, around)
    same = all(one.candidate.leaf.fingerprint == old.leaf.fingerprint for one in targets)
    if same and not rules.rekey:
        still = "the source still holds the certificate that is to be replaced"
        return replace(plan, verdict=Verdict.WAITING, notes=(Reason("not-renewed", still),))
    looks = [_look(target, plan, around, rules, now) for target in targets]
    good = tuple(_shown(look.target) for look in looks if not look.refusals)
    plan = replace(plan, notes=tuple(dict.fromkeys(note for one in looks for note in one.notes)))
    if not good:
        return plan.refused(*dict.fromkeys(why for look in looks for why in look.refusals))
    missing = dict(around.missing) | {
        look.target.region: _joined(look.refusals) for look in looks if look.refusals
    }
    held = (*around.held, *_missing(bindings, missing, around.held))
    return _unused(replace(plan, targets=good, held=_sorted(held)))


def _retired(old: Stored, rules: Rules) -> tuple[str, ...]:
    """Return the public keys that the new certificate must not have, nor any after it."""
    before = retired_keys(old.tag_map)
    return retire(old.leaf.key_fingerprint, before) if rules.rekey else before


def _reverted(around: Surroundings, targets: Sequence[Target]) -> tuple[Reverted, ...]:
    """Return what went back by itself: what was shown bad and is taken again was taken out."""
    if any(target.retried for target in targets):
        return ()
    return tuple(sorted(around.reverted, key=lambda one: str(one.binding)))


def _without(plan: Plan, around: Surroundings) -> Plan:
    """Return the plan where the source has nothing for any region that serves the certificate."""
    if not around.missing:
        return _unused(plan)
    return plan.refused(*(Reason("no-candidate", why) for why in around.missing.values()))


def _unused(plan: Plan) -> Plan:
    """Return the plan as it is, unless it is certain that nobody serves the certificate."""
    if plan.bindings or plan.others or plan.inventory.unread:
        return plan
    nobody = "no listener that was looked at serves it: nothing is uploaded"
    return replace(plan, verdict=Verdict.UNUSED, notes=(Reason("unused", nobody),))


@dataclass(frozen=True)
class _Look:
    """What there is to say against a target, and of it."""

    target: Target
    refusals: tuple[Reason, ...]
    notes: tuple[Reason, ...]


def _look(target: Target, plan: Plan, around: Surroundings, rules: Rules, now: datetime) -> _Look:
    old = plan.stored
    served = tuple(b for b in plan.bindings if target.serves(b.listener.region))
    listeners = tuple(by_listener(served))
    candidate, retired = target.candidate, (*plan.retired, *target.retired)
    case = Case(old.leaf, old.chain, candidate, listeners, rules, now, retired, target.store)
    admitted = admission(target, old.certificate, listeners)
    refusals = (*preflight(case), *admitted, *import_refusals(target, old.leaf))
    return _Look(target, refusals, notes(case))


def _shown(target: Target) -> Target:
    """Return a target as a plan may keep it, without the key."""
    return replace(target, candidate=without_key(target.candidate))


def _missing(
    bindings: Sequence[Binding], missing: Mapping[str, str], held: Sequence[Held]
) -> tuple[Held, ...]:
    """Hold back what listens where there is nothing to serve, unless it is held anyway."""
    already = {one.binding for one in held}
    return tuple(
        Held(binding, Hold.MISSING, missing[binding.listener.region])
        for binding in bindings
        if binding.listener.region in missing and binding not in already
    )


def _sorted(held: Sequence[Held]) -> tuple[Held, ...]:
    return tuple(sorted(held, key=lambda one: str(one.binding)))


def _joined(reasons: Sequence[Reason]) -> str:
    return "; ".join(map(str, reasons))


def _place(binding: Binding) -> tuple[bool, str, str]:
    """Return the order of bindings: distributions last, they are slow and reach the furthest."""
    return binding.listener.service == CLOUDFRONT, str(binding), repr(binding)
