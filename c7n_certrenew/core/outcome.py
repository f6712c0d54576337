"""What a renewal did, binding by binding and certificate by certificate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from c7n_certrenew.core.plan import Plan, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from c7n_certrenew.core.model import Binding, Unread
    from c7n_certrenew.core.preflight import Reason


class BindingState(str, Enum):
    """How one binding ended."""

    VERIFIED = "VERIFIED"
    """Read back, and seen by a handshake wherever the old certificate was seen before."""
    API_VERIFIED = "API_VERIFIED"
    """Read back; handshakes were not asked for or could not reach every address."""
    UNCONFIRMED = "UNCONFIRMED"
    """Read back, but an address still served the old certificate at the deadline."""
    UNCHANGED = "UNCHANGED"
    """It had the new certificate already."""
    SKIPPED = "SKIPPED"
    """It no longer had the old certificate: somebody else changed it."""
    DEFERRED = "DEFERRED"
    """Left for the next run: `max-bindings` was reached."""
    FAILED = "FAILED"
    """It could not be changed, or not be put back; the reason says which."""
    UNKNOWN = "UNKNOWN"
    """A change was asked for and neither its answer nor a second look was to be had."""
    UNDONE = "UNDONE"
    """Put back to the old certificate, because the new one was shown bad."""


class CertificateState(str, Enum):
    """How one certificate ended."""

    RENEWED = "RENEWED"
    UNCHANGED = "UNCHANGED"
    UNUSED = "UNUSED"
    WAITING = "WAITING"
    DEFERRED = "DEFERRED"
    INCOMPLETE = "INCOMPLETE"
    UNDONE = "UNDONE"
    REFUSED = "REFUSED"


_FAILED_STATES = (
    CertificateState.INCOMPLETE,
    CertificateState.UNDONE,
    CertificateState.REFUSED,
)
CHANGED = (BindingState.VERIFIED, BindingState.API_VERIFIED, BindingState.UNCONFIRMED)
_UNFINISHED = (BindingState.FAILED, BindingState.UNKNOWN, BindingState.UNCONFIRMED)


@dataclass(frozen=True)
class BindingOutcome:
    """One binding's end. `request_ids` are AWS's, of the calls that changed something."""

    binding: Binding
    state: BindingState
    reason: str = ""
    request_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class CertificateOutcome:
    """One certificate's end, with what was done on the way.

    `arn` is the new certificate's; empty if there is none.
    """

    plan: Plan
    state: CertificateState
    arn: str = ""
    uploaded: bool = False
    bindings: tuple[BindingOutcome, ...] = ()
    reasons: tuple[Reason, ...] = ()
    unread: tuple[Unread, ...] = ()

    def failed(self, now: datetime) -> bool:
        """Say whether the run must end non-zero.

        What waits, for its replacement or for the next run, may wait until it has expired.
        """
        if self.state in (CertificateState.WAITING, CertificateState.DEFERRED):
            return bool(self.plan.bindings) and self.plan.certificate.expiration <= now
        return self.state in _FAILED_STATES


def conclude(bindings: Iterable[BindingOutcome], unread: Iterable[Unread]) -> CertificateState:
    """Return the certificate's state from its bindings and from what was not looked at."""
    states = {outcome.state for outcome in bindings}
    if states.intersection(_UNFINISHED):
        return CertificateState.INCOMPLETE
    if BindingState.UNDONE in states:
        return CertificateState.UNDONE
    if tuple(unread):
        return CertificateState.INCOMPLETE
    if BindingState.DEFERRED in states:
        return CertificateState.DEFERRED
    if states.intersection(CHANGED):
        return CertificateState.RENEWED
    return CertificateState.UNCHANGED


STATE_OF_VERDICT = {
    Verdict.WAITING: CertificateState.WAITING,
    Verdict.UNUSED: CertificateState.UNUSED,
    Verdict.REFUSED: CertificateState.REFUSED,
}
