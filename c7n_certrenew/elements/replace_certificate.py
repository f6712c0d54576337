"""The action `replace-certificate`."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timezone
from itertools import product
from typing import TYPE_CHECKING, Any

from c7n.actions import BaseAction
from c7n.utils import type_schema

from c7n_certrenew.core.page import PAGE
from c7n_certrenew.elements import host, permissions
from c7n_certrenew.elements.schemas import ACTION, SCOPE, SHARED
from c7n_certrenew.errors import RenewalIncompleteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.outcome import CertificateOutcome
    from c7n_certrenew.renewal.planning import Planner, Prepared
    from c7n_certrenew.renewal.publishing import Publishing
    from c7n_certrenew.renewal.run import Options

log = logging.getLogger("custodian.certrenew")

_CARE = ("canary", "max-bindings", "verify", "propagation-timeout", "timeout", "full-list")


class ReplaceCertificate(BaseAction):
    """Replace server certificates by renewed ones, on every load balancer, without an outage.

    For each certificate that a listener serves: take the renewed one from `source`, check it
    (every reason to refuse it is given at once), upload it under
    `<lineage>-<expiry>-<fingerprint>` unless it is there already, rebind its listeners in
    place, and verify by the API and by handshakes. A second run changes nothing; a run that
    was cut off is completed by the next one. Bindings are put back only when the new
    certificate is shown to be bad. What was planned and done is written to `certrenew.json` in
    the policy's output. The old certificate stays in IAM.

    Listeners are those of classic, application and network load balancers, and CloudFront
    distributions. AppSync changes no certificate in place: its domain names end as FAILED with
    what to do. With `services` or `regions` the listeners of all other services and regions keep
    the old one; distributions are in no region, so `services` alone leaves them out. The action
    stands once in a policy, and runs with `custodian run` and `c7n-org run`, not in a Lambda mode.

    What CloudFormation, Elastic Beanstalk or Kubernetes own, by its tags, gets the old certificate
    back at their next deployment. It is left as it is and ends as MANAGED, with what to change
    there, and the run fails; the new certificate is uploaded even so, because its ARN is needed
    there. `managed: rebind` changes it too. Terraform has no tag of its own: `managed-tags` names
    those of your tools, a glob of the key, with `=` one of the value. What went back to the old
    certificate since the last run is changed again and ends as REVERTED, and the run fails
    once: find what puts it back.

    `order: [eu-central-1, [eu-west-1, eu-west-2], "*"]` has regions changed in waves, `*` being
    all others, which otherwise come last; of each certificate the next wave is begun when every
    binding of the one before is proven, else the rest is DEFERRED. Distributions are in no region
    and always the last wave, even where us-east-1 is named before. `max-bindings` are spent in
    that order over all certificates, and `canary` on the first wave of each. What is DEFERRED has
    its turn in the next run, and fails only once the certificate has expired.

    `publish: {ssm: /certs/<lineage>/arn}` puts the new ARN where infrastructure code reads it, as
    a parameter (String) in each region that serves the certificate, when a binding is proven or
    owners hold them all, and with `order` when the region has its turn. What is shown bad is not
    published, and taken back if an earlier run did it. The name may have `<lineage>`,
    `<account_id>`, `<region>` and `<tag:Key>`. Where that fails the certificate is INCOMPLETE, and
    the next run completes it; leave the `listener` filter out for that, as the old certificate may
    be served no more.

    `store: acm` imports the new one into ACM in place of IAM, in the region of each listener, with
    the tag `certrenew:lineage`. From then on a policy on `aws.acm-certificate` renews it under the
    same ARN, and no listener changes any more.

    Options: `source` (left out if a `replacement` filter names it), `services` and `regions`
    (which listeners; all by default), `trust: same | any | {bundle: FILE}`, `issuers`,
    `drop-names`, `min-extension` (days), `canary` (listeners to change one by one before the
    others, 1), `max-bindings` (a run, 50), `managed: skip | rebind`, `managed-tags`,
    `verify: auto` (handshakes where they reach the listener) `| api | tls` (what handshakes do
    not reach is not confirmed), `propagation-timeout` (seconds to wait until a listener knows
    and serves the new certificate, 900), `timeout` (seconds for all of the action, 3600: when
    they are over no listener is begun), `tags` (on the new one, beside those of the old one),
    `retry` (take a certificate that an earlier run put back out), `rekey: true` (after a
    compromise: the public key must be another, and the old one is refused ever after; the end may
    be the same; nothing is put back to the old key), `alarm-days` (days that are left when WAITING
    becomes a failure, 0), `full-list: keep | swap` (an SNI
    list that is full has no room for both: by default such a listener is FAILED while the old one
    is valid, unless its default serves the names meanwhile; with `swap` the old one goes before the
    new one comes, and a run that is killed at that moment leaves neither).

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-renew
            resource: aws.iam-certificate
            max-resources: 20
            filters:
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
        **SHARED,
        **{
            "canary": {"type": "integer", "minimum": 0},
            "max-bindings": {"type": "integer", "minimum": 1},
            "verify": {"enum": ["auto", "api", "tls"]},
            "propagation-timeout": {"type": "number", "minimum": 0},
            "timeout": {"type": "number", "minimum": 1},
            "full-list": {"enum": ["keep", "swap"]},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "publish": {
                "type": "object",
                "additionalProperties": False,
                "required": ["ssm"],
                "properties": {"ssm": {"type": "string"}},
            },
        },
    )
    permissions = permissions.RENEW

    def validate(self) -> ReplaceCertificate:
        """Check keys, types, the source, and that the filters do not hide listeners."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        from c7n_certrenew.elements.alarm import alarm_days
        from c7n_certrenew.elements.settings import joined_options, read_order, read_source

        host.reject_lambda(self)
        options = joined_options(self.manager)
        alarm_days(self.manager)
        read_source(self.manager, options)
        read_order(self.manager, options)
        self._check_publish()
        filters = host.options_of(self.manager, "listener")
        for narrowed, key in product(filters, (*SCOPE, "role")):
            if key in narrowed and options.get(key) != narrowed[key]:
                hint = f"say {key} here too" if key in SCOPE else "use attrs there"
                host.reject(
                    self.manager,
                    ACTION,
                    f"the listener filter narrows {key}, but every binding is replaced; {hint}",
                )

    def _check_publish(self) -> None:
        from c7n_certrenew.core.template import TemplateError
        from c7n_certrenew.renewal.publishing import check_name

        try:
            if isinstance(self.data.get("publish"), dict):  # else c7n has still to expand it
                check_name(self._parameter)
        except TemplateError as error:
            host.reject(self.manager, f"{ACTION} publish.ssm", str(error))

    @property
    def _parameter(self) -> str:
        """Return the name under which ARNs are published, empty if they are not."""
        given = self.data.get("publish", {})
        return str(given.get("ssm", "")) if isinstance(given, dict) else ""

    def get_permissions(self) -> tuple[str, ...]:
        """Return what it needs: of parameters only where it publishes, of ACM where it imports."""
        published = permissions.PUBLISH if self._parameter else ()
        return (*permissions.stored(self, permissions.ACM_WRITES), *published)

    def process(self, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Renew what matched; raise RenewalIncompleteError when everything is written."""
        from c7n_certrenew.elements.alarm import alarm_days
        from c7n_certrenew.elements.recording import open_record
        from c7n_certrenew.elements.settings import make_planner
        from c7n_certrenew.renewal.batch import plan_all
        from c7n_certrenew.report.shapes import outcome_shape

        host.warn_when_repeated(self.manager)
        now, alarm = datetime.now(timezone.utc), alarm_days(self.manager)
        planner = replace(make_planner(self.manager, resources, now), fresh=True)
        planner.clients.budget.start(self._options().timeout)
        batch = plan_all(planner, with_key=True)
        record = open_record(self.manager, planner.clients, now)
        record.planned(batch.plans, batch.room)

        def report(outcome: CertificateOutcome) -> None:
            self._log(outcome, outcome.failed(now, alarm))
            record.ended(outcome)

        outcomes = self._carry_out(planner, batch.prepared, report)
        record.finished(datetime.now(timezone.utc))
        self._raise_for([outcome for outcome in outcomes if outcome.failed(now, alarm)])
        return [outcome_shape(outcome) for outcome in outcomes]

    def _carry_out(
        self,
        planner: Planner,
        prepared: Iterable[Prepared],
        report: Callable[[CertificateOutcome], None],
    ) -> tuple[CertificateOutcome, ...]:
        from c7n_certrenew.renewal.run import Run

        everywhere = not (planner.scope.services or planner.scope.regions)
        publishing = self._publishing(planner.clients)
        run = Run(planner.clients, self._options(), planner.now, report, everywhere, publishing)
        return run.carry_out(prepared)

    def _options(self) -> Options:
        from c7n_certrenew.renewal.run import Options

        given = {key.replace("-", "_"): self.data[key] for key in _CARE if key in self.data}
        return Options(**given, tags=tuple(self.data.get("tags", {}).items()))

    def _publishing(self, clients: Clients) -> Publishing:
        from c7n_certrenew.renewal.publishing import Publishing

        by = f"Written by c7n-certrenew, policy {host.policy_name(self.manager)}"
        return Publishing(clients, by)

    def _log(self, outcome: CertificateOutcome, failed: bool) -> None:
        name, policy = outcome.plan.certificate.name, host.policy_name(self.manager)
        level = logging.ERROR if failed else logging.INFO
        said = summarize(outcome) + (f"; see {outcome.page}" if failed else "")
        log.log(level, "policy:%s certificate:%s %s", policy, name, said)

    def _raise_for(self, failed: list[CertificateOutcome]) -> None:
        if failed:
            named = ", ".join(f"{o.plan.certificate.name} {o.state.value}" for o in failed)
            page = failed[0].page if len(failed) == 1 else PAGE
            raise RenewalIncompleteError(
                f"not renewed: {named}; what was done is in certrenew.json, what to do in {page}"
            )


