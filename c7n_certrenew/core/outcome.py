"""What a renewal did, binding by binding and certificate by certificate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING

from c7n_certrenew.core.held import Hold
from c7n_certrenew.core.model import Listener
from c7n_certrenew.core.owner import what_to_change
from c7n_certrenew.core.page import page_for
from c7n_certrenew.core.plan import Plan, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from c7n_certrenew.core.held import Reverted
    from c7n_certrenew.core.model import Binding, Role, Unread
    from c7n_certrenew.core.reason import Reason


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
    """Left for the next run: for `max-bindings`, the time-out, or what came before it in `order`.

    That is a canary or a wave that is not proven, or a certificate that was shown bad.
    """
    FAILED = "FAILED"
    """It could not be changed, or not be put back; the reason says which."""
    UNKNOWN = "UNKNOWN"
    """A change was asked for and neither its answer nor a second look was to be had."""
    UNDONE = "UNDONE"
    """Put back to the old certificate, because the new one was shown bad."""
    MANAGED = "MANAGED"
    """Left as it is: its owner would put the old one back. The reason says what to change there."""
    REVERTED = "REVERTED"
    """It had gone back to the old certificate since an earlier run, and was changed again."""


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
_UNFINISHED = (
    BindingState.FAILED,
    BindingState.UNKNOWN,
    BindingState.UNCONFIRMED,
    BindingState.MANAGED,
    BindingState.REVERTED,
)


UPLOAD_UNKNOWN = "upload-unknown"
"""Code of the reason that neither the answer to an upload nor a second look was to be had."""


@dataclass(frozen=True)
class BindingOutcome:
    """One binding's end. `request_ids` are AWS's, of the calls that changed something."""

    binding: Binding
    state: BindingState
    reason: str = ""
    request_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Published:
    """Where the new ARN stands for infrastructure code to read: a parameter and its version."""

    region: str
    name: str
    version: int


@dataclass(frozen=True)
class CertificateOutcome:
    """One certificate's end, with what was done on the way.

    `arns` are the new certificate's: one in IAM, one a region in ACM, none if it is in neither.
    """

    plan: Plan
    state: CertificateState
    arns: tuple[str, ...] = ()
    uploaded: bool = False
    bindings: tuple[BindingOutcome, ...] = ()
    reasons: tuple[Reason, ...] = ()
    unread: tuple[Unread, ...] = ()
    published: tuple[Published, ...] = ()

    @property
    def page(self) -> str:
        """Return where it is written what to do: for its one reason, if there is but one."""
        unfinished = {one.state.value for one in self.bindings if one.state in _UNFINISHED}
        words = {reason.code for reason in self.reasons} or unfinished
        return page_for(words.pop() if len(words) == 1 else self.state.value)

    def failed(self, now: datetime, alarm_days: float = 0) -> bool:
        """Say whether the run must end non-zero.

        What is served may wait for the next run until it has expired, and for its replacement
        until it has so many days left.
        """
        if self.state not in (CertificateState.WAITING, CertificateState.DEFERRED):
            return self.state in _FAILED_STATES
        plan, days = self.plan, alarm_days if self.state is CertificateState.WAITING else 0
        served = plan.bindings or plan.others or plan.inventory.unread  # unknown counts as served
        return bool(served) and plan.certificate.expiration - now <= timedelta(days=days)


def changes(outcome: CertificateOutcome) -> int:
    """Return how many bindings a certificate's run has changed, or may have."""
    ended = outcome.bindings
    return sum(bool(one.request_ids) or one.state is BindingState.UNKNOWN for one in ended)


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


New = Callable[[Listener], str]
"""Say what a listener is to serve: the new certificate's ARN, or its name while it has none."""


def left_alone(plan: Plan, new: New) -> tuple[BindingOutcome, ...]:
    """Return how the bindings that the plan holds back ended: as they were."""
    went_back = {one.binding: f"{one.since}; " for one in plan.reverted}
    return tuple(
        BindingOutcome(
            one.binding,
            BindingState.MANAGED if one.kind is Hold.MANAGED else BindingState.FAILED,
            went_back.get(one.binding, "") + one.reason(new(one.binding.listener)),
        )
        for one in plan.held
    )


def told(
    plan: Plan, new: New, outcomes: Iterable[BindingOutcome], shown_bad: str = ""
) -> tuple[BindingOutcome, ...]:
    """Say of what was changed whether it had gone back, and who will put the old one back.

    An owner is not told to take a certificate that was `shown_bad`.
    """
    if shown_bad:
        return tuple(_warned(one) for one in outcomes)
    back = {(one.binding.listener, one.binding.role): one for one in plan.reverted}
    return tuple(_told(one, new, back) for one in outcomes)


def _warned(ended: BindingOutcome) -> BindingOutcome:
    if ended.state is not BindingState.MANAGED:
        return ended
    owner = ended.binding.listener.managed_by
    return replace(ended, reason=f"of {owner}; left as it is: the new certificate was shown bad")


def _told(
    ended: BindingOutcome, new: New, back: Mapping[tuple[Listener, Role], Reverted]
) -> BindingOutcome:
    if ended.state not in CHANGED:
        return ended
    listener = ended.binding.listener
    reverted = back.get((listener, ended.binding.role))
    if reverted:
        again = f"changed again, {ended.state.value}"
        reason = "; ".join(filter(None, (again, ended.reason, reverted.reason(new(listener)))))
        return replace(ended, state=BindingState.REVERTED, reason=reason)
    if listener.managed_by:
        owner = what_to_change(listener.managed_by, ended.binding, new(listener))
        return replace(ended, reason="; ".join(filter(None, (ended.reason, owner))))
    return ended


STATE_OF_VERDICT = {
    Verdict.WAITING: CertificateState.WAITING,
    Verdict.UNUSED: CertificateState.UNUSED,
    Verdict.REFUSED: CertificateState.REFUSED,
}
