"""Remember on certificates which public keys must not be served any more."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from c7n_certrenew.aws import marks
from c7n_certrenew.core.retired import RETIRED_TAG, retired_keys, retired_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.core.plan import Plan

log = logging.getLogger("custodian.certrenew.renewal")


def retire(clients: Clients, plan: Plan) -> None:
    """Tag the old certificate, and the new one where it is there already, with the retired keys.

    Every later renewal of either refuses these keys, whatever its policy says. Where tags are not
    allowed a warning says so. Never raises.
    """
    tags = retired_tag(plan.retired)
    for certificate in dict.fromkeys(_marked(plan)) if tags else ():
        if not marks.mark(clients, certificate, tags):
            log.warning(
                "certificate:%s could not be tagged %s: later renewals do not refuse the old key",
                certificate.name,
                RETIRED_TAG,
            )


def _marked(plan: Plan) -> Iterator[AnyCertificate]:
    """Yield what is to be tagged: an upload gets its tags with it."""
    if retired_keys(plan.stored.tag_map) != plan.retired:
        yield plan.certificate
    for target in plan.targets:
        if target.existing:
            yield target.existing
