"""Which certificates a renewal left behind, and what keeps each of them from being deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING

from c7n_certrenew.core.lineage import REPLACED_BY_TAG, REPLACED_ON_TAG
from c7n_certrenew.core.model import Unread
from c7n_certrenew.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from c7n_certrenew.core.model import AcmCertificate, Inventory, ServerCertificate

KEEP_DAYS = 7


@dataclass(frozen=True)
class Retention:
    """How long what nobody serves any more is kept, in days.

    With `anything` also what no renewal of ours replaced, once it has been expired that long.
    """

    keep_days: float = KEEP_DAYS
    anything: bool = False


@dataclass(frozen=True)
class Known:
    """What there is, by name, who serves what, and the moment at which it is judged.

    `in_acm` are the certificates in ACM that tags name, by ARN; one that is left out is gone.
    The certificates must have been listed after the inventory was read: otherwise one that was
    uploaded and bound in between would be unknown.
    """

    certificates: Mapping[str, ServerCertificate]
    inventory: Inventory
    now: datetime
    in_acm: Mapping[str, AcmCertificate | Unread] = field(default_factory=dict)


@dataclass(frozen=True)
class Superseded:
    """A certificate that is left over, by what, since when, and why it must be kept all the same.

    `unread` is what would have to be known to say that it may go.
    """

    replaced_by: str = ""
    replaced_on: str = ""
    kept: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return every reason to keep it; without one it may go."""
        return (*self.kept, *(f"not looked at: {scope}" for scope in self.unread))


def judge(
    certificate: ServerCertificate,
    tags: Mapping[str, str] | Unread,
    known: Known,
    retention: Retention,
) -> Superseded | None:
    """Return what is to be said of one certificate, None where it is no left-over.

    `tags` are its own, or why they could not be read. A tag alone is never enough: what it names
    must be there, be valid, and be valid for longer, so that of those that name each other one
    stays.
    """
    served = tuple(f"{b} serves it" for b in known.inventory.serving(certificate))
    listed = {one.arn for one in known.certificates.values()}
    unlisted = known.inventory.unlisted(listed, certificate.account_id)
    unread = (*known.inventory.unread, *unlisted)
    if isinstance(tags, Unread):
        return Superseded(kept=served, unread=(tags, *unread))
    by, on = tags.get(REPLACED_BY_TAG, ""), tags.get(REPLACED_ON_TAG, "")
    new = known.in_acm.get(by)
    if isinstance(new, Unread):
        unread = (new, *unread)
    waits = _waits(certificate, by, on, known, retention)
    if retention.anything and _long_expired(certificate, known.now, retention):
        waits = ()
    elif not by:
        return None
    return Superseded(by, on, (*served, *waits), unread)


def _waits(
    old: ServerCertificate, by: str, on: str, known: Known, retention: Retention
) -> tuple[str, ...]:
    """Return what is wrong with the replacement, and whether it is too soon."""
    return tuple(filter(None, (_replacement(old, by, known), _too_soon(old, on, known, retention))))


def _replacement(old: ServerCertificate, by: str, known: Known) -> str:
    new = known.certificates.get(by) or known.in_acm.get(by)
    if isinstance(new, Unread):
        return ""
    if new is None:
        return f"{plain(by)}, which replaced it, is not in {'ACM' if ':acm:' in by else 'IAM'}"
    if new.expiration <= known.now:
        return f"{plain(by)}, which replaced it, has expired"
    if new.expiration <= old.expiration:
        return f"{plain(by)}, which replaced it, is not valid for longer"
    return ""


def _too_soon(old: ServerCertificate, on: str, known: Known, retention: Retention) -> str:
    if old.expiration <= known.now:
        return ""
    try:
        days = (known.now.date() - date.fromisoformat(on)).days
    except ValueError:
        return f"its tag {REPLACED_ON_TAG} does not say since when it is replaced"
    if days >= retention.keep_days:
        return ""
    return f"it was replaced on {on} and is kept for {retention.keep_days:g} days"


def _long_expired(old: ServerCertificate, now: datetime, retention: Retention) -> bool:
    return old.expiration + timedelta(days=retention.keep_days) <= now


class PruneState(str, Enum):
    """How the removal of one certificate ended."""

    PRUNED = "PRUNED"
    """It is gone: deleted, or by somebody else before."""
    KEPT = "KEPT"
    """It must stay; the reasons say why."""
    FAILED = "FAILED"
    """It may go and could not be deleted, or that could not be found out."""


@dataclass(frozen=True)
class Pruning:
    """One certificate's end."""

    certificate: ServerCertificate
    state: PruneState
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.state.value, "; ".join(self.reasons))))
