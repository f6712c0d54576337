"""The filter `superseded`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from c7n.filters import Filter
from c7n.utils import type_schema

from c7n_certrenew.core.lineage import REPLACED_BY_TAG
from c7n_certrenew.core.superseded import KEEP_DAYS, Known, Retention, Superseded, judge
from c7n_certrenew.elements import host, permissions
from c7n_certrenew.elements.schemas import MOST_DAYS
from c7n_certrenew.errors import CertrenewError

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import Inventory, ServerCertificate, Unread

ANNOTATION = "c7n:superseded"
FILTER, ACTION = "superseded", "prune"
_WORKERS = 8
OPTIONS: dict[str, Any] = {
    "keep-days": {"type": "number", "minimum": 0, "maximum": MOST_DAYS},
    "scope": {"enum": ["replaced", "any"]},
}
"""What the filter and the action `prune` have in common, as JSON schema."""


class SupersededFilter(Filter):
    """Server certificates that a renewal replaced and nobody serves: what `prune` would delete.

    A renewal that left no listener out tags the old certificate `certrenew:replaced-by` and
    `certrenew:replaced-on`. It is superseded if what the tag names is in IAM or ACM, is valid, and
    is valid for longer than it is; if no listener, distribution or domain name of any service in
    any region serves it; and if it was replaced `keep-days` (7) ago, or has expired. While it is
    valid, what the tag names must also cover its names with the same kind of key, and not be tagged
    as shown bad: whoever may tag may write the tag, and the only good one must stay.

    `scope: any` also takes what no renewal replaced: only what has been expired for `keep-days`
    and nobody serves. One that is valid may be for what is set up tomorrow, and IAM never gives
    its private key back.

    Unknown counts as found: while a service, a region or its tags could not be read, one that may
    be superseded matches, with `c7n:unread` and the reason in `c7n:superseded` under Kept; `prune`
    leaves it. So no stock `delete` may stand beside this filter, and it stands in no `not`.
    Annotates `c7n:superseded` with ReplacedBy, ReplacedOn and Kept.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-superseded
            resource: aws.iam-certificate
            filters:
              - type: superseded
                keep-days: 30
    """

    schema = type_schema(FILTER, **OPTIONS)
    permissions = permissions.SUPERSEDED
    metrics = ("UnreadScopes",)

    def validate(self) -> SupersededFilter:
        """Check keys and types, and what would take a certificate nobody has looked at."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        retention_of(self.manager)
        if host.is_negated(self.manager, self):
            host.reject(self.manager, FILTER, "not: [superseded] would match what is not known")
        if any(action.type == "delete" for action in self.manager.actions):
            host.reject(self.manager, FILTER, "delete would take what could not be read; use prune")

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the certificates that match, annotated. Reads tags of what nobody serves alone."""
        from c7n_certrenew.aws.iam import server_certificate
        from c7n_certrenew.aws.inventory import read_inventory
        from c7n_certrenew.aws.tagging import read_tags

        if not resources:
            return []
        host.warn_when_repeated(self.manager)
        clients = host.clients_for(self.manager, resources)
        inventory = read_inventory(clients)
        found = [(resource, server_certificate(resource)) for resource in resources]
        unserved = [(r, one) for r, one in found if not inventory.serving(one)]
        tags = read_tags(clients.get("iam"), (one.name for _, one in unserved))
        judged = self._judge(clients, unserved, tags, inventory) if unserved else []
        matched = [(resource, one) for resource, one in judged if one and not one.kept]
        host.say_unread(self.manager, (scope for _, one in matched for scope in one.unread))
        for resource, one in matched:
            annotate(resource, one)
        return [resource for resource, _ in matched]

    def _judge(
        self,
        clients: Clients,
        found: Sequence[tuple[dict[str, Any], ServerCertificate]],
        tags: Mapping[str, dict[str, str] | Unread],
        inventory: Inventory,
    ) -> list[tuple[dict[str, Any], Superseded | None]]:
        from c7n_certrenew.aws.pruning import confirmed, find_in_acm

        by = (of.get(REPLACED_BY_TAG, "") for of in tags.values() if isinstance(of, dict))
        in_acm = find_in_acm(clients, by)
        now, retention = datetime.now(timezone.utc), retention_of(self.manager)
        known = Known(_listed(clients), inventory, now, in_acm)

        def judged(one: ServerCertificate) -> Superseded | None:
            may_go = judge(one, tags[one.name], known, retention)
            return may_go and confirmed(clients, one, may_go, now)

        with ThreadPoolExecutor(_WORKERS) as pool:
            ends = pool.map(judged, (one for _, one in found))
            return [(r, end) for (r, _), end in zip(found, ends, strict=True)]


def _listed(clients: Clients) -> dict[str, ServerCertificate]:
    """List what there is now, after the inventory was read. Raises CertrenewError."""
    from c7n_certrenew.aws.faults import FAULTS, explain
    from c7n_certrenew.aws.iam import list_certificates

    try:
        return {one.name: one for one in list_certificates(clients.get("iam"))}
    except FAULTS as fault:
        raise CertrenewError(explain(fault)) from fault


def annotate(resource: dict[str, Any], found: Superseded) -> None:
    """Write `c7n:superseded`, and `c7n:unread` over what was written of the same services."""
    from c7n_certrenew.report.bindings import applying

    resource[ANNOTATION] = applying(
        {
            "ReplacedBy": found.replaced_by,
            "ReplacedOn": found.replaced_on,
            "Kept": list(found.reasons),
        }
    )
    for of_iam in (True, False):
        scopes = [scope for scope in found.unread if (scope.service == "iam") is of_iam]
        host.annotate_unread(resource, scopes)


def retention_of(manager: Any) -> Retention:
    """Return the options of both elements as one: the filter shows what the action deletes.

    Raises PolicyValidationError if they differ, or if either stands in the policy twice.
    """
    options = host.joined_options(manager, FILTER, ACTION, OPTIONS)
    return Retention(options.get("keep-days", KEEP_DAYS), options.get("scope") == "any")