def summarize(outcome: CertificateOutcome) -> str:
    """Return one line: the state, every reason, and what ended other than well."""
    from c7n_certrenew.core.outcome import UPLOAD_UNKNOWN

    parts = [str(reason) for reason in outcome.reasons]
    parts += [
        f"{', '.join(bindings)} {state}: {reason}"
        for (state, reason), bindings in _by_reason(outcome).items()
    ]
    parts += [f"not looked at: {scope}" for scope in outcome.unread]
    if not outcome.arns and outcome.reasons:
        unknown = any(reason.code == UPLOAD_UNKNOWN for reason in outcome.reasons)
        parts.append("nothing was changed" if unknown else "nothing was uploaded or changed")
    targets = outcome.plan.targets
    origins = ", ".join(dict.fromkeys(target.candidate.origin for target in targets))
    names = ", ".join(dict.fromkeys(target.name for target in targets))
    refused = f" {origins}" if origins and not outcome.arns and parts else ""
    renewed = f" as {names}" if outcome.arns else refused
    bindings = len(outcome.bindings)
    done = f" on {bindings} binding{'s' * (bindings > 1)}" if bindings else ""
    return f"{outcome.state.value}{renewed}{done}" + (f": {'; '.join(parts)}" if parts else "")


def _by_reason(outcome: CertificateOutcome) -> dict[tuple[str, str], list[str]]:
    """Return the bindings of each state and reason, where there is a reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for bound in outcome.bindings:
        if bound.reason:
            found.setdefault((bound.state.value, bound.reason), []).append(str(bound.binding))
    return found
