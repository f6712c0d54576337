"""What a renewal would do: from what to what, on which listeners, or why not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from c7n_certrenew.core.candidate import Candidate, without_key
from c7n_certrenew.core.held import Held, Reverted
from c7n_certrenew.core.lineage import NAME_LIMIT, generated_name
from c7n_certrenew.core.model import (
    CLOUDFRONT_PATH,
    Binding,
    Inventory,
    ServerCertificate,
    by_listener,
)
from c7n_certrenew.core.preflight import Case, Reason, Rules, notes, preflight

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.core.chain import Chain
    from c7n_certrenew.core.x509 import Certificate

_CLOUDFRONT = "cloudfront"


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
    """A server certificate with what IAM holds of it."""

    certificate: ServerCertificate
    leaf: Certificate
    chain: Chain
    tags: tuple[tuple[str, str], ...] = ()
    lineage: str = ""

    @property
    def tag_map(self) -> dict[str, str]:
        """Return the tags as a mapping."""
        return dict(self.tags)


@dataclass(frozen=True)
class Quota:
    """How many server certificates the account holds, and may hold."""

    used: int
    limit: int
    deletable: tuple[str, ...] = ()
    """Names that nobody serves and that have expired: what to delete first."""


@dataclass(frozen=True)
class Surroundings:
    """What else of the account a plan depends on.

    `same` is a server certificate of the candidate's fingerprint that is already in IAM,
    `taken` says that another certificate has the generated name, `quota` None was not readable.
    `held` are the bindings that must be left as they are, `reverted` those that went back.
    """

    inventory: Inventory
    same: ServerCertificate | None = None
    rejected: bool = False
    taken: bool = False
    quota: Quota | None = None
    held: tuple[Held, ...] = ()
    reverted: tuple[Reverted, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One certificate's renewal, before anything is changed.

    `old` is None where IAM did not show the certificate, `candidate` where there is none: the
    verdict is then REFUSED. `existing` is the candidate where IAM has it already. Of `bindings`
    those that are `held` are not changed; where all are, the certificate is uploaded even so,
    because who changes them needs its ARN: it takes one of the account's server certificates,
    and the next run finds it there.
    """

    certificate: ServerCertificate
    verdict: Verdict
    old: Stored | None = None
    candidate: Candidate | None = None
    name: str = ""
    existing: ServerCertificate | None = None
    bindings: tuple[Binding, ...] = ()
    held: tuple[Held, ...] = ()
    reverted: tuple[Reverted, ...] = ()
    refusals: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    inventory: Inventory = field(default_factory=Inventory)

    @property
    def due(self) -> tuple[Binding, ...]:
        """Return the bindings that are to be changed."""
        held = {one.binding for one in self.held}
        return tuple(binding for binding in self.bindings if binding not in held)

    @property
    def new(self) -> str:
        """Return the new certificate's ARN, or its name while it has none."""
        return self.existing.arn if self.existing else self.name

    def refused(self, *reasons: Reason) -> Plan:
        """Return this plan with further reasons against it."""
        return replace(self, verdict=Verdict.REFUSED, refusals=(*self.refusals, *reasons))


def make_plan(
    old: Stored, candidate: Candidate, around: Surroundings, rules: Rules, now: datetime
) -> Plan:
    """Decide what a renewal would do. Pure: the same arguments give the same plan.

    The order in which bindings were found does not matter: they are sorted, so that two runs
    start with the same canaries.
    """
    bindings = tuple(sorted(around.inventory.serving(old.certificate), key=_place))
    case = Case(old.leaf, old.chain, candidate, tuple(by_listener(bindings)), rules, now)
    name = generated_name(old.lineage, candidate.leaf.not_after, candidate.leaf.fingerprint)
    plan = Plan(
        certificate=old.certificate,
        verdict=Verdict.READY,
        old=old,
        candidate=without_key(candidate),
        name=around.same.name if around.same else name,
        existing=around.same,
        bindings=bindings,
        held=tuple(sorted(around.held, key=lambda one: str(one.binding))),
        reverted=tuple(sorted(around.reverted, key=lambda one: str(one.binding))),
        notes=notes(case),
        inventory=around.inventory,
    )
    if candidate.leaf.fingerprint == old.leaf.fingerprint:
        still = "the source still holds the certificate that is to be replaced"
        return replace(plan, verdict=Verdict.WAITING, notes=(Reason("not-renewed", still),))
    refusals = (*preflight(case), *_account(plan, around))
    if refusals:
        return plan.refused(*refusals)
    if not bindings and not around.inventory.unread:
        nobody = "no listener that was looked at serves it: nothing is uploaded"
        return replace(plan, verdict=Verdict.UNUSED, notes=(Reason("unused", nobody),))
    return plan


def _place(binding: Binding) -> tuple[bool, str, str]:
    """Return the order of bindings: distributions last, they are slow and reach the furthest."""
    return binding.listener.service == _CLOUDFRONT, str(binding), repr(binding)


def _account(plan: Plan, around: Surroundings) -> tuple[Reason, ...]:
    """Return what the account, not the candidate, has against the upload."""
    if around.rejected:
        return (
            Reason(
                "rejected",
                f"an earlier run has shown it bad, as {plan.name}; say retry: true to try it again",
            ),
        )
    path = _path(plan, around.same or plan.certificate)
    if plan.existing:
        return tuple(reason for reason in (path,) if reason)
    upload = (path, _name(plan, around.taken), _room(around.quota))
    return tuple(reason for reason in upload if reason)


def _path(plan: Plan, certificate: ServerCertificate) -> Reason | None:
    """Look at the path of what would be bound: an upload gets that of the old certificate."""
    served = any(b.listener.service == _CLOUDFRONT for b in plan.bindings)
    if not served or certificate.path.startswith(CLOUDFRONT_PATH):
        return None
    return Reason(
        "path-unfit",
        f"CloudFront takes only certificates below {CLOUDFRONT_PATH}, and {certificate.name} "
        f"is in {certificate.path}; move it with UpdateServerCertificate",
    )


def _name(plan: Plan, taken: bool) -> Reason | None:
    if taken:
        return Reason(
            "name-taken", f"{plan.name} is already in IAM, with another certificate or chain"
        )
    if len(plan.name) > NAME_LIMIT:
        return Reason(
            "name-too-long",
            f"{plan.name} is longer than {NAME_LIMIT} characters; "
            "tag the certificate certrenew:lineage with a shorter name",
        )
    return None


def _room(quota: Quota | None) -> Reason | None:
    if quota is None or quota.used < quota.limit:
        return None
    first = f"; delete first: {', '.join(quota.deletable)}" if quota.deletable else ""
    return Reason(
        "quota", f"the account holds {quota.used} of {quota.limit} server certificates{first}"
    )
