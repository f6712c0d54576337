"""Delete what renewals left behind, after looking everywhere once more."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from c7n_certrenew.aws import acm
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS, code, explain, is_ambiguous
from c7n_certrenew.aws.iam import (
    UNREADABLE,
    explain_unreadable,
    get_certificate,
    list_certificates,
)
from c7n_certrenew.aws.inventory import forget_sweep, read_inventory
from c7n_certrenew.aws.tagging import NO_SUCH, list_tags
from c7n_certrenew.core.lineage import REJECTED_TAG, REPLACED_BY_TAG
from c7n_certrenew.core.model import Unread
from c7n_certrenew.core.superseded import Known, PruneState, Pruning, Retention, judge
from c7n_certrenew.core.text import plain
from c7n_certrenew.core.x509 import covers

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.core.model import AcmCertificate, Inventory, ServerCertificate
    from c7n_certrenew.core.superseded import Superseded

_IN_USE = "DeleteConflict"
"""IAM's code for a certificate that something uses, or did a moment ago (AWS row 10)."""
_USER = re.compile(r"in use by (\S+?)[.,]?(?:\s|$)")


def prune(
    clients: Clients,
    certificates: Iterable[ServerCertificate],
    retention: Retention,
    now: datetime,
) -> Iterator[Pruning]:
    """Delete those of the certificates that may go; yield how each ended, the oldest first.

    Every service is looked at in every region first, whatever was seen before. Each certificate
    is listed again, and its tags are read, right before it is deleted.
    """
    forget_sweep()
    inventory = read_inventory(clients)
    pruner = _Pruner(clients, inventory, retention, now)
    for certificate in sorted(certificates, key=lambda one: (one.expiration, one.name)):
        state, *reasons = pruner.prune(certificate)
        yield Pruning(certificate, PruneState(state), tuple(reasons))


def find_in_acm(clients: Clients, replaced_by: Iterable[str]) -> dict[str, AcmCertificate | Unread]:
    """Return what is known of those replacements that are the account's certificates in ACM.

    Nothing is asked where no tag names one. Never raises.
    """
    regions: dict[str, set[str]] = defaultdict(set)
    for arn in replaced_by:
        if acm.is_ours(clients, arn):
            regions[acm.region_of(arn)].add(arn)
    return {
        arn: found
        for region, arns in regions.items()
        for arn, found in acm.find_certificates(
            clients.get(acm.SERVICE, region), region, arns
        ).items()
    }


def confirmed(
    clients: Clients, certificate: ServerCertificate, judged: Superseded, now: datetime
) -> Superseded:
    """Hold what may go against what its tag names; return what is to be said of it then.

    Anybody who may tag can write the tag: while a certificate is valid, what replaced it must cover
    the same names with the same kind of key, and not have been shown bad since, so that what goes
    is never the only good one. Never raises.
    """
    if judged.reasons or certificate.expiration <= now:
        return judged
    try:
        unfit = _unfit(clients, certificate, judged.replaced_by)
    except UNREADABLE as fault:
        return replace(judged, unread=(Unread("iam", "*", explain_unreadable(fault)),))
    return replace(judged, kept=(unfit,)) if unfit else judged


def _unfit(clients: Clients, certificate: ServerCertificate, by: str) -> str:
    old = get_certificate(clients.get("iam"), certificate.name).leaf
    if acm.is_arn(by):
        client = clients.get(acm.SERVICE, acm.region_of(by))
        entry, tags = acm.describe(client, by), acm.list_tags(client, by)
        names, algorithm = entry.names, entry.algorithm
    else:
        new = get_certificate(clients.get("iam"), by)
        names, algorithm, tags = new.leaf.names, new.leaf.key.algorithm, new.tag_map
    if REJECTED_TAG in tags:
        return f"{plain(by)}, which replaced it, was shown bad since"
    missing = sorted(name for name in old.names if not covers(names, name))
    if missing:
        return f"{plain(by)}, which replaced it, does not cover {plain(', '.join(missing))}"
    return "" if algorithm == old.key.algorithm else f"{plain(by)} has another kind of key"


@dataclass(frozen=True)
class _Pruner:
    clients: Clients
    inventory: Inventory
    retention: Retention
    now: datetime

    def prune(self, certificate: ServerCertificate) -> tuple[str, ...]:
        """Return the state, and the reasons."""
        try:
            kept = self._kept(certificate)
            return (PruneState.KEPT, *kept) if kept else self._delete(certificate)
        except FAULTS as fault:
            if code(fault) == NO_SUCH:
                return PruneState.PRUNED, "it was gone already"
            return PruneState.FAILED, explain(fault)

    def _kept(self, certificate: ServerCertificate) -> tuple[str, ...]:
        """Return every reason to keep it. Raises what botocore raises."""
        client = self.clients.get("iam")
        tags = list_tags(client, certificate.name)
        listed = {one.name: one for one in list_certificates(client)}
        found = listed.get(certificate.name, certificate)
        if found != certificate:
            return ("it is another certificate than a moment ago",)
        in_acm = find_in_acm(self.clients, [tags.get(REPLACED_BY_TAG, "")])
        known = Known(listed, self.inventory, self.now, in_acm)
        judged = judge(certificate, tags, known, self.retention)
        if not judged:
            return ("no renewal replaced it",)
        return confirmed(self.clients, certificate, judged, self.now).reasons

    def _delete(self, certificate: ServerCertificate) -> tuple[str, ...]:
        """Delete it. AWS's refusal because it is used is evidence, and no fault."""
        try:
            self.clients.get("iam").delete_server_certificate(
                ServerCertificateName=certificate.name
            )
        except FAULTS as fault:
            if code(fault) == _IN_USE:
                return PruneState.KEPT, _in_use(fault)
            if not is_ambiguous(fault) or self._is_there(certificate):
                raise
        return (PruneState.PRUNED,)

    def _is_there(self, certificate: ServerCertificate) -> bool:
        return certificate in list_certificates(self.clients.get("iam"))


def _in_use(conflict: Exception) -> str:
    """Say who uses it, as the refusal names it."""
    named = _USER.search(explain(conflict))
    user = plain(named[1]) if named else "something"
    return f"AWS says that {user} uses it ({_IN_USE}), or did until some hours ago"
