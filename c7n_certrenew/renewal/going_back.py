"""Say on certificates, before anything is rebound, which of them is served again and which not."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from c7n_certrenew.aws import marks
from c7n_certrenew.core.lineage import REJECTED_TAG, REPLACED_BY_TAG, REPLACED_ON_TAG

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.plan import Plan

log = logging.getLogger("custodian.certrenew.renewal")

REPLACED = (REPLACED_BY_TAG, REPLACED_ON_TAG)
"""What makes a certificate one that may be pruned, and one that should not be served again."""


def go_back(clients: Clients, plan: Plan) -> None:
    """Call what is served bad, and what was replaced not replaced, if the plan goes back.

    Both come first: whenever a run is killed, the next renewal does not bring back what somebody
    is about to take out, and nothing that is served may be pruned. Where tags are not allowed a
    warning says so. Never raises.
    """
    if not plan.going_back:
        return
    old = plan.stored
    rejected = {REJECTED_TAG: old.leaf.fingerprint}
    if old.tag_map.get(REJECTED_TAG) != old.leaf.fingerprint and not marks.mark(
        clients, old.certificate, rejected
    ):
        log.warning(
            "certificate:%s could not be tagged %s: take it out of the source, or the next "
            "renewal brings it back",
            old.certificate.name,
            REJECTED_TAG,
        )
    for target in plan.targets:
        if target.existing and not marks.unmark(clients, target.existing, REPLACED):
            log.warning(
                "certificate:%s could not be freed of its tag %s: the next renewal says that it "
                "went back",
                target.name,
                REPLACED_BY_TAG,
            )
