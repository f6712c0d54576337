"""Put the new ARN where infrastructure code reads it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.parameters import OccupiedError, put
from c7n_certrenew.core.outcome import BindingState, Published
from c7n_certrenew.core.preflight import Reason
from c7n_certrenew.core.template import TemplateError, fill
from c7n_certrenew.renewal.waves import PROVEN
from c7n_certrenew.sources.base import template_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.core.outcome import BindingOutcome
    from c7n_certrenew.core.plan import Plan

PLACEHOLDERS = ("lineage", "account_id", "region", "tag:Key")
"""What a parameter's name may say: what stays the same from one renewal to the next."""

log = logging.getLogger("custodian.certrenew.renewal")


def ready_for_owners(ended: Iterable[BindingOutcome]) -> bool:
    """Say whether a certificate may be published, of which nothing was shown bad.

    One binding proves it. Where owners hold all of them nothing can: how else would they get it?
    """
    states = {one.state for one in ended}
    return bool(states.intersection(PROVEN)) or states == {BindingState.MANAGED}


@dataclass(frozen=True)
class Publishing:
    """Publishes new ARNs as parameters of Systems Manager; `name` is a template.

    `by` says in their description what wrote them.
    """

    clients: Clients
    name: str
    by: str
    _written: dict[tuple[str, str], str] = field(default_factory=dict)

    def publish(
        self, plan: Plan, new: Mapping[str, AnyCertificate]
    ) -> tuple[tuple[Published, ...], tuple[Reason, ...]]:
        """Put the ARN into every region that serves the certificate; return where it failed too.

        `new` is where AWS has the new certificate, by region, as in `Provided`. Never raises what
        AWS answers.
        """
        published, reasons = [], []
        for region, arn in self._arns(plan, new):
            try:
                name = fill(self.name, _values(plan, region), PLACEHOLDERS)
                published.append(self._put(region, name, arn))
            except (OccupiedError, TemplateError, *FAULTS) as fault:
                reasons.append(_failed(region, self.name, arn, fault))
        return tuple(published), tuple(reasons)

    def _arns(self, plan: Plan, new: Mapping[str, AnyCertificate]) -> Iterator[tuple[str, str]]:
        """Yield each region and the ARN for it: parameters are read in their own region."""
        serving = (plan.inventory.serving(one) for one in new.values())
        bindings = (*plan.bindings, *(binding for found in serving for binding in found))
        regions = {binding.listener.region for binding in bindings}
        for region in sorted(regions) or [self.clients.session.region_name]:
            certificate = new.get(region) or new.get("")
            if certificate:
                yield region, certificate.arn

    def _put(self, region: str, name: str, arn: str) -> Published:
        """Publish one ARN. Raises OccupiedError too where another certificate has the name."""
        if self._written.setdefault((region, name), arn) != arn:
            raise OccupiedError("this run has published another certificate there")
        version = put(self.clients.get("ssm", region), name, arn, self.by)
        log.info("published %s as %s in %s", arn, name, region)
        return Published(region, name, version)


def _values(plan: Plan, region: str) -> dict[str, str]:
    return template_values(plan.stored) | {"region": region}


def _failed(region: str, template: str, arn: str, fault: Exception) -> Reason:
    why = explain(fault) if isinstance(fault, FAULTS) else str(fault)
    return Reason("publish-failed", f"{arn} was not published in {region} as {template}: {why}")
