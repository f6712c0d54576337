"""Carry out the plans of one run: upload, rebind in waves, settle what became of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from c7n_certrenew.aws import iam
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.aws.inventory import forget
from c7n_certrenew.core.candidate import Candidate, CandidateError
from c7n_certrenew.core.lineage import (
    LINEAGE_TAG,
    REJECTED_TAG,
    REPLACED_BY_TAG,
    REPLACED_ON_TAG,
    REPLACES_TAG,
    inherited_tags,
)
from c7n_certrenew.core.model import Binding, Listener, Role, by_listener
from c7n_certrenew.core.outcome import (
    CHANGED,
    STATE_OF_VERDICT,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
    conclude,
)
from c7n_certrenew.core.plan import Plan, Stored, Verdict
from c7n_certrenew.core.preflight import Reason
from c7n_certrenew.renewal.planning import Prepared
from c7n_certrenew.renewal.rebinding import Exchange, Rebinder

log = logging.getLogger("custodian.certrenew.renewal")

_WORKERS = 16
_Roles = Mapping[Listener, tuple[Role, ...]]


@dataclass(frozen=True)
class Options:
    """How carefully and how far a run goes. `propagation_timeout` is in seconds."""

    canary: int = 1
    max_bindings: int = 50
    verify: str = "auto"
    propagation_timeout: float = 900.0
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Started:
    """A certificate whose replacement is in IAM, and the listeners that are to get it."""

    plan: Plan
    exchange: Exchange
    uploaded: bool
    listeners: _Roles
    deferred: tuple[BindingOutcome, ...]


@dataclass(frozen=True)
class Run:
    """One run over the prepared plans of a policy.

    `report` is called with each outcome as soon as it is known, before the listeners of the
    next certificate are touched.
    """

    clients: Clients
    options: Options
    now: datetime
    report: Callable[[CertificateOutcome], None]

    def carry_out(self, prepared: Iterable[Prepared]) -> tuple[CertificateOutcome, ...]:
        """Renew the most urgent first, until `max_bindings` bindings were taken on.

        Everything is uploaded before anything is rebound, so that the certificates become
        known to the load balancers at the same time.
        """
        outcomes: list[CertificateOutcome] = []
        started: list[_Started] = []
        left = self.options.max_bindings
        for one in sorted(prepared, key=_urgency):
            start = self._start(one, left)
            if isinstance(start, CertificateOutcome):
                outcomes.append(self._ended(start))
            else:
                started.append(start)
                left -= sum(map(len, start.listeners.values()))
        return (*outcomes, *(self._ended(self._finish(start)) for start in started))

    def _ended(self, outcome: CertificateOutcome) -> CertificateOutcome:
        self.report(outcome)
        return outcome

    def _start(self, prepared: Prepared, left: int) -> _Started | CertificateOutcome:
        """Upload what is ready and fits into the run; otherwise say how it ended."""
        plan, old, candidate = prepared.plan, prepared.plan.old, prepared.candidate
        unread = plan.inventory.unread
        if plan.verdict is not Verdict.READY or old is None or candidate is None:
            state = STATE_OF_VERDICT.get(plan.verdict, CertificateState.REFUSED)
            return CertificateOutcome(plan, state, reasons=plan.refusals or plan.notes)
        listeners, deferred = _within(by_listener(plan.bindings), left)
        if not listeners:
            state = conclude(deferred, unread)
            return CertificateOutcome(plan, state, bindings=deferred, unread=unread)
        try:
            arn, uploaded = self._upload(plan, old, candidate)
        except (*FAULTS, CandidateError) as fault:
            reason = Reason("upload-failed", f"{plan.name} was not uploaded: {_why(fault)}")
            return CertificateOutcome(plan, CertificateState.REFUSED, reasons=(reason,))
        exchange = Exchange(old, candidate.leaf, arn)
        return _Started(plan, exchange, uploaded, listeners, deferred)

    def _finish(self, start: _Started) -> CertificateOutcome:
        plan, unread = start.plan, start.plan.inventory.unread
        bindings = (*self._rebind(start.exchange, start.listeners), *start.deferred)
        state = conclude(bindings, unread)
        reasons = self._settle(plan, start.exchange.old, state)
        arn = start.exchange.new_arn
        return CertificateOutcome(plan, state, arn, start.uploaded, bindings, reasons, unread)

    def _upload(self, plan: Plan, old: Stored, candidate: Candidate) -> tuple[str, bool]:
        if plan.existing_arn:
            return plan.existing_arn, False
        ours = {LINEAGE_TAG: old.lineage, REPLACES_TAG: old.certificate.name}
        tags = inherited_tags(old.tag_map, dict(self.options.tags) | ours)
        client = self.clients.get("iam")
        arn, request_id = iam.upload(client, plan.name, old.certificate.path, candidate, tags)
        log.info("certificate:%s uploaded as %s", old.certificate.name, plan.name)
        return arn, bool(request_id)

    def _rebind(self, exchange: Exchange, listeners: _Roles) -> tuple[BindingOutcome, ...]:
        """Change canaries one by one, then the rest in parallel; undo all if one is shown bad."""
        rebinder = Rebinder(
            self.clients, exchange, self.options.verify, self.options.propagation_timeout
        )
        waiting, proven = list(listeners), 0
        ended: list[BindingOutcome] = []
        while waiting and proven < self.options.canary and not rebinder.shown_bad:
            listener = waiting.pop(0)
            canary = rebinder.change(listener, listeners[listener])
            proven += any(b.state in CHANGED for b in canary)
            ended.extend(canary)
        with ThreadPoolExecutor(_WORKERS) as pool:
            for others in pool.map(lambda each: rebinder.change(each, listeners[each]), waiting):
                ended.extend(others)
        for listener in listeners:
            forget(self.clients, listener.service, listener.region)
        return rebinder.undo(ended) if rebinder.shown_bad else tuple(ended)

    def _settle(self, plan: Plan, old: Stored, state: CertificateState) -> tuple[Reason, ...]:
        """Say on the certificates what became of them, where tags are allowed."""
        client = self.clients.get("iam")
        if state is CertificateState.UNDONE and plan.candidate:
            iam.tag(client, plan.name, {REJECTED_TAG: plan.candidate.leaf.fingerprint})
            return (Reason("shown-bad", f"{plan.name} was shown bad and put back out"),)
        finished = state in (CertificateState.RENEWED, CertificateState.UNCHANGED)
        if finished and old.tag_map.get(REPLACED_BY_TAG) != plan.name:
            replaced = {REPLACED_BY_TAG: plan.name, REPLACED_ON_TAG: f"{self.now:%Y-%m-%d}"}
            iam.tag(client, old.certificate.name, replaced)
        return ()


def _urgency(prepared: Prepared) -> tuple[datetime, str]:
    return prepared.plan.certificate.expiration, prepared.plan.certificate.name


def _within(listeners: _Roles, left: int) -> tuple[_Roles, tuple[BindingOutcome, ...]]:
    """Split off the listeners whose bindings do not fit into `left`, as DEFERRED.

    While anything is left one listener is taken, however many roles it has.
    """
    chosen: dict[Listener, tuple[Role, ...]] = {}
    deferred: list[BindingOutcome] = []
    for listener, roles in listeners.items():
        if len(roles) <= left or (left > 0 and not chosen):
            chosen[listener] = roles
            left -= len(roles)
        else:
            bindings = (Binding(listener, role, "") for role in roles)
            deferred += [
                BindingOutcome(b, BindingState.DEFERRED, "max-bindings was reached")
                for b in bindings
            ]
    return chosen, tuple(deferred)


def _why(fault: Exception) -> str:
    return str(fault) if isinstance(fault, CandidateError) else explain(fault)
