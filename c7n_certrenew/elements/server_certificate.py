"""The filter `server-certificate` of load balancers and distributions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from c7n.filters import Filter
from c7n.utils import type_schema

from c7n_certrenew.core.model import Role
from c7n_certrenew.core.window import days_left, due
from c7n_certrenew.elements import host
from c7n_certrenew.elements.counting import COUNTING, Counting
from c7n_certrenew.elements.owners import KINDS, TAGS, clients_of, owner_of, unseen
from c7n_certrenew.elements.permissions import SWEEP
from c7n_certrenew.elements.schemas import MOST_DAYS
from c7n_certrenew.report.bindings import Shape, applying, unread_shape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c7n_certrenew.aws.served import Served, Serving
    from c7n_certrenew.core.model import Unread

CERTIFICATES = "c7n:server-certificates"
MATCHED = "c7n:matched-server-certificates"
STORES = {
    "iam": ("iam:ListServerCertificates",),
    "acm": ("acm:ListCertificates", "acm:DescribeCertificate"),
}
"""Where certificates are, and what reading their dates takes."""

_NAMES = {"iam": "ServerCertificateName", "acm": "DomainName"}


class ServerCertificateFilter(Counting, Filter):
    """Load balancers and distributions by the certificates that they serve, IAM's and ACM's.

    Every certificate of every HTTPS, SSL or TLS listener counts: the default and all that are
    there for SNI, which Custodian's own filters do not see (they show defaults only). `store`
    (`iam` or `acm`) and `role` (`default` or `sni`) narrow that. With `days: 30` only those count
    that expire within 30 days (`Expiration <= now + 30 days`) or have expired; `expired` says what
    becomes of the latter: `include` (default), `only` or `exclude`. Without either, expiry is not
    judged. `attrs`, `count` and `count_op` work as in `list-item`, over the certificates; of the
    operators, those that compare numbers. A resource matches when a certificate counts, or as many
    as `count` says.

    A certificate that a listener names and that does not exist has a Status, is logged as an error
    and counts as expired: `invalid` where a classic listener shows Invalid-Certificate, which is
    what stays of one that was deleted, `missing` where IAM or ACM no longer lists what is named
    (in IAM it was deleted, renamed, or moved to another path).

    Unknown counts as found: while a listener, or IAM or ACM where it is needed, cannot be read, the
    load balancer matches, except where no certificates would satisfy `count`. So `count: 0` finds
    only those of which it is known; `not: [server-certificate]` would find others too and is
    refused. A distribution whose tenants have certificates of their own is such an unknown.

    Annotates `c7n:server-certificates` (Store, Arn, ServerCertificateName or DomainName,
    Expiration, DaysLeft, Expired, Status, Role, Port, Protocol, ListenerArn; dates only of the
    `store` asked for), `c7n:matched-server-certificates` and `c7n:unread`.

    Of a load balancer the policy's region is read, and no other. ACM is asked for every key type
    (left to itself ListCertificates hides all but RSA_1024 and RSA_2048); the certificates of
    distributions are in us-east-1, wherever the policy runs.

    :example:

    .. code-block:: yaml

        policies:
          - name: app-elb-certificate-expiring
            resource: aws.app-elb
            filters:
              - type: server-certificate
                days: 30
          - name: elb-certificate-gone
            resource: aws.elb
            filters:
              - type: server-certificate
                store: iam
                attrs:
                  - Status: present
          - name: distribution-with-iam-certificate
            resource: aws.distribution
            filters:
              - type: server-certificate
                store: iam
    """

    schema = type_schema(
        "server-certificate",
        days={"type": "number", "minimum": 0, "maximum": MOST_DAYS},
        expired={"enum": ["include", "only", "exclude"]},
        store={"enum": list(STORES)},
        role={"enum": [role.value for role in Role]},
        **COUNTING,
    )
    permissions = (*SWEEP, *STORES["iam"], *STORES["acm"], TAGS)
    metrics = ("UnreadScopes",)

    def get_permissions(self) -> tuple[str, ...]:
        """Return what this one needs, of its resource's service and of its `store`."""
        from c7n_certrenew.aws.consumers import CONSUMERS

        kind = KINDS[self.manager.type]
        lists = [action for store in self._stores for action in STORES[store]]
        return ("ec2:DescribeRegions", *CONSUMERS[kind.service].reads, *lists, *kind.listing)

    def validate(self) -> ServerCertificateFilter:
        """Check keys and types; raise PolicyValidationError."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        if host.is_negated(self.manager, self):
            host.reject(
                self.manager,
                self.type,
                "not: [server-certificate] would match what could not be read; "
                "use server-certificate with count: 0",
            )
        self.check_counting()

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the resources that match, annotated. Asks AWS only if there are any."""
        from c7n_certrenew.aws.served import read_served

        if not resources:
            return []
        owners = [owner_of(self.manager, resource) for resource in resources]
        read = read_served(clients_of(self.manager), owners, self._stores)
        found = [
            replace(read[owner], unread=(*read[owner].unread, *self._unseen(resource)))
            for resource, owner in zip(resources, owners, strict=True)
        ]
        host.say_unread(self.manager, (u for one in found for u in one.unread))
        now = datetime.now(timezone.utc)
        judged = [self._judge(r, one, now) for r, one in zip(resources, found, strict=True)]
        return [r for r, matches in zip(resources, judged, strict=True) if matches]

    def _unseen(self, resource: dict[str, Any]) -> Sequence[Unread]:
        return unseen(resource) if "acm" in self._stores else ()

    def _judge(self, resource: dict[str, Any], serving: Serving, now: datetime) -> bool:
        for one in serving.served:
            if one.status:
                _log_gone(host.policy_name(self.manager), one)
        entries = [(_entry(one, now), self._counts(one, now)) for one in serving.served]
        resource[CERTIFICATES] = [entry for entry, _ in entries]
        resource[MATCHED] = matched = self.matching([entry for entry, counts in entries if counts])
        scopes = [*resource.get(host.UNREAD, ()), *map(unread_shape, serving.unread)]
        if scopes:
            resource[host.UNREAD] = [one for n, one in enumerate(scopes) if one not in scopes[:n]]
        return self.holds(len(matched), bool(serving.unread))

    def _counts(self, one: Served, now: datetime) -> bool:
        role = one.binding.role.value
        if one.store not in self._stores or self.data.get("role", role) != role:
            return False
        if "days" not in self.data and "expired" not in self.data:
            return True
        if not one.certificate:
            return bool(one.status) and self.data.get("expired") != "exclude"
        expiration = one.certificate.expiration
        near = "days" not in self.data or due(expiration, now, timedelta(days=self.data["days"]))
        expired = expiration <= now
        wanted = {"include": True, "only": expired, "exclude": not expired}
        return near and wanted[self.data.get("expired", "include")]

    @property
    def _stores(self) -> tuple[str, ...]:
        return (self.data["store"],) if "store" in self.data else tuple(STORES)


def _entry(one: Served, now: datetime) -> Shape:
    listener, certificate = one.binding.listener, one.certificate
    named = one.binding.certificate
    entry: Shape = {"Store": one.store, "Arn": named if named.startswith("arn:") else ""}
    if certificate:
        entry["Arn"] = certificate.arn
        entry[_NAMES[one.store]] = certificate.name
        entry["Expiration"] = certificate.expiration.isoformat()
        entry["DaysLeft"] = days_left(certificate.expiration, now)
        entry["Expired"] = certificate.expiration <= now
    elif one.status:
        entry |= {"Expired": True, "Status": one.status}
    return applying(
        {
            **entry,
            "Role": one.binding.role.value,
            "Port": listener.port,
            "Protocol": listener.protocol,
            "ListenerArn": listener.arn,
        }
    )


def _log_gone(policy: str, one: Served) -> None:
    """Log what stops clients now, or as soon as the listener is touched."""
    shown = one.binding.certificate
    why = (
        "its certificate was deleted"
        if one.status == "invalid"
        else "which is no longer there: deleted, or in IAM renamed or moved"
    )
    host.log.error(
        "policy:%s %s names %s, %s; bind another certificate", policy, one.binding, shown, why
    )
