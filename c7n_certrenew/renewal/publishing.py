"""Put the new ARN where infrastructure code reads it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.parameters import OccupiedError, holds, put
from c7n_certrenew.core.outcome import BindingState, Published
from c7n_certrenew.core.plan import Verdict
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.template import TemplateError, check, fill
from c7n_certrenew.renewal.waves import PROVEN
from c7n_certrenew.sources.base import template_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.core.outcome import BindingOutcome
    from c7n_certrenew.core.plan import Plan
    from c7n_certrenew.renewal.waves import Part

NOT_PUBLISHED = "not-published"
"""Code of the note that a name cannot be made for a certificate."""
PLACEHOLDERS = ("lineage", "account_id", "region", "tag:Key")
"""What a parameter's name may say: what stays the same from one renewal to the next."""

_NAME = re.compile(r"[\w.-]+|(/[\w.-]+)+", re.ASCII)
"""AWS API reference, PutParameter, Name."""
_VARIABLE = re.compile(r"<[^<>]*>|\{[^{}]+\}")

log = logging.getLogger("custodian.certrenew.renewal")


def ready_for_owners(
    parts: Iterable[Part], ended: Sequence[BindingOutcome]
) -> dict[str, AnyCertificate]:
    """Return what may be published, by region, of certificates of which none was shown bad.

    One binding proves a certificate. Where owners hold all of its bindings nothing can: how else
    would they get it?
    """
    ready: dict[str, AnyCertificate] = {}
    for part in parts:
        new = part.rebinder.exchange.new
        states = {o.state for o in ended if "" in new or o.binding.listener.region in new}
        if states.intersection(PROVEN) or states == {BindingState.MANAGED}:
            ready |= new
    return ready


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
            (region, _name(template, values | {"region": region})) for region in sorted(regions)
        )
    except TemplateError as error:
        return replace(plan, notes=(*plan.notes, Reason(NOT_PUBLISHED, str(error))))
    return replace(plan, publishes=names)


def check_name(template: str) -> None:
    """Raise TemplateError for what cannot become a parameter's name."""
    check(template, PLACEHOLDERS)
    _parameter(_VARIABLE.sub("x", template), template)


def _name(template: str, values: Mapping[str, str]) -> str:
    return _parameter(fill(template, values, PLACEHOLDERS), template)


def _parameter(name: str, template: str) -> str:
    """Return a name that Systems Manager takes; `:` would ask for one of its versions."""
    if _NAME.fullmatch(name):
        return name
    raise TemplateError(
        f"{name!r} of {template!r} is no parameter's name: letters, digits and _.- between "
        "slashes, the first of which begins it"
    )


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

    def withdraw(self, plan: Plan, bad: Mapping[str, AnyCertificate]) -> tuple[Reason, ...]:
        """Put the old ARN back where an earlier run has published what is shown bad now.

        `bad` is where AWS has that, by region. Returns where the bad one stands all the same.
        """
        reasons = []
        for region, name in plan.publishes:
            certificate = bad.get(region) or bad.get("")
            try:
                if certificate is None or not self._holds(region, name, certificate.arn):
                    continue
                why = "the old one's key is retired" if plan.one_way else ""
                if plan.certificate.expiration <= datetime.now(timezone.utc):
                    why = "the old one has expired"
                if not why:
                    self._put(region, name, plan.certificate.arn)
            except (OccupiedError, *FAULTS) as fault:
                why = explain(fault) if isinstance(fault, FAULTS) else str(fault)
            if certificate and why:
                said = f"{name} in {region} may still be {certificate.arn}, which was shown bad"
                reasons.append(Reason("publish-failed", f"{said}: {why}"))
        return tuple(reasons)

    def _holds(self, region: str, name: str, arn: str) -> bool:
        return holds(self.clients.get("ssm", region), name, arn)

    def _put(self, region: str, name: str, arn: str) -> Published:
        """Publish one ARN. Raises OccupiedError too where another certificate has the name."""
        if self._written.setdefault((region, name), arn) != arn:
            raise OccupiedError("this run has published another certificate there")
        version = put(self.clients.get("ssm", region), name, arn, self.by)
        log.info("published %s as %s in %s", arn, name, region)
        return Published(region, name, version)
