"""Bring a candidate to where listeners can be pointed at it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.aws import acm_import, iam
from c7n_certrenew.aws.faults import FAULTS, is_ambiguous
from c7n_certrenew.core.lineage import LINEAGE_TAG, REPLACES_TAG, inherited_tags
from c7n_certrenew.core.outcome import UPLOAD_UNKNOWN
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.retired import retired_tag
from c7n_certrenew.core.target import Store
from c7n_certrenew.renewal.going_back import go_back
from c7n_certrenew.renewal.retiring import retire

if TYPE_CHECKING:
    from collections.abc import Mapping

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.core.plan import Plan
    from c7n_certrenew.core.target import Target

log = logging.getLogger("custodian.certrenew.renewal")


@dataclass(frozen=True)
class Provided:
    """Where AWS has the new certificate now, and why not, each by its target's region.

    `uploaded` says that this run brought it there.
    """

    new: Mapping[str, AnyCertificate]
    uploaded: bool
    refused: Mapping[str, Reason]


def provide(
    clients: Clients, plan: Plan, candidates: Mapping[str, Candidate], tags: Mapping[str, str]
) -> Provided:
    """Bring every target of a plan to where it is to be.

    `candidates` have the keys, by the target's region; `tags` go on what is new, beside those of
    the old one. Never raises what AWS answers.
    """
    new: dict[str, AnyCertificate] = {}
    refused: dict[str, Reason] = {}
    uploaded = False
    retire(clients, plan)
    go_back(clients, plan)
    for target in plan.targets:
        try:
            new[target.region], fresh = _provide(clients, plan, target, candidates, tags)
            uploaded = uploaded or fresh
        except iam.UNREADABLE as fault:
            refused[target.region] = _not_provided(target, fault)
    return Provided(new, uploaded, refused)


def _provide(
    clients: Clients,
    plan: Plan,
    target: Target,
    candidates: Mapping[str, Candidate],
    tags: Mapping[str, str],
) -> tuple[AnyCertificate, bool]:
    if target.existing:
        return target.existing, False
    old, candidate = plan.stored, candidates[target.region]
    ours = {LINEAGE_TAG: old.lineage, REPLACES_TAG: old.certificate.name}
    ours |= retired_tag(plan.retired)
    if target.store is Store.ACM and "Name" not in old.tag_map:
        ours["Name"] = tags.get("Name", old.lineage)
    given = inherited_tags(old.tag_map, dict(tags) | ours)
    if target.store is Store.ACM:
        made = acm_import.import_new(clients, target.region, candidate, given)
        log.info("certificate:%s imported as %s", old.certificate.name, made.certificate.arn)
        return made.certificate, bool(made.request_id)
    path = getattr(old.certificate, "path", "/")
    new, request_id = iam.upload(clients.get("iam"), target.name, path, candidate, given)
    log.info("certificate:%s uploaded as %s", old.certificate.name, target.name)
    return new, bool(request_id)


def _not_provided(target: Target, fault: Exception) -> Reason:
    """Return why a target could not be brought there."""
    why, done = iam.explain_unreadable(fault), "uploaded"
    if target.store is Store.ACM:
        done = f"imported into ACM in {target.region}"
    if isinstance(fault, FAULTS) and is_ambiguous(fault):
        return Reason(UPLOAD_UNKNOWN, f"whether {target.name} was {done} is not known: {why}")
    return Reason("upload-failed", f"{target.name} was not {done}: {why}")
