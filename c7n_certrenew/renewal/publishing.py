"""Put the new ARN where infrastructure code reads it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.parameters import OccupiedError, put
from c7n_certrenew.core.outcome import BindingState, Published
from c7n_certrenew.core.plan import Verdict
from c7n_certrenew.core.preflight import Reason
from c7n_certrenew.core.template import TemplateError, fill
from c7n_certrenew.renewal.waves import PROVEN
from c7n_certrenew.sources.base import template_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def publishes(plan: Plan, template: str, home: str) -> Plan:
    """Return the plan with the regions and names under which its new ARN is to be published.

    Parameters are read in their own region: there is one in each that has listeners of the old
    certificate or of the new one, or in the region `home` where none has. What no listener serves
    is not published, and neither is what is refused. A template that cannot be filled is a note.
    """
    if not template or plan.verdict not in (Verdict.READY, Verdict.UNUSED):
        return plan
    there = (target.existing for target in plan.targets if target.existing)
    serving = tuple(binding for new in there for binding in plan.inventory.serving(new))
    if plan.verdict is Verdict.UNUSED and not serving:
        return plan
    regions = {binding.listener.region for binding in (*plan.bindings, *serving)} or {home}
    values = template_values(plan.stored)
    try:
        names = tuple(
            (region, fill(template, values | {"region": region}, PLACEHOLDERS))
            for region in sorted(regions)
        )
    except TemplateError as error:
        return replace(plan, notes=(*plan.notes, Reason("not-published", str(error))))
    return replace(plan, publishes=names)


@dataclass(frozen=True)
class Publishing:
    """Publishes new ARNs as parameters of Systems Manager; `by` in each says what wrote it."""

    clients: Clients
    by: str
    _written: dict[tuple[str, str], str] = field(default_factory=dict)

    def publish(
        self, plan: Plan, new: Mapping[str, AnyCertificate]
    ) -> tuple[tuple[Published, ...], tuple[Reason, ...]]:
        """Put the ARN where the plan says; return where it stands, and where it does not and why.

        `new` is where AWS has the new certificate, by region, as in `Provided`; a region that has
        none gets none. Never raises what AWS answers.
        """
        published, reasons = [], []
        for region, name in plan.publishes:
            certificate = new.get(region) or new.get("")
            if certificate is None:
                continue
            try:
                published.append(self._put(region, name, certificate.arn))
            except (OccupiedError, *FAULTS) as fault:
                why = explain(fault) if isinstance(fault, FAULTS) else str(fault)
                said = f"{certificate.arn} was not published as {name} in {region}: {why}"
                reasons.append(Reason("publish-failed", said))
        return tuple(published), tuple(reasons)

    def _put(self, region: str, name: str, arn: str) -> Published:
        """Publish one ARN. Raises OccupiedError too where another certificate has the name."""
        if self._written.setdefault((region, name), arn) != arn:
            raise OccupiedError("this run has published another certificate there")
        version = put(self.clients.get("ssm", region), name, arn, self.by)
        log.info("published %s as %s in %s", arn, name, region)
        return Published(region, name, version)
