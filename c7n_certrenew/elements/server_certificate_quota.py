"""The filter `server-certificate-quota` of the account."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from c7n.filters import Filter
from c7n.utils import type_schema

from c7n_certrenew.core.model import Unread
from c7n_certrenew.elements import host
from c7n_certrenew.elements.owners import clients_of
from c7n_certrenew.report.bindings import Shape, applying

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

    from c7n_certrenew.core.admission import Quota

ANNOTATION = "c7n:server-certificate-quota"
DEFAULT_PERCENT = 80


class ServerCertificateQuota(Filter):
    """Accounts whose quota of server certificates in IAM is nearly used.

    Matches when the account holds `percent` (80, as in AWS Trusted Advisor's service limits) of the
    server certificates that it may hold, or more. The quota is the account's own: 20 unless AWS
    raised it. IAM belongs to no region, so the result is the same in each.

    Unknown counts as found: an account whose quota could not be read matches, with the reason in
    `c7n:unread`; `not: [server-certificate-quota]` would pass it over and is refused.

    Annotates `c7n:server-certificate-quota` with Used, Quota, Percent and, of an account that
    matches, Expired: the names of the certificates that have expired, the longest ago first. They,
    and what `superseded` finds on `aws.iam-certificate`, are what to delete first, once nobody
    serves them.

    :example:

    .. code-block:: yaml

        policies:
          - name: account-server-certificate-quota-full
            resource: aws.account
            filters:
              - type: server-certificate-quota
                percent: 100
    """

    schema = type_schema(
        "server-certificate-quota",
        percent={"type": "number", "exclusiveMinimum": 0, "maximum": 100},
    )
    permissions = ("iam:GetAccountSummary", "iam:ListServerCertificates")
    metrics = ("UnreadScopes",)

    def validate(self) -> ServerCertificateQuota:
        """Check keys and types; raise PolicyValidationError."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        if host.is_negated(self.manager, self):
            host.reject(
                self.manager,
                self.type,
                "not: [server-certificate-quota] would pass over what could not be read",
            )

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the account if it matches, annotated."""
        from c7n_certrenew.aws.faults import FAULTS, explain
        from c7n_certrenew.aws.iam import read_quota

        client = clients_of(self.manager).get("iam")
        try:
            found = read_quota(client)
        except FAULTS as fault:
            return self._unread(resources, explain(fault))
        for resource in resources:
            resource[ANNOTATION] = _shape(found)
        percent = self.data.get("percent", DEFAULT_PERCENT)
        return self._with_expired(client, resources) if found.percent >= percent else []

    def _with_expired(
        self, client: IAMClient, resources: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        from c7n_certrenew.aws.faults import FAULTS, explain
        from c7n_certrenew.aws.iam import list_certificates

        now = datetime.now(timezone.utc)
        try:
            listed = list_certificates(client)
        except FAULTS as fault:
            return self._unread(resources, explain(fault))
        gone = sorted((one.expiration, one.name) for one in listed if one.expiration <= now)
        for resource in resources:
            resource[ANNOTATION] |= applying({"Expired": [name for _, name in gone]})
        return resources

    def _unread(self, resources: list[dict[str, Any]], reason: str) -> list[dict[str, Any]]:
        unread = [Unread("iam", "*", reason)]
        host.say_unread(self.manager, unread)
        for resource in resources:
            host.annotate_unread(resource, unread)
        return resources


def _shape(quota: Quota) -> Shape:
    return {"Used": quota.used, "Quota": quota.limit, "Percent": round(quota.percent, 1)}
