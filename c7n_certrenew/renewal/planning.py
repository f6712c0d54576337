"""Gather what a plan depends on, from the source and from AWS, and make it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from c7n_certrenew.aws import acm, iam
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.inventory import read_inventory
from c7n_certrenew.aws.owners import Owners, read_owners
from c7n_certrenew.core.candidate import Candidate, CandidateError
from c7n_certrenew.core.held import Place, Reverted, went_back
from c7n_certrenew.core.lineage import REJECTED_TAG, generated_name
from c7n_certrenew.core.model import (
    AcmCertificate,
    AnyCertificate,
    Binding,
    Inventory,
    ServerCertificate,
)
from c7n_certrenew.core.plan import Plan, Stored, Surroundings, Verdict, make_plan
from c7n_certrenew.core.preflight import Rules
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.retired import retired_keys
from c7n_certrenew.core.superseded import Known
from c7n_certrenew.core.target import Store, Target
from c7n_certrenew.core.waves import Order
from c7n_certrenew.renewal.in_acm import (
    Regions,
    at_home,
    regions_of,
    replacement_in_acm,
    target_in_acm,
)
from c7n_certrenew.sources.base import Access, Source


@dataclass(frozen=True)
class Scope:
    """Which services and regions a policy looks at; empty means all of them."""

    services: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Managed:
    """What to do where somebody will put the old certificate back (AWS row 13).

    Such listeners are left alone unless `rebind`. `tags` are what the user's own tools leave.
    """

    rebind: bool = False
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A plan, and the candidates with their keys to carry it out, by their target's region."""

    plan: Plan
    candidates: Mapping[str, Candidate] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Planner:
    """Makes the plans of one run. Nothing is changed.

    `certificates` are all that plans are made for: the tags of their load balancers are read
    together. `changed` are the places that the last run changed, by the certificate's ARN. With
    `fresh` it does not take the sweep that a filter of this process has left.
    """

    clients: Clients
    certificates: tuple[AnyCertificate, ...]
    source: Source
    rules: Rules
    scope: Scope
    now: datetime
    managed: Managed = Managed()
    changed: Mapping[str, frozenset[Place]] = field(default_factory=dict)
    store: Store = Store.IAM
    order: Order = field(default_factory=Order)
    publish: str = ""
    retry: bool = False
    fresh: bool = False

    def look(self, certificate: AnyCertificate) -> Prepared:
        """Return the plan as it can be known without reading keys that are kept apart."""
        return replace(self._make(certificate, with_key=False), candidates={})

    def prepare(self, certificate: AnyCertificate) -> Prepared:
        """Return the plan with the key checked, and the candidate to upload."""
        return self._make(certificate, with_key=True)

    @property
    def known(self) -> Known | None:
        """Return what IAM has and who serves it, None where services or regions were left out."""
        if self.scope.services or self.scope.regions:
            return None
        return Known({one.name: one for one in self._certificates}, self._inventory, self.now)

    def _make(self, certificate: AnyCertificate, with_key: bool) -> Prepared:
        inventory = self._inventory
        bindings = inventory.serving(certificate)
        bare = Plan(certificate, Verdict.READY, bindings=bindings, inventory=inventory)
        try:
            old = self._stored(certificate)
            bare = replace(bare, old=old)
            found, missing = self._candidates(old, bindings, with_key)
            targets = self._targets(old, found, missing)
            around = self._around(old, bindings, missing)
            plan = make_plan(old, targets, around, self._rules(old), self.now)
        except CandidateError as error:
            return Prepared(bare.refused(Reason("no-candidate", str(error))))
        except FAULTS as fault:
            return Prepared(bare.refused(Reason("unreadable", explain(fault))))
        return Prepared(plan, found if plan.verdict is Verdict.READY else {})

    def _candidates(
        self, old: Stored, bindings: Iterable[Binding], with_key: bool
    ) -> tuple[dict[str, Candidate], dict[str, str]]:
        """Return what the source has, by region, and why it has nothing for a region.

        Raises CandidateError where it is the same for all regions.
        """
        ask = self.source.fetch if with_key else self.source.find
        if not self.source.regional:
            found = ask(old, Access(self.clients, retry=self.retry))
            if isinstance(found.existing, AcmCertificate):
                return at_home(found, found.existing, bindings)
            return dict.fromkeys(self._regions(bindings), found), {}
        candidates: dict[str, Candidate] = {}
        missing: dict[str, str] = {}
        for region in regions_of(self.clients, bindings):
            try:
                candidates[region] = ask(old, Access(self.clients, region, self.retry))
            except CandidateError as error:
                missing[region] = str(error)
        return candidates, missing

    def _regions(self, bindings: Iterable[Binding]) -> tuple[str, ...]:
        """Return where AWS must have what is the same for all regions: IAM has it for all."""
        return ("",) if self.store is Store.IAM else regions_of(self.clients, bindings)

    def _targets(
        self, old: Stored, found: Mapping[str, Candidate], missing: dict[str, str]
    ) -> list[Target]:
        """Return the targets; a region that cannot be read is `missing`, without the others."""
        targets = []
        for region, candidate in found.items():
            try:
                targets.append(self._target(old, region, candidate))
            except iam.UNREADABLE as fault:
                if not region:
                    raise
                missing[region] = iam.explain_unreadable(fault)
        return targets

    def _target(self, old: Stored, region: str, candidate: Candidate) -> Target:
        """Return a candidate with what AWS has of it."""
        if isinstance(candidate.existing, AcmCertificate):
            name = candidate.existing.name
            return Target(candidate, name, Store.ACM, region, candidate.existing)
        if self.store is Store.ACM:
            return target_in_acm(self._in_acm, old, region, candidate, self.retry)
        name = generated_name(old.lineage, candidate.leaf.not_after, candidate.leaf.fingerprint)
        same = self._same(old, candidate)
        bad = same is not None and REJECTED_TAG in same.tag_map
        return Target(
            candidate,
            name=same.certificate.name if same else name,
            existing=same.certificate if same else None,
            rejected=bad and not self.retry,
            retried=bad and self.retry,
            taken=not same and name.lower() in {c.name.lower() for c in self._certificates},
            retired=retired_keys(same.tag_map) if same else (),
        )

    def _same(self, old: Stored, candidate: Candidate) -> Stored | None:
        """Return the candidate as IAM has it, None where it has not."""
        if candidate.existing:
            there = self._read(candidate.existing.name)
            if not iam.holds(there, candidate):
                name = candidate.existing.name
                raise CandidateError(f"{name} is another certificate than a moment ago")
            return there
        alike = [c for c in self._certificates if _alike(c, candidate)]
        twins = [old if c.arn == old.certificate.arn else self._read(c.name) for c in alike]
        return next((twin for twin in twins if iam.holds(twin, candidate)), None)

    def _around(
        self, old: Stored, bindings: tuple[Binding, ...], missing: Mapping[str, str]
    ) -> Surroundings:
        return Surroundings(
            inventory=self._inventory,
            held=self._owners.held(bindings, self.managed.rebind),
            reverted=self._reverted(old, bindings),
            missing=missing,
            order=self.order,
        )

    def _reverted(self, old: Stored, bindings: tuple[Binding, ...]) -> tuple[Reverted, ...]:
        longer = {c.name for c in self._certificates if c.expiration > old.certificate.expiration}
        longer |= replacement_in_acm(self.clients, old)
        changed = self.changed.get(old.certificate.arn, frozenset())
        return went_back(bindings, old.tag_map, longer, changed)

    def _rules(self, old: Stored) -> Rules:
        return self.rules

    def _stored(self, certificate: AnyCertificate) -> Stored:
        if isinstance(certificate, AcmCertificate):
            client = self.clients.get(acm.SERVICE, certificate.region)
            return acm.get_certificate(client, certificate.arn)
        return self._read(certificate.name)

    def _read(self, name: str) -> Stored:
        return iam.get_certificate(self.clients.get("iam"), name)

    @cached_property
    def _inventory(self) -> Inventory:
        """Return the sweep, with the owners of what serves the run's certificates."""
        bindings = tuple(map(self._owners.named, self._sweep.bindings))
        return replace(self._sweep, bindings=bindings)

    @cached_property
    def _owners(self) -> Owners:
        served = (b.listener for c in self.certificates for b in self._sweep.serving(c))
        return read_owners(self.clients, served, self.managed.tags, self.fresh)

    @cached_property
    def _sweep(self) -> Inventory:
        scope = self.scope
        return read_inventory(self.clients, scope.services, scope.regions, self.fresh)

    @cached_property
    def _in_acm(self) -> Regions:
        return Regions(self.clients)

    @cached_property
    def _certificates(self) -> list[ServerCertificate]:
        return iam.list_certificates(self.clients.get("iam"))


def _alike(certificate: ServerCertificate, candidate: Candidate) -> bool:
    """Say whether a certificate in IAM may be the candidate: IAM shows its expiration alone."""
    return certificate.expiration == candidate.leaf.not_after
