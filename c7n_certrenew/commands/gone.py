"""Classic listeners of every region that name a server certificate which does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from c7n_certrenew.aws.iam import list_certificates
from c7n_certrenew.aws.inventory import read_inventory
from c7n_certrenew.aws.served import ACM, INVALID, MISSING, store_of
from c7n_certrenew.report.bindings import Shape, binding_shape, unread_shape

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import Binding
    from c7n_certrenew.report.findings import Finding


def find_gone(
    clients: Clients, found: Iterable[Finding]
) -> tuple[tuple[Shape, ...], tuple[Shape, ...]]:
    """Return these bindings, with Status and Certificate, and what could not be looked at.

    `found` are all server certificates. What the policies read is not read again where the
    credentials are theirs: a role that is assumed once more has others. Raises what botocore
    raises.
    """
    inventory = read_inventory(clients, ("elb",))
    known = {one.arn for one in found}
    if any(_status(bound, known) == MISSING for bound in inventory.bindings):
        known |= {one.arn for one in list_certificates(clients.get("iam"))}  # uploaded since
    gone = tuple(
        {**binding_shape(bound), "Status": status, "Certificate": bound.certificate}
        for bound in inventory.bindings
        if (status := _status(bound, known))
    )
    return gone, tuple(unread_shape(scope) for scope in inventory.unread)


def _status(bound: Binding, known: set[str]) -> str:
    if bound.certificate == INVALID:
        return "invalid"
    if bound.certificate in known or store_of(bound.certificate) == ACM:
        return ""
    return MISSING
