"""The filter `listener`."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from c7n.filters import Filter
from c7n.utils import type_schema

from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.core.model import Binding, Listener, Role, Unread
from c7n_certrenew.elements import host, permissions
from c7n_certrenew.elements.certificates import certificate_of, in_acm
from c7n_certrenew.elements.counting import COUNTING, Counting
from c7n_certrenew.elements.schemas import ACTION, FILTER, SCOPE
from c7n_certrenew.report.bindings import binding_shape

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.aws.owners import Owners
    from c7n_certrenew.core.model import Inventory

log = logging.getLogger("custodian.certrenew")

LISTENERS = "c7n:listeners"
MATCHED = "c7n:matched-listeners"
_TAGS = "managed-tags"


class ListenerFilter(Counting, Filter):
    """Server certificates by the listeners that serve them, everywhere in the account.

    Looks at classic load balancers (HTTPS, SSL), application load balancers (HTTPS) and
    network load balancers (TLS), their default certificates and their SNI lists, at AppSync's
    domain names where that is offered, in every enabled region, whatever region the policy runs
    in, and at CloudFront's distributions. `services` (`elb`, `elbv2`, `cloudfront`, `appsync`)
    and `role` narrow that. `regions` declares the expected scope: what lies outside is out of
    scope, not unread, and so is a region that is not opted in (what was left in one that was
    disabled cannot be seen). One that does not exist is unread. CloudFront is global, in the Region
    `us-east-1` (`cn-northwest-1` in China, none in GovCloud): `regions` does not leave it out.
    `attrs`, `count` and `count_op` work as in `list-item`; of the operators, those that compare
    numbers.

    Unknown counts as served: while a service or region could not be read, a certificate
    matches, except where zero bindings would satisfy `count`. So `count: 0` finds only
    certificates of which it is known that nobody serves them; `not: [listener]` would find
    others too and is refused, and so is `count: 0` together with `services` or `role`. While a
    listener names a certificate that IAM does not list, `count: 0` finds none: one that was renamed
    or moved stays bound under its former ARN, and it may be any.

    CloudFront takes only certificates below the path /cloudfront/. So where there is none,
    distributions are looked at only if it is asked what nobody serves, if the policy plans or
    makes a renewal, or if `services` names them: for a certificate that was moved since.

    Annotates `c7n:listeners` (every binding of the scope), `c7n:matched-listeners` (those that
    met `role` and `attrs`) and `c7n:unread`. `ManagedBy` of a binding says who puts its
    certificate back, by the load balancer's tags (CloudFormation, Elastic Beanstalk, Kubernetes,
    `managed-tags` of the policy's renewal); it is left out where tags cannot be read, which is
    unread where `attrs` ask for it, and so are AppSync's domain names, whose tags are not looked
    at. Not to be confused with app-elb's filter of this name, which is a value filter.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-expiring-on-internet-facing
            resource: aws.iam-certificate
            filters:
              - type: expires-within
                days: 30
              - type: listener
                attrs:
                  - Scheme: internet-facing
          - name: server-certificate-unused
            resource: aws.iam-certificate
            filters:
              - type: listener
                count: 0
    """

    schema = type_schema(
        "listener",
        **SCOPE,
        role={"enum": [role.value for role in Role]},
        **COUNTING,
    )
    permissions = permissions.SWEEP
    metrics = ("UnreadScopes",)

    def validate(self) -> ListenerFilter:
        """Check keys, types, and what would report unlooked-at certificates as unused."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        if host.is_negated(self.manager, self):
            host.reject(
                self.manager,
                self.type,
                "not: [listener] would match what could not be read; use listener with count: 0",
            )
        narrowed = [key for key in ("services", "role") if key in self.data]
        if narrowed and self.satisfied(0):
            host.reject(
                self.manager,
                self.type,
                f"{', '.join(narrowed)} together with count: 0 would call unused what others serve",
            )
        self.check_counting()

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the certificates that match, annotated. Sweeps only if there are any."""
        if not resources:
            return []
        host.warn_when_repeated(self.manager)
        clients = host.clients_for(self.manager, resources)
        inventory = self._inventory(clients, resources)
        served = [inventory.serving(certificate_of(resource)) for resource in resources]
        owners = self._owners(clients, {b.listener: None for found in served for b in found})
        common = (*inventory.unread, *self._unlisted(clients, inventory, resources))
        unread = [
            (*common, *self._doubts(owners, found), *self._unseen(resource))
            for resource, found in zip(resources, served, strict=True)
        ]
        host.say_unread(self.manager, (scope for some in unread for scope in some))
        return [
            resource
            for resource, bindings, some in zip(resources, served, unread, strict=True)
            if self._judge(resource, tuple(map(owners.named, bindings)), some)
        ]

    def _inventory(self, clients: Clients, resources: list[dict[str, Any]]) -> Inventory:
        from c7n_certrenew.aws.inventory import read_inventory

        regions = self.data.get("regions", ())
        return read_inventory(clients, self._services(resources), regions)

    def _unseen(self, resource: Mapping[str, Any]) -> Sequence[Unread]:
        """Return who uses a certificate where no inventory looks: of IAM's nobody is known."""
        return ()

    def _unlisted(
        self, clients: Clients, inventory: Inventory, resources: Iterable[Mapping[str, Any]]
    ) -> Sequence[Unread]:
        """Return who names what IAM does not list, where it is asked what nobody serves."""
        from c7n_certrenew.aws.iam import list_certificates

        found = {certificate_of(resource).arn for resource in resources}
        asked = self.satisfied(0) and not in_acm(self.manager)
        if not asked or not inventory.unlisted(found, clients.account_id):
            return ()
        listed = {one.arn for one in list_certificates(clients.get("iam"))}
        return inventory.unlisted(listed, clients.account_id)

    def _doubts(self, owners: Owners, bindings: Iterable[Binding]) -> Sequence[Unread]:
        """Return whose owner is not known, where `attrs` ask for it: absent is not nobody."""
        return owners.unknown(bindings) if "ManagedBy" in str(self.data.get("attrs", "")) else ()

    def _owners(self, clients: Clients, listeners: Collection[Listener]) -> Owners:
        """Read who owns the listeners, by tags too that the policy's renewal says are an owner's.

        Where that cannot be found out `ManagedBy` is left out: the listeners are known.
        """
        from c7n_certrenew.aws.owners import read_owners

        options = host.options_of(self.manager, FILTER) + host.options_of(self.manager, ACTION)
        owners = read_owners(clients, listeners, [t for o in options for t in o.get(_TAGS, ())])
        for reason in list(owners.unread.values())[:1]:
            policy, of = host.policy_name(self.manager), f"{len(owners.unread)} of {len(listeners)}"
            log.warning("policy:%s ManagedBy is left out of %s listeners: %s", policy, of, reason)
        return owners

    def _services(self, resources: list[dict[str, Any]]) -> Sequence[str]:
        """Return the services to look at, all but those that take none of the certificates.

        These are looked at too where what nobody serves is asked for, and where a renewal is
        planned: a certificate may have been moved since it was bound.
        """
        from c7n_certrenew.aws.iam import server_certificate

        named: Sequence[str] = self.data.get("services", ())
        planned = host.options_of(self.manager, FILTER) + host.options_of(self.manager, ACTION)
        if named or planned or self.satisfied(0):
            return named
        certificates = [server_certificate(resource) for resource in resources]
        return [name for name, one in CONSUMERS.items() if any(map(one.takes, certificates))]

    def _judge(
        self, resource: dict[str, Any], bindings: Iterable[Binding], unread: Sequence[Unread]
    ) -> bool:
        shown, role = list(map(binding_shape, bindings)), self.data.get("role")
        matched = self.matching([one for one in shown if role in (None, one["Role"])])
        resource[LISTENERS] = shown
        resource[MATCHED] = matched
        host.annotate_unread(resource, unread)
        return self.holds(len(matched), bool(unread))
