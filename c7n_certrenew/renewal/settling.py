"""Say on the certificates what became of them, where tags are allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.aws import iam, marks
from c7n_certrenew.core.lineage import (
    LINEAGE_TAG,
    REJECTED_TAG,
    REPLACED_BY_TAG,
    REPLACED_ON_TAG,
    REPLACES_TAG,
    lineage_of,
)
from c7n_certrenew.core.model import AcmCertificate
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.target import Store

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.core.plan import Plan
    from c7n_certrenew.core.target import Target
    from c7n_certrenew.renewal.exchange import Exchange

UNTAGGED = "it could not be tagged as rejected: take it out of the source"
_STALE = (REJECTED_TAG, REPLACED_BY_TAG, REPLACED_ON_TAG)
"""What a certificate that is served everywhere, and good, must not say of itself."""


@dataclass(frozen=True)
class Settling:
    """Tags the certificates of one plan; `today` is YYYY-MM-DD, `arns` are of what is new."""

    clients: Clients
    plan: Plan
    today: str
    arns: tuple[str, ...] = ()

    def rejected(self, exchange: Exchange, shown_bad: str) -> Reason:
        """Mark the new certificate as one that no later run may take by itself."""
        new = list(dict.fromkeys(exchange.new.values()))
        tags = {REJECTED_TAG: exchange.leaf.fingerprint}
        marked = [marks.mark(self.clients, one, tags) for one in new]
        said = f"{', '.join(dict.fromkeys(one.name for one in new))} was shown bad ({shown_bad})"
        return Reason("shown-bad", said if all(marked) else f"{said}; {UNTAGGED}")

    def replaced(self) -> None:
        """Mark the old certificate as one that another has replaced, and that one as good.

        One that was gone back from stays rejected: the tag is what later renewals know it by.
        """
        old, by = self.plan.stored, _called(self.plan.targets[0], self.arns)
        if old.tag_map.get(REPLACED_BY_TAG) != by:
            tags = {REPLACED_BY_TAG: by, REPLACED_ON_TAG: self.today}
            marks.mark(self.clients, old.certificate, tags)
        for target in self.plan.targets:
            if target.existing and target.existing.arn != old.certificate.arn:
                self._put_right(target.existing)

    def _put_right(self, new: AnyCertificate) -> None:
        """Have what was there before the run say what an upload would say of itself."""
        try:
            tags = marks.read(self.clients, new)
        except iam.UNREADABLE:
            return
        stale = [key for key in _STALE if key in tags]
        if stale:
            marks.unmark(self.clients, new, stale)
        due = {} if self.plan.going_back else self._due(new, tags)
        if due:
            marks.mark(self.clients, new, due)

    def _due(self, new: AnyCertificate, tags: dict[str, str]) -> dict[str, str]:
        """Return what is missing; one of ACM may replace several lineages, and is of none then.

        In IAM it says what was served last: an undo goes back to that.
        """
        old, before = self.plan.stored, tags.get(REPLACES_TAG)
        reference = _reference(old.certificate, new)
        said = before == reference or (before is not None and isinstance(new, AcmCertificate))
        due = {} if said else {REPLACES_TAG: reference}
        akin = lineage_of(new.name, tags) == old.lineage
        if akin or LINEAGE_TAG in tags or isinstance(new, AcmCertificate):
            return due
        return {**due, LINEAGE_TAG: old.lineage}


def _reference(old: AnyCertificate, new: AnyCertificate) -> str:
    """Return the old one's name where both are in IAM, else its ARN."""
    both = not isinstance(old, AcmCertificate) and not isinstance(new, AcmCertificate)
    return old.name if both else old.arn


def _called(target: Target, arns: tuple[str, ...]) -> str:
    """Return the new one's name in IAM, or its ARN in ACM, of several that of the first region."""
    return next(iter(arns), target.name) if target.store is Store.ACM else target.name
