"""A lineage as it is in AWS now."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from c7n_certrenew.aws.iam import (
    UNREADABLE,
    explain_unreadable,
    get_certificate,
    list_certificates,
)
from c7n_certrenew.aws.inventory import read_inventory
from c7n_certrenew.commands.near import suggestion
from c7n_certrenew.core.lineage import lineage_of
from c7n_certrenew.core.model import ServerCertificate, Unread
from c7n_certrenew.report.status import Member, Status

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.aws.clients import Clients

_WORKERS = 8


@dataclass(frozen=True)
class _Read:
    """One certificate with its tags, or why they are not known: its name then says its lineage."""

    certificate: ServerCertificate
    tags: dict[str, str]
    unread: tuple[Unread, ...] = ()

    @property
    def lineage(self) -> str:
        return lineage_of(self.certificate.name, self.tags)


def read_status(clients: Clients, name: str, now: datetime) -> Status:
    """Return the lineage of a certificate's name, or of its own, with who serves it now.

    Raises ClickException for a name that is neither, and what boto3 raises where certificates
    cannot be listed. Tags, services and regions that cannot be read are in `unread`.
    """
    every = _certificates(clients)
    lineage = _lineage(every, name)
    chosen = [one for one in every if one.lineage == lineage]
    inventory = read_inventory(clients, fresh=True)
    members = (
        Member(one.certificate, one.tags, inventory.serving(one.certificate)) for one in chosen
    )
    unread = (*inventory.unread, *(scope for one in every for scope in one.unread))
    return Status(
        lineage=lineage,
        account_id=clients.account_id,
        members=tuple(sorted(members, key=lambda m: m.certificate.expiration, reverse=True)),
        unread=tuple(dict.fromkeys(unread)),
        now=now,
    )


def _certificates(clients: Clients) -> list[_Read]:
    """Read every certificate: a lineage is a tag, and lists of certificates show no tags."""
    client = clients.get("iam")

    def read(certificate: ServerCertificate) -> _Read:
        try:
            return _Read(certificate, get_certificate(client, certificate.name).tag_map)
        except UNREADABLE as fault:
            return _Read(certificate, {}, (Unread("iam", "*", explain_unreadable(fault)),))

    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(read, list_certificates(client)))


def _lineage(every: Sequence[_Read], name: str) -> str:
    """Return the lineage that is meant. IAM tells no upper from lower case in names."""
    for one in every:
        if one.certificate.name.lower() == name.lower():
            return one.lineage
    lineages = {one.lineage for one in every}
    if name not in lineages:
        known = lineages | {one.certificate.name for one in every}
        raise click.ClickException(suggestion(name, known, "certificate or lineage"))
    return name
