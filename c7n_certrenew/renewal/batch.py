"""The plans of one run together: the most urgent first, and whether there is room for all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from c7n_certrenew.aws import iam
from c7n_certrenew.core.model import Unread
from c7n_certrenew.core.room import Admission, Room, prunable, wanted
from c7n_certrenew.renewal.publishing import publishes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.plan import Plan
    from c7n_certrenew.core.superseded import Known
    from c7n_certrenew.renewal.planning import Planner, Prepared

_WORKERS = 8


@dataclass(frozen=True)
class Batch:
    """Every plan of a run, the most urgent first. `room` is None where nothing is uploaded."""

    prepared: tuple[Prepared, ...]
    room: Room | None = None

    @property
    def plans(self) -> tuple[Plan, ...]:
        """Return the plans without the candidates' keys."""
        return tuple(one.plan for one in self.prepared)


def plan_all(planner: Planner, with_key: bool = False) -> Batch:
    """Make the plans of all certificates of a run, with what fits into the account.

    With the key the candidates are read to be uploaded. The same certificates give the same
    plans both ways, but for what the key alone tells. A quota that cannot be read stops nothing.
    """
    make = planner.prepare if with_key else planner.look
    batch = _admitted(planner, tuple(sorted(map(make, planner.certificates), key=_urgency)))
    home = str(planner.clients.session.region_name)
    prepared = (
        replace(one, plan=publishes(one.plan, planner.publish, home)) for one in batch.prepared
    )
    return replace(batch, prepared=tuple(prepared))


def _admitted(planner: Planner, prepared: tuple[Prepared, ...]) -> Batch:
    """Refuse what does not fit any more."""
    names = wanted(one.plan for one in prepared)
    quota = iam.quota(planner.clients.get("iam")) if names else None
    if quota is None:
        return Batch(prepared)
    full = quota.used + len(names) > quota.limit
    admission = Admission(quota, _leftover(planner, prepared) if full else ())
    return Batch(tuple(_or_refused(one, admission) for one in prepared), admission.room)


def _or_refused(prepared: Prepared, admission: Admission) -> Prepared:
    """Return what is prepared, without its key if it is refused now."""
    plan = admission.admit(prepared.plan)
    return prepared if plan is prepared.plan else replace(prepared, plan=plan, candidates={})


def _urgency(prepared: Prepared) -> tuple[datetime, str]:
    return prepared.plan.certificate.expiration, prepared.plan.certificate.name


def _leftover(planner: Planner, prepared: Iterable[Prepared]) -> tuple[str, ...]:
    """Return names of what to prune; none while anything anywhere was not looked at."""
    known = planner.known
    if known is None or known.inventory.unread:
        return ()
    kept = {t.existing.arn for one in prepared for t in one.plan.targets if t.existing}
    return prunable(known, _tags(planner.clients, known), kept)


def _tags(clients: Clients, known: Known) -> Mapping[str, Mapping[str, str] | Unread]:
    """Read the tags of what nobody serves: a list of certificates does not show them."""
    client = clients.get("iam")

    def read(name: str) -> Mapping[str, str] | Unread:
        try:
            return iam.get_certificate(client, name).tag_map
        except iam.UNREADABLE as fault:
            return Unread("iam", "*", iam.explain_unreadable(fault))

    names = tuple(_unserved(known))
    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip(names, pool.map(read, names), strict=True))


def _unserved(known: Known) -> Iterator[str]:
    return (n for n, one in known.certificates.items() if not known.inventory.serving(one))
