"""What load balancers and distributions serve: the inventory as their owners see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.aws import acm
from c7n_certrenew.aws.consumers.base import whole
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.iam import list_certificates
from c7n_certrenew.aws.inventory import read_inventory
from c7n_certrenew.core.model import AnyCertificate, Binding, Inventory, Unread

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients

INVALID = "Invalid-Certificate"
"""What a classic listener shows in place of a certificate that was deleted (AWS row 10)."""

MISSING = "missing"
IAM, ACM = "iam", acm.SERVICE
Known = AnyCertificate


_CHANGED = "changed or deleted while it was looked at"


def store_of(reference: str) -> str:
    """Return where a certificate is kept: iam or acm. Only IAM lets one in use be deleted."""
    return ACM if ":acm:" in reference else IAM


@dataclass(frozen=True)
class Owner:
    """A load balancer or distribution, and what its own listing says of its listeners.

    `key` is what listeners name it by: the ARN, of a classic load balancer the name. `ports` are
    those where the listing shows TLS, None where it shows no listeners.
    """

    service: str
    region: str
    key: str
    name: str
    ports: frozenset[int] | None


@dataclass(frozen=True)
class Served:
    """A binding, and its certificate: None where that does not exist or is not known.

    `status` is `invalid` or `missing` for one that does not exist, else empty.
    """

    binding: Binding
    certificate: Known | None = None
    status: str = ""

    @property
    def store(self) -> str:
        """Return iam or acm."""
        return store_of(self.binding.certificate)


@dataclass(frozen=True)
class Serving:
    """What one owner serves, and what could not be found out."""

    served: tuple[Served, ...]
    unread: tuple[Unread, ...]
    doubtful: bool
    """Whether a later look may show something else."""


def read_served(
    clients: Clients, owners: Sequence[Owner], stores: Collection[str]
) -> dict[Owner, Serving]:
    """Return what owners, at least one and all of one service and region, serve.

    Certificates are looked up in these `stores` alone. The inventory may be minutes old: where an
    owner is not in it, or a certificate does not exist, everything is looked at once more.
    """
    for fresh in (False, True):
        inventory = read_inventory(clients, (owners[0].service,), (owners[0].region,), fresh)
        bindings = _by_owner(inventory, owners)
        named = {bound.certificate for some in bindings.values() for bound in some}
        found = _find(clients, {one for one in named if store_of(one) in stores})
        look = _Look(inventory, found, stores)
        serving = {owner: look.at(owner, some) for owner, some in bindings.items()}
        if not any(one.doubtful for one in serving.values()):
            break
    return serving


@dataclass(frozen=True)
class _Look:
    inventory: Inventory
    found: Mapping[str, Known | Unread]
    stores: Collection[str]

    def at(self, owner: Owner, bindings: Sequence[Binding]) -> Serving:
        unread = [one for one in self.inventory.unread if one.load_balancer in ("", owner.name)]
        changed = not unread and not self._has(owner, bindings)
        if changed:
            unread.append(Unread(owner.service, owner.region, f"{owner.name}: {_CHANGED}"))
        unread += (one for one in map(self._fact, bindings) if isinstance(one, Unread))
        served = tuple(self._served(bound) for bound in bindings)
        missing = any(one.status == MISSING for one in served)
        return Serving(served, tuple(dict.fromkeys(unread)), changed or missing)

    def _has(self, owner: Owner, bindings: Sequence[Binding]) -> bool:
        if owner.ports is None:
            return owner.key in self.inventory.parts
        return owner.ports <= {bound.listener.port for bound in bindings}

    def _served(self, bound: Binding) -> Served:
        if store_of(bound.certificate) not in self.stores:
            return Served(bound)
        if bound.certificate == INVALID:
            return Served(bound, status="invalid")
        fact = self._fact(bound)
        if isinstance(fact, Unread):
            return Served(bound)
        return Served(bound, fact, "" if fact else MISSING)

    def _fact(self, bound: Binding) -> Known | Unread | None:
        return self.found.get(bound.certificate)


def _by_owner(inventory: Inventory, owners: Iterable[Owner]) -> dict[Owner, list[Binding]]:
    by_key: dict[str, list[Binding]] = defaultdict(list)
    for bound in inventory.bindings:
        by_key[bound.listener.load_balancer_arn or bound.listener.load_balancer_name].append(bound)
    return {owner: by_key[owner.key] for owner in owners}


def _find(clients: Clients, references: Collection[str]) -> dict[str, Known | Unread]:
    """Return what is known of certificates, by how listeners name them.

    One listing of IAM, and one of ACM in each region that an ARN names; nothing is asked of a
    store that no reference is of. A reference that is left out names what does not exist.
    """
    in_acm: dict[str, set[str]] = defaultdict(set)
    for reference in references:
        if store_of(reference) == ACM:
            in_acm[acm.region_of(reference)].add(reference)
    found: dict[str, Known | Unread] = {}
    found |= _find_in_iam(clients, {one for one in references if store_of(one) == IAM} - {INVALID})
    for region, arns in in_acm.items():
        found |= acm.find_certificates(clients.get(ACM, region), region, arns)
    return found


def _find_in_iam(clients: Clients, references: Collection[str]) -> dict[str, Known | Unread]:
    if not references:
        return {}
    try:
        with whole():
            listed = list_certificates(clients.get("iam"))
    except FAULTS as fault:
        return dict.fromkeys(references, Unread(IAM, "*", explain(fault)))
    return {named: one for one in listed for named in one.references if named in references}
