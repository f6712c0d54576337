"""Gather what a plan depends on, from the source and from AWS, and make it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from c7n_certrenew.aws import iam
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.inventory import read_inventory
from c7n_certrenew.aws.owners import Owners, read_owners
from c7n_certrenew.core.candidate import Candidate, CandidateError
from c7n_certrenew.core.held import Place, Reverted, went_back
from c7n_certrenew.core.lineage import REJECTED_TAG, generated_name
from c7n_certrenew.core.model import Binding, Inventory, ServerCertificate
from c7n_certrenew.core.plan import Plan, Quota, Stored, Surroundings, Verdict, make_plan
from c7n_certrenew.core.preflight import Reason, Rules
from c7n_certrenew.sources import Source


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
    """A plan, and the candidate with its key to carry it out."""

    plan: Plan
    candidate: Candidate | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Planner:
    """Makes the plans of one run. Nothing is changed.

    `certificates` are all that plans are made for: the tags of their load balancers are read
    together. `changed` are the places that the last run changed, by the certificate's ARN. With
    `fresh` it does not take the sweep that a filter of this process has left.
    """

    clients: Clients
    certificates: tuple[ServerCertificate, ...]
    source: Source
    rules: Rules
    scope: Scope
    now: datetime
    managed: Managed = Managed()
    changed: Mapping[str, frozenset[Place]] = field(default_factory=dict)
    retry: bool = False
    fresh: bool = False

    def plan(self, certificate: ServerCertificate) -> Plan:
        """Return the plan as it can be known without reading keys that are kept apart."""
        return self._make(certificate, with_key=False).plan

    def prepare(self, certificate: ServerCertificate) -> Prepared:
        """Return the plan with the key checked, and the candidate to upload."""
        return self._make(certificate, with_key=True)

    def _make(self, certificate: ServerCertificate, with_key: bool) -> Prepared:
        inventory = self._inventory
        bindings = inventory.serving(certificate)
        bare = Plan(certificate, Verdict.READY, bindings=bindings, inventory=inventory)
        try:
            old = iam.get_certificate(self.clients.get("iam"), certificate.name)
            bare = replace(bare, old=old)
            candidate = self.source.fetch(old) if with_key else self.source.find(old)
            plan = make_plan(old, candidate, self._around(old, candidate), self.rules, self.now)
        except CandidateError as error:
            return Prepared(bare.refused(Reason("no-candidate", str(error))))
        except FAULTS as fault:
            return Prepared(bare.refused(Reason("unreadable", explain(fault))))
        return Prepared(plan, candidate if plan.verdict is Verdict.READY else None)

    def _around(self, old: Stored, candidate: Candidate) -> Surroundings:
        name = generated_name(
            old.lineage, candidate.leaf.not_after, candidate.leaf.fingerprint
        ).lower()
        alike = [c for c in self._certificates if _alike(c, candidate)]
        twins = [old if c.arn == old.certificate.arn else self._read(c.name) for c in alike]
        same = next((twin for twin in twins if iam.holds(twin, candidate)), None)
        names = {c.name.lower() for c in self._certificates}
        bindings = self._inventory.serving(old.certificate)
        return Surroundings(
            inventory=self._inventory,
            same=same.certificate if same else None,
            rejected=bool(same and REJECTED_TAG in same.tag_map and not self.retry),
            taken=name in names and not same,
            quota=None if same else self._quota,
            held=self._owners.held(bindings, self.managed.rebind),
            reverted=self._reverted(old, bindings),
        )

    def _reverted(self, old: Stored, bindings: tuple[Binding, ...]) -> tuple[Reverted, ...]:
        longer = {c.name for c in self._certificates if c.expiration > old.certificate.expiration}
        changed = self.changed.get(old.certificate.arn, frozenset())
        return went_back(bindings, old.tag_map, longer, changed)

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
    def _certificates(self) -> list[ServerCertificate]:
        return iam.list_certificates(self.clients.get("iam"))

    @cached_property
    def _quota(self) -> Quota | None:
        quota = iam.quota(self.clients.get("iam"))
        return replace(quota, deletable=self._deletable()) if quota else None

    def _deletable(self) -> tuple[str, ...]:
        """Return what has expired and nobody serves, if every listener was looked at."""
        if self._inventory.unread or self.scope.services:
            return ()
        expired = (c for c in self._certificates if c.expiration <= self.now)
        return tuple(c.name for c in expired if not self._inventory.serving(c))


def _alike(certificate: ServerCertificate, candidate: Candidate) -> bool:
    """Say whether a certificate in IAM may be the candidate: IAM shows its expiration alone."""
    return certificate.expiration == candidate.leaf.not_after
