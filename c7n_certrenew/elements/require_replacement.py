"""The action `require-replacement`."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from c7n.actions import BaseAction
from c7n.utils import type_schema

from c7n_certrenew.core.page import page_for
from c7n_certrenew.elements import host
from c7n_certrenew.elements.schemas import FILTER, REQUIRE
from c7n_certrenew.errors import CertrenewError

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger("custodian.certrenew")


class RequireReplacement(BaseAction):
    """Fail the run while a certificate that expires soon has no acceptable replacement.

    Changes nothing and asks AWS nothing: it reads the plans that a `replacement` filter of the
    same policy made. Each certificate whose source has nothing acceptable, for all of its
    listeners or those of a region, is a line in the log with the days that are left and why: as
    WAITING, until `alarm-days` (14) or fewer are left. Then the run fails, when all was looked
    at, with one line that names these certificates. `alarm-days` may be said in the filter too.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-replacement-required
            resource: aws.iam-certificate
            filters:
              - type: expires-within
                days: 30
              - type: listener
              - type: replacement
                available: false
                source:
                  type: files
                  certificate: certs/<lineage>/cert.pem
                  private-key: certs/<lineage>/key.pem
            actions:
              - type: require-replacement
                alarm-days: 14
    """

    schema = type_schema(REQUIRE, **{"alarm-days": {"type": "number", "minimum": 0}})
    permissions = ("iam:ListServerCertificates",)

    def validate(self) -> RequireReplacement:
        """Check keys, types, and that there are plans; raise PolicyValidationError."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        from c7n_certrenew.elements.alarm import alarm_days

        planned = host.options_of(self.manager, FILTER)
        if not planned:
            host.reject(self.manager, REQUIRE, f"needs a {FILTER} filter in the policy")
        if any(one.get("available") is True for one in planned):
            host.reject(self.manager, REQUIRE, "available: true leaves out what it is to name")
        alarm_days(self.manager)

    def process(self, resources: list[dict[str, Any]]) -> None:
        """Name what lacks a replacement; raise CertrenewError for what is too late to wait."""
        from c7n_certrenew.elements.alarm import alarm_days

        now = datetime.now(timezone.utc)
        alarm, policy = timedelta(days=alarm_days(self.manager)), host.policy_name(self.manager)
        lacking = [one for one in map(_Lacking, resources) if one.why]
        late = [one for one in lacking if one.expiration - now <= alarm]
        for one in lacking:
            level, state = (logging.ERROR, "LATE") if one in late else (logging.INFO, "WAITING")
            log.log(level, "policy:%s certificate:%s %s %s", policy, one.name, state, one.said(now))
        if late:
            named = "; ".join(f"{one.name} {one.said(now)}" for one in late)
            raise CertrenewError(f"no acceptable replacement: {named}; see {page_for('waiting')}")


class _Lacking:
    """What a certificate lacks; `why` is empty where it lacks nothing."""

    def __init__(self, resource: Mapping[str, Any]) -> None:
        from c7n_certrenew.aws.iam import server_certificate

        certificate = server_certificate(resource)
        self.name, self.expiration = certificate.name, certificate.expiration
        self.why = "; ".join(_reasons(resource.get("c7n:replacement")))

    def said(self, now: datetime) -> str:
        """Say how long it is valid, and why there is nothing to replace it."""
        from c7n_certrenew.report.plan_lines import expires

        return f"expires {expires(self.expiration, now)}: {self.why}"


def _reasons(plan: Mapping[str, Any] | None) -> list[str]:
    """Return why a plan has nothing for a certificate, or for the listeners of a region."""
    if plan is None:
        return ["no plan was made for it"]
    if not plan["Available"]:
        found = (*plan.get("Refusals", ()), *plan.get("Notes", ()))
        return list(dict.fromkeys(str(one["Message"]) for one in found))
    missing = (one for one in plan.get("Bindings", ()) if one.get("Held") == "missing")
    return list(dict.fromkeys(str(one["Reason"]) for one in missing))
