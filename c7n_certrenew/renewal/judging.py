"""Say how the bindings of a listener ended, by what it holds and what clients see."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from c7n_certrenew.aws.faults import FAULTS, explain, is_full, is_rejection
from c7n_certrenew.core.model import Binding, Role
from c7n_certrenew.core.outcome import BindingOutcome, BindingState
from c7n_certrenew.renewal.verification import Finding

if TYPE_CHECKING:
    from c7n_certrenew.aws.consumers import Serving
    from c7n_certrenew.core.model import Listener
    from c7n_certrenew.renewal.exchange import Change, Exchange

log = logging.getLogger("custodian.certrenew.rebinding")

SOMEBODY = "somebody else has changed it since"
TIMEOUT = "the run's time-out"
FULL = (
    "its SNI list is full, so that the old certificate would have to go before the new one comes: "
    "take one of the load balancer's 25 out that is not needed, or say full-list: swap"
)


@dataclass
class Judge:
    """Judges the listeners of one exchange.

    `shown_bad` is why the new certificate must not stay anywhere, empty while it is good;
    `accepted` says that a listener has taken it.
    """

    exchange: Exchange
    shown_bad: str = ""
    accepted: bool = False

    def ended(
        self,
        listener: Listener,
        roles: Iterable[Role],
        state: BindingState,
        reason: str,
        request_ids: Iterable[str] = (),
    ) -> tuple[BindingOutcome, ...]:
        """Say the same of all bindings of a listener."""
        ids = tuple(request_ids)
        return tuple(
            BindingOutcome(self._binding(listener, role), state, reason, ids) for role in roles
        )

    def shown(
        self, listener: Listener, roles: Iterable[Role], serving: Serving, change: Change
    ) -> tuple[BindingOutcome, ...]:
        """Say how each binding ended by what the API shows."""
        return tuple(self._shown(listener, role, serving, change) for role in roles)

    def failure(self, change: Change) -> Finding:
        """Judge a listener that did not take the change.

        A consumer that rejects a certificate which no other has taken shows it bad.
        """
        if change.fault is None:
            return Finding(BindingState.FAILED, "the API still shows the old certificate")
        reason = explain(change.fault)
        if is_rejection(change.fault) and not self.accepted:
            return Finding(BindingState.UNDONE, f"rejected: {reason}", bad=True)
        if is_full(change.fault) and not change.swapped:
            return Finding(BindingState.FAILED, f"{FULL} ({reason})")
        return Finding(BindingState.FAILED, reason)

    def judged(
        self, listener: Listener, shown: tuple[BindingOutcome, ...], change: Change, found: Finding
    ) -> tuple[BindingOutcome, ...]:
        """Say of what the API shows changed, or failed, what was found of it."""
        failed = any_in(BindingState.FAILED, shown)
        if found.bad:
            self.condemn(listener, found.reason)
        elif not failed:
            self.accepted = True
        log.info("%s %s%s", listener, found.state.value, found.reason and f": {found.reason}")
        judged = BindingState.FAILED if failed else BindingState.API_VERIFIED
        return tuple(
            replace(one, state=found.state, reason=_joined(found.reason, _swap(one, change)))
            if one.state is judged and not one.reason
            else one
            for one in shown
        )

    def condemn(self, listener: Listener, reason: str) -> None:
        """Call the new certificate bad; the first listener that shows it is named."""
        self.shown_bad = self.shown_bad or f"{listener}: {reason}"

    def lacking(self, listener: Listener, change: Change) -> str:
        """Say what a listener lacks whose list would take neither back."""
        old, new = self.exchange.old.certificate.name, self.exchange.at(listener).name
        served = ", its default serves their names" if change.bridged else ""
        why = f" ({explain(change.fault)})" if change.fault else ""
        return (
            f"its SNI list was full, {old} was taken out and neither {new} nor {old} could be "
            f"added{why}: the list lacks both{served}; add {new} to it"
        )

    def _shown(
        self, listener: Listener, role: Role, serving: Serving, change: Change
    ) -> BindingOutcome:
        state, reason = BindingState.SKIPPED, SOMEBODY
        old, new = self.exchange.references(listener)
        if role in serving.roles(old):
            state, reason = BindingState.FAILED, ""
        elif role in serving.roles(new):
            landed = role in change.roles
            state, reason = BindingState.API_VERIFIED if landed else BindingState.UNCHANGED, ""
        elif role is Role.SNI and change.swapped:
            state, reason = BindingState.FAILED, self.lacking(listener, change)
        ids = tuple(change.request_ids) if role in change.roles else ()
        return BindingOutcome(self._binding(listener, role), state, reason, ids)

    def _binding(self, listener: Listener, role: Role) -> Binding:
        return Binding(listener, role, self.exchange.references(listener)[0])


def any_in(state: BindingState, outcomes: Iterable[BindingOutcome]) -> bool:
    """Say whether any of the bindings ended like this."""
    return any(one.state is state for one in outcomes)


def why(fault: Exception) -> str:
    """Return what went wrong; a plain LookupError is a consumer's own sentence."""
    if isinstance(fault, FAULTS):
        return explain(fault)
    return str(fault) if type(fault) is LookupError else f"{type(fault).__name__}: {fault}"


def _swap(outcome: BindingOutcome, change: Change) -> str:
    if not change.swapped or outcome.binding.role is not Role.SNI:
        return ""
    served = ", the default served their names meanwhile" if change.bridged else ""
    return f"its SNI list was full: for a moment neither certificate was in it{served}"


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))
