"""The action `post-finding` of server certificates."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from c7n.resources.securityhub import SECHUB_VALUE_SIZE_LIMIT, OtherResourcePostFinding

from c7n_certrenew.elements import host, permissions
from c7n_certrenew.errors import CertrenewError
from c7n_certrenew.report.places import scopes, served_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c7n_certrenew.aws.security_hub import Finding

_SHOWN = ("ServerCertificateName", "ServerCertificateId", "Path", "UploadDate", "Expiration")
_RATED = ("Confidence", "Criticality", "Types")
_ARCHIVED = "ARCHIVED"


class PostFinding(OtherResourcePostFinding):
    """Post a finding to AWS Security Hub for each server certificate, once.

    Custodian's own words. The id of a finding is made of account, `title` (the policy's name
    without one) and the certificate's ARN: every run updates the same finding, whatever else of
    the policy has changed, and no tag is needed. Policies with one `title` share their findings.
    One with `record_state: ARCHIVED` archives what is active and makes no new ones.

    A finding goes to the Security Hub of the region where the policy runs, or of `region`. It
    shows the certificate, its expiration, and the listeners that the filter `listener` found. The
    run fails, when all is posted, if Security Hub did not take one of them. It must be on, with
    the integration of Cloud Custodian accepted.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-expiring-post-finding
            resource: aws.iam-certificate
            filters:
              - type: expires-within
                days: 30
              - type: listener
            actions:
              - type: post-finding
                title: Server certificate expires soon
                types:
                  - Software and Configuration Checks/AWS Security Best Practices
                severity_label: HIGH
                compliance_status: FAILED
    """

    replaces = OtherResourcePostFinding
    schema_alias = False
    permissions = permissions.FINDINGS

    def validate(self) -> PostFinding:
        """Check keys and types as well as what Custodian does; raise PolicyValidationError."""
        return host.adopt(self, super().validate)

    def process(self, resources: list[dict[str, Any]], event: object = None) -> None:
        """Post all; raise CertrenewError where Security Hub refused, or did not take all."""
        from c7n_certrenew.aws.faults import FAULTS, explain
        from c7n_certrenew.aws.security_hub import POSTED, post, posted

        if not resources:
            return
        host.warn_when_repeated(self.manager)
        hub = host.clients_for(self.manager, resources).get("securityhub", self._region)
        made = {finding["Id"]: finding for finding in map(self._finding, resources)}
        try:
            known = posted(hub, next(iter(made.values()))["ProductArn"], list(made))
            refused = post(hub, _due(made, known), self.data.get("batch_size", POSTED))
        except FAULTS as fault:
            raise self._failed(explain(fault)) from fault
        if refused:
            each = (f"{_arn(made[one])}: {why}" for one, why in refused.items())
            raise self._failed("; ".join(each))

    def _failed(self, why: str) -> CertrenewError:
        return CertrenewError(f"not posted to Security Hub in {self._region}: {why}")

    @property
    def _region(self) -> str:
        return str(self.data.get("region", self.manager.config.region))

    def _finding(self, resource: dict[str, Any]) -> Finding:
        title = self.data.get("title", host.policy_name(self.manager))
        named = json.dumps([title, resource["Arn"]]).encode()
        account = self.manager.config.account_id
        identity = f"certrenew/{account}/{hashlib.sha256(named).hexdigest()}"
        now = datetime.now(timezone.utc).isoformat()
        finding = self.get_finding([resource], identity, now, now)
        return {**finding, "FindingProviderFields": _updatable(finding)}

    def format_resource(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Return a certificate as ASFF has it: `Other`, as there is no type of its own."""
        envelope, details = self.format_envelope(resource)
        details.update(_details(resource), **{"c7n:resource-type": self.manager.type})
        return {**envelope, "Region": self._region, "Details": {self.resource_type: details}}


def _due(made: dict[str, Finding], known: dict[str, Finding]) -> list[Finding]:
    """Return what is to be posted, with the date of what is there; archive only what is active."""
    found = []
    for identity, finding in made.items():
        there = known.get(identity)
        if finding["RecordState"] == _ARCHIVED and _is_archived(there):
            continue
        found.append({**finding, "CreatedAt": there["CreatedAt"]} if there else finding)
    return found


def _is_archived(there: Finding | None) -> bool:
    return there is None or there.get("RecordState") == _ARCHIVED


def _updatable(finding: Finding) -> Finding:
    """Return what Security Hub updates in this place alone (BatchImportFindings)."""
    kept = {key: finding[key] for key in _RATED if key in finding}
    return {**kept, "Severity": {"Label": finding["Severity"]["Label"]}}


def _arn(finding: Finding) -> str:
    return str(finding["Resources"][0]["Id"])


def _details(resource: dict[str, Any]) -> dict[str, str]:
    """Return what a finding shows of a certificate, each text as long as Security Hub takes."""
    shown = {key: _text(resource[key]) for key in _SHOWN if key in resource}
    if "c7n:expiry" in resource:
        shown["c7n:days-left"] = str(resource["c7n:expiry"]["DaysLeft"])
    shown["c7n:listeners"] = _joined(served_by(resource.get("c7n:listeners", ())))
    shown["c7n:unread"] = _joined(scopes(resource.get(host.UNREAD, ())))
    return {key: text for key, text in shown.items() if text}


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _joined(lines: Sequence[str]) -> str:
    """Join lines, the first that fit; how many there are stands before them if not all do."""
    text = "; ".join(lines)
    if len(text) <= SECHUB_VALUE_SIZE_LIMIT:
        return text
    return f"{len(lines)} in all: {text}"[: SECHUB_VALUE_SIZE_LIMIT - 1] + "…"
