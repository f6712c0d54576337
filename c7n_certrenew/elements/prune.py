"""The action `prune`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from c7n.actions import BaseAction
from c7n.utils import dumps, type_schema

from c7n_certrenew.elements import host, permissions
from c7n_certrenew.elements.superseded import ACTION, OPTIONS, retention_of
from c7n_certrenew.errors import CertrenewError

if TYPE_CHECKING:
    from c7n_certrenew.core.superseded import Pruning

log = logging.getLogger("custodian.certrenew")


class Prune(BaseAction):
    """Delete server certificates that a renewal replaced and nobody serves any more.

    Takes what the filter `superseded` describes, `keep-days` and `scope` included (said once, in
    either place), but trusts neither it nor the tag: before the first deletion it looks at every
    service in every region, which no option narrows, and right before each deletion it lists the
    certificates and reads this one's tags again. While anything anywhere could not be read,
    nothing is deleted. A dry run of the filter shows what would be done.

    Each certificate ends as PRUNED, as KEPT with every reason, or as FAILED; one line in the log
    says so, and `action-prune` in the policy's output. Where AWS says that something still uses it
    (DeleteConflict, for hours after the last listener let go), it is KEPT: the next run tries
    again. The run fails if a certificate could not be deleted. What is deleted is gone: IAM never
    gives a private key back.

    For `custodian run` and `c7n-org run`, not for Lambda modes.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-prune
            resource: aws.iam-certificate
            max-resources: 20
            filters:
              - type: superseded
                keep-days: 30
            actions:
              - type: prune
    """

    schema = type_schema(ACTION, **OPTIONS)
    permissions = permissions.PRUNE

    def validate(self) -> Prune:
        """Check keys and types; raise PolicyValidationError."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        host.reject_lambda(self)
        retention_of(self.manager)

    def process(self, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Delete what may go; raise CertrenewError, when everything is written, if any FAILED."""
        from c7n_certrenew.aws.iam import server_certificate
        from c7n_certrenew.aws.pruning import prune
        from c7n_certrenew.core.superseded import PruneState

        if not resources:
            return []
        host.warn_when_repeated(self.manager)
        clients, now = host.clients_for(self.manager, resources), datetime.now(timezone.utc)
        ended: list[Pruning] = []
        for one in prune(
            clients, map(server_certificate, resources), retention_of(self.manager), now
        ):
            self._log(one)
            ended.append(one)
        failed = [one.certificate.name for one in ended if one.state is PruneState.FAILED]
        if failed:
            self._write(ended)
            raise CertrenewError(f"not pruned: {', '.join(failed)}; action-prune says why")
        return _shapes(ended)

    def _log(self, one: Pruning) -> None:
        from c7n_certrenew.core.superseded import PruneState

        levels = {PruneState.KEPT: logging.WARNING, PruneState.FAILED: logging.ERROR}
        policy = host.policy_name(self.manager)
        log.log(
            levels.get(one.state, logging.INFO),
            "policy:%s certificate:%s %s",
            policy,
            one.certificate.name,
            one,
        )

    def _write(self, ended: Iterable[Pruning]) -> None:
        """Write what Custodian writes of an action that does not raise."""
        self.manager.ctx.output.write_file(f"action-{self.name}", dumps(_shapes(ended)))


def _shapes(ended: Iterable[Pruning]) -> list[dict[str, Any]]:
    return [
        {
            "ServerCertificateName": one.certificate.name,
            "Arn": one.certificate.arn,
            "State": one.state.value,
            "Reasons": list(one.reasons),
        }
        for one in ended
    ]
