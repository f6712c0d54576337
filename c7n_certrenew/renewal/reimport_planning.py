"""Plan for certificates that were imported into ACM: another body under the same ARN."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from c7n_certrenew.aws import acm
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.aws.inventory import read_inventory
from c7n_certrenew.core.candidate import CandidateError
from c7n_certrenew.core.lineage import REJECTED_TAG, generated_name, is_rejected
from c7n_certrenew.core.model import AcmCertificate, AnyCertificate
from c7n_certrenew.core.plan import Surroundings, Verdict
from c7n_certrenew.core.preflight import Rules
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.target import Store, Target
from c7n_certrenew.core.x509 import covers
from c7n_certrenew.renewal.planning import Planner, Prepared

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import Binding, Inventory
    from c7n_certrenew.core.plan import Plan, Stored
    from c7n_certrenew.core.superseded import Known

_LOOKED_AT = {"elasticloadbalancing": "elb", "cloudfront": "cloudfront", "appsync": "appsync"}
"""Services by what their ARNs call them."""


def serving_services(clients: Clients, region: str) -> tuple[str, ...]:
    """Return the services that can serve a certificate of ACM in a region.

    CloudFront, and AppSync which is built on it, take theirs from one region alone.
    """
    edge = CONSUMERS["cloudfront"].regions(clients, ())
    elsewhere = () if region in edge else ("cloudfront", "appsync")
    return tuple(name for name in CONSUMERS if name not in elsewhere)


def others(certificate: AnyCertificate, users: Iterable[str]) -> tuple[str, ...]:
    """Return those users, ARNs as ACM shows them, that no look at listeners finds."""
    return tuple(
        user
        for user in users
        if user.split(":")[2:3] not in [[name] for name in _LOOKED_AT]
        or user.split(":")[4:5] != [certificate.account_id]
    )


def read_serving(clients: Clients, region: str, fresh: bool) -> Inventory:
    """Return who serves what ACM has in a region.

    Listeners of load balancers are of that region; AppSync's domain names, for CloudFront's region,
    may be of any.
    """
    services = serving_services(clients, region)
    of_region = [name for name in services if name != "appsync"]
    found = read_inventory(clients, of_region, (region,), fresh)
    if "appsync" not in services:
        return found
    more = read_inventory(clients, ("appsync",), (), fresh)
    return replace(
        found,
        bindings=(*found.bindings, *more.bindings),
        unread=tuple(dict.fromkeys((*found.unread, *more.unread))),
    )


class ReimportPlanner(Planner):
    """Makes plans for imported certificates of one region. Nothing is changed.

    No listener is changed by such a plan, so it does not matter who owns one, or whether its
    certificate could be rebound.
    """

    @property
    def known(self) -> Known | None:
        """Return nothing: no room in IAM is needed."""
        return None

    def _make(self, certificate: AnyCertificate, with_key: bool) -> Prepared:
        prepared = super()._make(certificate, with_key)
        plan = self._said(prepared.plan)
        return Prepared(plan, prepared.candidates if plan.verdict is Verdict.READY else {})

    def _said(self, plan: Plan) -> Plan:
        """Return a plan with what is so of certificates in ACM alone."""
        entry = self._entries.get(plan.certificate.arn)
        if entry and not entry.imported:
            why = "it was not imported: Amazon has issued it, and renews it"
            return plan.refused(Reason("not-imported", why))
        if plan.verdict is Verdict.WAITING and not self.retry and _is_bad(plan.stored):
            return plan.refused(_BAD)
        if plan.verdict is not Verdict.READY:
            return plan
        if unseen := tuple(_dropped_unseen(plan)):
            return plan.refused(*unseen)
        return replace(plan, notes=(*plan.notes, _AT_ONCE, *map(_unseen, plan.others)))

    def _rules(self, old: Stored) -> Rules:
        """Return the policy's; what was shown bad may be followed by one that expires sooner."""
        return replace(self.rules, going_back=True) if _is_bad(old) else self.rules

    def _stored(self, certificate: AnyCertificate) -> Stored:
        client = self.clients.get(acm.SERVICE, self._region)
        entry = self._entries[certificate.arn] = acm.describe(client, certificate.arn)
        if entry.certificate is None:
            raise CandidateError(f"{certificate.arn}: not issued ({entry.status})")
        tags = acm.list_tags(client, certificate.arn)
        return acm.read_body(client, entry.certificate, tags)

    def _regions(self, bindings: Iterable[Binding]) -> tuple[str, ...]:
        return (self._region,)

    def _target(self, old: Stored, region: str, candidate: Candidate) -> Target:
        leaf, renewed = candidate.leaf, old.certificate
        rejected = old.tag_map.get(REJECTED_TAG) == leaf.fingerprint
        return Target(
            candidate,
            name=generated_name(old.lineage, leaf.not_after, leaf.fingerprint),
            store=Store.ACM,
            renews=renewed if isinstance(renewed, AcmCertificate) else None,
            rejected=rejected and not self.retry,
        )

    def _around(
        self, old: Stored, bindings: tuple[Binding, ...], missing: Mapping[str, str]
    ) -> Surroundings:
        users = self._entries[old.certificate.arn].users
        unseen = others(old.certificate, users)
        return Surroundings(inventory=self._inventory, missing=missing, others=unseen)

    @cached_property
    def _inventory(self) -> Inventory:
        return read_serving(self.clients, self._region, self.fresh)

    @cached_property
    def _region(self) -> str:
        return acm.region_of(self.certificates[0].arn)

    @cached_property
    def _entries(self) -> dict[str, acm.Entry]:
        return {}


_AT_ONCE = Reason(
    "same-arn",
    "ACM gets it under the same ARN: every listener serves it at once, without a canary, and it is "
    "not put back by itself, as ACM shows no private key",
)


_BAD = Reason(
    "rejected",
    "what is served was shown bad by an earlier run, and the source still holds it; bring the "
    "former one back, or a newer one; if it was not to blame, say retry: true",
)


def _is_bad(old: Stored) -> bool:
    return is_rejected(old.tag_map, old.leaf.fingerprint)


def _dropped_unseen(plan: Plan) -> Iterator[Reason]:
    """Refuse to drop names while somebody may serve them who would get it unseen."""
    new = plan.targets[0].candidate.leaf.names
    gone = sorted(name for name in plan.stored.leaf.names if not covers(new, name))
    for scope in plan.inventory.unread if gone else ():
        named = ", ".join(gone)
        yield Reason(
            "fewer-names", f"it does not cover {named}, which {scope.service} may serve: {scope}"
        )


def _unseen(user: str) -> Reason:
    return Reason("not-looked-at", f"{user} uses it too, gets it as well, and is not looked at")
