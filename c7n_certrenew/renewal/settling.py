"""Say on the certificates what became of them, where tags are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.aws import iam
from c7n_certrenew.core.lineage import REJECTED_TAG, REPLACED_BY_TAG, REPLACED_ON_TAG
from c7n_certrenew.core.model import ServerCertificate
from c7n_certrenew.core.preflight import Reason

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.plan import Plan
    from c7n_certrenew.renewal.exchange import Exchange


@dataclass(frozen=True)
class Settling:
    """Tags the certificates of one plan; `today` is YYYY-MM-DD."""

    clients: Clients
    plan: Plan
    today: str

    def rejected(self, exchange: Exchange, shown_bad: str) -> Reason:
        """Mark the new certificate as one that no later run may take by itself."""
        client = self.clients.get("iam")
        names = dict.fromkeys(
            one.name for one in exchange.new.values() if isinstance(one, ServerCertificate)
        )
        tags = {REJECTED_TAG: exchange.leaf.fingerprint}
        marked = [iam.tag(client, name, tags) for name in names]
        hint = "it could not be tagged as rejected: take it out of the source"
        said = f"{', '.join(names)} was shown bad ({shown_bad})"
        return Reason("shown-bad", said if all(marked) else f"{said}; {hint}")

    def replaced(self) -> None:
        """Mark the old certificate as one that another has replaced."""
        old, by = self.plan.stored, self.plan.targets[0].name
        if old.tag_map.get(REPLACED_BY_TAG) != by:
            tags = {REPLACED_BY_TAG: by, REPLACED_ON_TAG: self.today}
            iam.tag(self.clients.get("iam"), old.certificate.name, tags)
