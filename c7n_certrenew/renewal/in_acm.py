"""What ACM has of a candidate, region by region, while a renewal out of IAM is planned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from c7n_certrenew.aws import acm
from c7n_certrenew.aws.acm_import import find
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.aws.faults import FAULTS
from c7n_certrenew.core.lineage import REPLACED_BY_TAG, generated_name, is_rejected
from c7n_certrenew.core.model import CLOUDFRONT
from c7n_certrenew.core.target import Store, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import AcmCertificate, Binding
    from c7n_certrenew.core.plan import Stored


def regions_of(clients: Clients, bindings: Iterable[Binding]) -> tuple[str, ...]:
    """Return the regions whose ACM must have a certificate for these bindings to serve it.

    What cannot be rebound in place, AppSync's domain names, takes it from CloudFront's region.
    """
    edge = CONSUMERS[CLOUDFRONT].regions(clients, ())
    found: dict[str, None] = {}
    for listener in (binding.listener for binding in bindings):
        fixed = CONSUMERS[listener.service].obstacle
        found.update(dict.fromkeys(edge if fixed else (listener.region,)))
    return tuple(found)


@dataclass
class Regions:
    """What ACM has, listed once a region and run."""

    clients: Clients
    _listed: dict[str, list[acm.Entry]] = field(default_factory=dict)

    def find(self, region: str, lineage: str, candidate: Candidate) -> Stored | None:
        """Return what holds a candidate. Raises what botocore raises, and CandidateError."""
        if region not in self._listed:
            client = self.clients.get(acm.SERVICE, region)
            self._listed[region] = acm.list_entries(client)
        return find(self.clients, region, lineage, candidate, self._listed[region])


def at_home(
    found: Candidate, existing: AcmCertificate, bindings: Iterable[Binding]
) -> tuple[dict[str, Candidate], dict[str, str]]:
    """Return a certificate of ACM for its own region, and why it is none for the others."""
    home, regions = existing.region, {binding.listener.region for binding in bindings}
    why = f"{existing.arn} is of {home}, and no listener of another region can serve it"
    candidates = {} if regions and home not in regions else {home: found}
    return candidates, dict.fromkeys(sorted(regions - {home}), why)


def target_in_acm(
    regions: Regions, old: Stored, region: str, candidate: Candidate, retry: bool
) -> Target:
    """Return a candidate with what ACM has of it in a region.

    A certificate of the lineage that holds another one is left alone: its listeners would get
    this one all at once, and without a way back. Raises what botocore raises.
    """
    same = regions.find(region, old.lineage, candidate)
    leaf = candidate.leaf
    bad = same is not None and is_rejected(same.tag_map, leaf.fingerprint)
    return Target(
        candidate,
        name=generated_name(old.lineage, leaf.not_after, leaf.fingerprint),
        store=Store.ACM,
        region=region,
        existing=same.certificate if same else None,
        rejected=bad and not retry,
        retried=bad and retry,
    )


def replacement_in_acm(clients: Clients, old: Stored) -> frozenset[str]:
    """Return the ARN that a certificate's tag says has replaced it, if ACM has it and for longer.

    Nothing where it cannot be read: what is not known is no evidence.
    """
    named = old.tag_map.get(REPLACED_BY_TAG, "")
    if not acm.is_ours(clients, named):
        return frozenset()
    try:
        found = acm.describe(clients.get(acm.SERVICE, acm.region_of(named)), named)
    except FAULTS:
        return frozenset()
    longer = found.certificate and found.certificate.expiration > old.certificate.expiration
    return frozenset({named} if longer and found.status == acm.ISSUED else ())
