"""A closer look at what is served: who owns its listeners, and whether it was replaced before."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from c7n_certrenew.aws.iam import UNREADABLE, get_certificate
from c7n_certrenew.aws.owners import Owners, read_owners
from c7n_certrenew.core.lineage import REPLACED_BY_TAG
from c7n_certrenew.core.model import Listener

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.findings import Finding
    from c7n_certrenew.report.status import Member, Status

_WORKERS = 8


def with_owners(clients: Clients, status: Status) -> Status:
    """Return the status with what a renewal would leave as it is, as far as tags can be read."""
    owners = read_owners(clients, (b.listener for m in status.serving for b in m.bindings))

    def named(member: Member) -> Member:
        bindings = tuple(map(owners.named, member.bindings))
        return replace(member, bindings=bindings, held=owners.held(bindings))

    return replace(status, members=tuple(map(named, status.members)))


def look_closer(clients: Clients, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings; those that are due and served with owners and what replaced them.

    Takes one call for each of them and one for twenty load balancers of a region. What AWS
    refuses to show is left out: it makes nothing clean that is due.
    """
    names = {one.name for one in found}
    closer = [one for one in found if one.state != "healthy" and one.listeners]
    owners = read_owners(clients, (_listener(shape) for one in closer for shape in one.listeners))
    iam = clients.get("iam")

    def look(one: Finding) -> Finding:
        listeners = tuple(_named(shape, owners) for shape in one.listeners)
        by = _replaced_by(iam, one.name)
        return replace(one, listeners=listeners, replaced_by=by if by in names else "")

    with ThreadPoolExecutor(_WORKERS) as pool:
        looked = {one.arn: one for one in pool.map(look, closer)}
    return tuple(looked.get(one.arn, one) for one in found)


def _replaced_by(client: IAMClient, name: str) -> str:
    """Return what a renewal replaced a certificate by, as its tag says, if that can be read."""
    try:
        by = get_certificate(client, name).tag_map.get(REPLACED_BY_TAG, "")
    except UNREADABLE:
        return ""
    return "" if by == name else by


def _named(shape: Shape, owners: Owners) -> Shape:
    owner = owners.names.get(_listener(shape), "")
    return {**shape, "ManagedBy": owner} if owner else shape


def _listener(shape: Shape) -> Listener:
    return Listener(
        service=shape["Service"],
        region=shape["Region"],
        load_balancer_name=shape["LoadBalancerName"],
        port=shape["Port"],
        protocol=shape["Protocol"],
        load_balancer_arn=shape.get("LoadBalancerArn", ""),
        arn=shape.get("ListenerArn", ""),
    )
