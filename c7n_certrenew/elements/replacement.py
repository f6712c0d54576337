"""The filter `replacement`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from c7n.filters import Filter
from c7n.utils import type_schema

from c7n_certrenew.elements import host, permissions
from c7n_certrenew.elements.certificates import arn_of
from c7n_certrenew.elements.schemas import FILTER, SHARED

ANNOTATION = "c7n:replacement"


class Replacement(Filter):
    """Server certificates by whether an acceptable renewed certificate is at the source.

    Makes the plan that `replace-certificate` of the same policy would carry out and writes it
    to `c7n:replacement`: the candidate, each binding from what to what, what is skipped or
    refused with every reason, what is held back because its owner would put the old certificate
    back, what went back since the last run, in which wave each binding has its turn, what is
    published where, what could not be looked at, and what all uploads of the run come to in IAM:
    those that do not fit, the least urgent, are refused, with what to prune first.
    `custodian run --dryrun` therefore shows the whole plan. Nothing is changed, and a private key
    that is kept apart is not read: the plan then says so.

    `available: true` keeps certificates with an acceptable candidate, `available: false`
    those without one for all of their listeners, or those of a region; left out, all are kept.
    `source`, `store`, `services`, `regions`, `order`, `managed`, `managed-tags`, `retry`, `rekey`,
    `alarm-days` and what a candidate must be (`trust`, `issuers`, `drop-names`, `min-extension` in
    days) are shared with the action: say them once, in either place. It stands once in a policy,
    and runs with `custodian run` and `c7n-org run`, not in a Lambda mode.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-without-replacement
            resource: aws.iam-certificate
            filters:
              - type: expires-within
                days: 14
              - type: replacement
                available: false
                source:
                  type: files
                  certificate: certs/<lineage>/cert.pem
                  private-key: certs/<lineage>/key.pem
    """

    schema = type_schema(FILTER, available={"type": "boolean"}, **SHARED)
    permissions = permissions.PLAN

    def validate(self) -> Replacement:
        """Check keys, types and the source's options; raise PolicyValidationError."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        from c7n_certrenew.elements.alarm import alarm_days
        from c7n_certrenew.elements.settings import joined_options, read_order, read_source

        host.reject_lambda(self)
        alarm_days(self.manager)
        options = joined_options(self.manager)
        read_source(self.manager, options)
        read_order(self.manager, options)

    def get_permissions(self) -> tuple[str, ...]:
        """Return what it needs: of ACM where its policy imports."""
        return permissions.stored(self)

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the certificates that match, each with its plan."""
        from c7n_certrenew.core.held import Hold
        from c7n_certrenew.core.plan import Verdict
        from c7n_certrenew.elements.alarm import alarm_days
        from c7n_certrenew.elements.settings import make_planner
        from c7n_certrenew.renewal.batch import plan_all
        from c7n_certrenew.report.shapes import plan_shape, room_shape

        if not resources:
            return []
        planner = make_planner(self.manager, resources, datetime.now(timezone.utc))
        kept, wanted, alarm = [], self.data.get("available"), alarm_days(self.manager)
        batch = plan_all(planner)
        plans, room = {plan.certificate.arn: plan for plan in batch.plans}, room_shape(batch.room)
        for resource in resources:
            plan = plans[arn_of(resource)]
            available = plan.verdict in (Verdict.READY, Verdict.UNUSED)
            lacking = not available or any(one.kind is Hold.MISSING for one in plan.held)
            resource[ANNOTATION] = {"Available": available, **plan_shape(plan), **room}
            if alarm:
                resource[ANNOTATION]["AlarmDays"] = alarm
            if wanted is None or (available if wanted else lacking):
                kept.append(resource)
        return kept
