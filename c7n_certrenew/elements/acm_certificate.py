"""The words of `aws.acm-certificate`: as on server certificates, for what was imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from c7n.utils import type_schema

from c7n_certrenew.core.model import Role, Unread
from c7n_certrenew.elements import permissions
from c7n_certrenew.elements.certificates import arn_of, certificate_of, expiration_of
from c7n_certrenew.elements.counting import COUNTING
from c7n_certrenew.elements.expires_within import ExpiresWithin
from c7n_certrenew.elements.listener import ListenerFilter
from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.elements.replacement import Replacement
from c7n_certrenew.elements.schemas import ACTION, FILTER, SCOPE, SHARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import timedelta

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import Inventory
    from c7n_certrenew.core.outcome import CertificateOutcome
    from c7n_certrenew.renewal.planning import Planner, Prepared

_OF_LISTENERS = {*SCOPE, "store", "managed", "managed-tags", "order"}
"""Options that say which listeners are changed, and how: here none is."""
_SHARED = {key: value for key, value in SHARED.items() if key not in _OF_LISTENERS}


class AcmExpiresWithin(ExpiresWithin):
    """Certificates in ACM that expire within a window.

    `days: 30` (the default) means `NotAfter <= now + 30 days`, by the second. `lifetime-fraction`
    makes the window the smaller of `days` and that fraction of the certificate's lifetime (half of
    it for one that lives less than 10 days). `expired` says what becomes of those already expired:
    `include` (default), `only` or `exclude`. A request that was not fulfilled never matches.

    Annotates `c7n:expiry` with DaysLeft and Expired; LifetimeDays and ThresholdDays where the
    lifetime was asked for.

    :example:

    .. code-block:: yaml

        policies:
          - name: acm-certificate-imported-expires-within-30-days
            resource: aws.acm-certificate
            filters:
              - Type: IMPORTED
              - type: expires-within
                days: 30
    """

    permissions = ("acm:DescribeCertificate",)

    def _lifetimes(self, resources: list[dict[str, Any]]) -> dict[str, timedelta]:
        return {
            arn_of(one): end - begin
            for one in resources
            if (end := expiration_of(one)) and (begin := expiration_of(one, "NotBefore"))
        }


class AcmListenerFilter(ListenerFilter):
    """Certificates in ACM by the listeners that serve them.

    Looks at the classic, application and network load balancers of the certificate's own region,
    their default certificates and their SNI lists, and for CloudFront's region (`us-east-1`) at all
    distributions and at AppSync's domain names too. `role`, `attrs`, `count` and `count_op` work as
    on `aws.iam-certificate`.

    Unknown counts as served: while a service could not be read, a certificate matches, except
    where zero bindings would satisfy `count`. So does one that something else uses, as ACM says
    (InUseBy): an API, a user pool. `not: [listener]` is refused, and so is `count: 0` with `role`.

    Annotates `c7n:listeners`, `c7n:matched-listeners` and `c7n:unread`.

    :example:

    .. code-block:: yaml

        policies:
          - name: acm-certificate-imported-unused
            resource: aws.acm-certificate
            filters:
              - Type: IMPORTED
              - type: listener
                count: 0
    """

    schema = type_schema("listener", role={"enum": [role.value for role in Role]}, **COUNTING)
    permissions = permissions.SWEEP

    def _inventory(self, clients: Clients, resources: list[dict[str, Any]]) -> Inventory:
        from c7n_certrenew.aws.acm import region_of
        from c7n_certrenew.renewal.reimport_planning import read_serving

        return read_serving(clients, region_of(arn_of(resources[0])), fresh=False)

    def _unseen(self, resource: Mapping[str, Any]) -> Sequence[Unread]:
        from c7n_certrenew.renewal.reimport_planning import others

        certificate = certificate_of(resource)
        users = others(certificate, resource.get("InUseBy", ()))
        region = arn_of(resource).split(":")[3]
        return [Unread(user.split(":")[2], region, f"{user} uses it") for user in users]


class AcmReplacement(Replacement):
    """Certificates in ACM by whether an acceptable renewed certificate is at the source.

    Makes the plan that `replace-certificate` of the same policy would carry out and writes it to
    `c7n:replacement`, as on `aws.iam-certificate`: the candidate, every listener that would serve
    it, or every reason against it, what ACM asks of a certificate that is imported again included
    (the same type and size of key, no key usage less). One that was not imported is refused.
    Nothing is changed.

    `available: true` keeps certificates with an acceptable candidate, `available: false` those
    without; left out, all are kept. The lineage is the tag `certrenew:lineage`, else the first
    domain name. `source`, `retry`, `rekey` and what a candidate must be (`trust`, `issuers`,
    `drop-names`, `min-extension` in days) are shared with the action.

    :example:

    .. code-block:: yaml

        policies:
          - name: acm-certificate-imported-without-replacement
            resource: aws.acm-certificate
            filters:
              - Type: IMPORTED
              - type: expires-within
                days: 14
              - type: replacement
                available: false
                source:
                  type: files
                  certificate: certs/<lineage>/cert.pem
                  private-key: certs/<lineage>/key.pem
    """

    schema = type_schema(FILTER, available={"type": "boolean"}, **_SHARED)
    permissions = permissions.PLAN_IN_ACM


class AcmReplaceCertificate(ReplaceCertificate):
    """Import renewed certificates into ACM again, each under its own ARN.

    For each certificate that was imported: take the renewed one from `source`, check it (every
    reason to refuse it is given at once), import it under the same ARN, and verify by handshakes
    that the listeners which served the old one serve it. No listener is changed, so there is no
    canary, and nothing for an owner to revert. It cannot be undone: ACM shows no private key. What
    is shown bad ends as FAILED and is tagged `certrenew:rejected`; bring the former certificate
    back from its source. What was planned and done is written to `certrenew.json` in the policy's
    output.

    A policy looks at the certificates of its region: run it in every region that has some. Options:
    `source` (left out if a `replacement` filter names it), `trust: same | any | {bundle: FILE}`,
    `issuers`, `drop-names`, `min-extension` (days), `retry` (what was shown bad before), `rekey`,
    `max-bindings` (a run, 50: a certificate is taken on with all of its listeners),
    `verify: auto | api | tls`, `propagation-timeout` (seconds to wait for listeners, 900),
    `timeout` (seconds for all of the action, 3600), `tags` (set beside those it has).

    :example:

    .. code-block:: yaml

        policies:
          - name: acm-certificate-imported-renew
            resource: aws.acm-certificate
            max-resources: 20
            filters:
              - Type: IMPORTED
              - type: expires-within
                days: 30
              - type: listener
            actions:
              - type: replace-certificate
                source:
                  type: files
                  certificate: certs/<lineage>/cert.pem
                  private-key: certs/<lineage>/key.pem
                  chain: certs/<lineage>/chain.pem
    """

    schema = type_schema(
        ACTION,
        **_SHARED,
        **{
            "max-bindings": {"type": "integer", "minimum": 1},
            "verify": {"enum": ["auto", "api", "tls"]},
            "propagation-timeout": {"type": "number", "minimum": 0},
            "timeout": {"type": "number", "minimum": 1},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    )
    permissions = permissions.RENEW_IN_ACM

    def _carry_out(
        self,
        planner: Planner,
        prepared: Iterable[Prepared],
        report: Callable[[CertificateOutcome], None],
    ) -> tuple[CertificateOutcome, ...]:
        from c7n_certrenew.renewal.reimporting import ReimportRun

        if planner.source.goes_back:
            return super()._carry_out(planner, prepared, report)
        return ReimportRun(planner.clients, self._options(), report).carry_out(prepared)
