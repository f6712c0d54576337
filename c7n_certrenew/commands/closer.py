"""A closer look at what is served: who owns its listeners, and whether it was replaced before."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from c7n_certrenew.aws.iam import UNREADABLE, get_certificate
from c7n_certrenew.aws.owners import read_owners
from c7n_certrenew.core.lineage import REPLACED_BY_TAG

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from c7n_certrenew.aws.clients import Clients
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
    """Return the findings; those that are due and served with what replaced them before, if any.

    Takes a call for each of those. What AWS refuses to show is left out: it makes nothing clean
    that is due.
    """
    names, iam = {one.name for one in found}, clients.get("iam")

    def look(one: Finding) -> Finding:
        if one.state == "healthy" or not one.listeners:
            return one
        by = _replaced_by(iam, one.name)
        return replace(one, replaced_by=by if by in names else "")

    with ThreadPoolExecutor(_WORKERS) as pool:
        return tuple(pool.map(look, found))


def _replaced_by(client: IAMClient, name: str) -> str:
    """Return what a renewal replaced a certificate by, as its tag says, if that can be read."""
    try:
        by = get_certificate(client, name).tag_map.get(REPLACED_BY_TAG, "")
    except UNREADABLE:
        return ""
    return "" if by == name else by
