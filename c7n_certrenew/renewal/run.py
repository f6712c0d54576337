"""Carry out the plans of one run: upload, rebind in waves, settle what became of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from c7n_certrenew.aws import iam
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS, is_ambiguous
from c7n_certrenew.aws.inventory import forget
from c7n_certrenew.core.candidate import Candidate
from c7n_certrenew.core.lineage import (
    LINEAGE_TAG,
    REJECTED_TAG,
    REPLACED_BY_TAG,
    REPLACED_ON_TAG,
    REPLACES_TAG,
    inherited_tags,
)
from c7n_certrenew.core.model import Binding, Listener, Role, ServerCertificate, by_listener
from c7n_certrenew.core.outcome import (
    CHANGED,
    STATE_OF_VERDICT,
    UPLOAD_UNKNOWN,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
    conclude,
    left_alone,
    told,
)
from c7n_certrenew.core.plan import Plan, Stored, Verdict
from c7n_certrenew.core.preflight import Reason
from c7n_certrenew.renewal.exchange import Exchange
from c7n_certrenew.renewal.judging import TIMEOUT
from c7n_certrenew.renewal.planning import Prepared
from c7n_certrenew.renewal.rebinding import Rebinder

log = logging.getLogger("custodian.certrenew.renewal")

_UNPROVEN = (BindingState.UNCONFIRMED, BindingState.UNKNOWN)
_Roles = Mapping[Listener, tuple[Role, ...]]


@dataclass(frozen=True)
class Options:
    """How carefully and how far a run goes, times in seconds: `timeout` is that of all of it."""

    canary: int = 1
    max_bindings: int = 50
    verify: str = "auto"
    propagation_timeout: float = 900.0
    timeout: float = 3600.0
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Started:
    """A certificate whose replacement is in IAM, and the listeners that are to get it."""

    plan: Plan
    rebinder: Rebinder
    uploaded: bool
    listeners: _Roles
    deferred: tuple[BindingOutcome, ...]


@dataclass(frozen=True)
class Run:
    """One run over the prepared plans of a policy.

    `report` is called with each outcome as soon as it is known, before the listeners of the
    next certificate are touched. `everywhere` says that no service or region was left out: only
    then is an old certificate called replaced.
    """

    clients: Clients
    options: Options
    now: datetime
    report: Callable[[CertificateOutcome], None]
    everywhere: bool = True
    _shown_bad: dict[str, str] = field(default_factory=dict)

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
        over = self.clients.budget.over
        full = TIMEOUT if over else "max-bindings was reached"
        listeners, deferred = _within(by_listener(plan.due), 0 if over else left, full)
        if not listeners and (over or deferred or not plan.held):
            bindings = (*deferred, *left_alone(plan, plan.new))
            state = conclude(bindings, unread)
            return CertificateOutcome(plan, state, bindings=bindings, unread=unread)
        try:
            with self.clients.budget.grace():  # an answer that was lost is looked for
                new, uploaded = self._upload(plan, old, candidate)
        except iam.UNREADABLE as fault:
            reasons = (_not_uploaded(plan, fault),)
            return CertificateOutcome(plan, CertificateState.REFUSED, reasons=reasons)
        rebinder = Rebinder(
            self.clients,
            Exchange(old, new, candidate.leaf),
            self.options.verify,
            self.options.propagation_timeout,
        )
        aside = (*deferred, *left_alone(plan, new.arn))
        return _Started(plan, rebinder, uploaded, listeners, aside)

    def _finish(self, start: _Started) -> CertificateOutcome:
        plan, unread = start.plan, start.plan.inventory.unread
        rebinder, exchange = start.rebinder, start.rebinder.exchange
        bad = self._shown_bad.get(exchange.leaf.fingerprint)
        if bad:
            reason = Reason("shown-bad", f"this run has shown {plan.name} bad: {bad}")
            state, arn = CertificateState.REFUSED, exchange.new.arn
            return CertificateOutcome(plan, state, arn, start.uploaded, reasons=(reason,))
        arn = exchange.new.arn
        ended = (*self._rebind(rebinder, start.listeners), *start.deferred)
        with self.clients.budget.grace():
            reasons = self._settle(plan, exchange, conclude(ended, unread), rebinder.shown_bad)
        bindings = told(plan, arn, ended, rebinder.shown_bad)
        state = conclude(bindings, unread)
        return CertificateOutcome(plan, state, arn, start.uploaded, bindings, reasons, unread)

    def _upload(
        self, plan: Plan, old: Stored, candidate: Candidate
    ) -> tuple[ServerCertificate, bool]:
        if plan.existing:
            return plan.existing, False
        ours = {LINEAGE_TAG: old.lineage, REPLACES_TAG: old.certificate.name}
        tags = inherited_tags(old.tag_map, dict(self.options.tags) | ours)
        client = self.clients.get("iam")
        new, request_id = iam.upload(client, plan.name, old.certificate.path, candidate, tags)
        log.info("certificate:%s uploaded as %s", old.certificate.name, plan.name)
        return new, bool(request_id)

    def _rebind(self, rebinder: Rebinder, listeners: _Roles) -> tuple[BindingOutcome, ...]:
        """Change canaries one by one, then the rest in parallel; undo all if one is shown bad.

        A canary that could not be changed proves nothing, so the next listener is one too. One
        that was changed but not confirmed leaves the others for the next run.
        """
        waiting, proven = list(listeners), 0
        ended: list[BindingOutcome] = []
        while waiting and proven < self.options.canary and not rebinder.shown_bad:
            listener = waiting.pop(0)
            canary = rebinder.change(listener, listeners[listener])
            ended.extend(canary)
            if any(one.state in _UNPROVEN for one in canary):
                reason = f"the canary {listener} was not confirmed"
                ended.extend(b for other in waiting for b in _deferred(other, listeners, reason))
                waiting.clear()
            proven += all(one.state in CHANGED for one in canary)
        ended.extend(rebinder.change_all({each: listeners[each] for each in waiting}))
        for listener in listeners:
            forget(self.clients, listener.service, listener.region)
        return rebinder.undo(ended) if rebinder.shown_bad else tuple(ended)

    def _settle(
        self, plan: Plan, exchange: Exchange, state: CertificateState, shown_bad: str
    ) -> tuple[Reason, ...]:
        """Say on the certificates what became of them, where tags are allowed."""
        client, old = self.clients.get("iam"), exchange.old
        if shown_bad:
            self._shown_bad[exchange.leaf.fingerprint] = shown_bad
            marked = iam.tag(client, plan.name, {REJECTED_TAG: exchange.leaf.fingerprint})
            return (_bad(plan, shown_bad, marked),)
        finished = state in (CertificateState.RENEWED, CertificateState.UNCHANGED)
        replaced = finished and self.everywhere
        if replaced and old.tag_map.get(REPLACED_BY_TAG) != plan.name:
            tags = {REPLACED_BY_TAG: plan.name, REPLACED_ON_TAG: f"{self.now:%Y-%m-%d}"}
            iam.tag(client, old.certificate.name, tags)
        return ()


def _not_uploaded(plan: Plan, fault: Exception) -> Reason:
    why = iam.explain_unreadable(fault)
    if isinstance(fault, FAULTS) and is_ambiguous(fault):
        return Reason(UPLOAD_UNKNOWN, f"whether {plan.name} was uploaded is not known: {why}")
    return Reason("upload-failed", f"{plan.name} was not uploaded: {why}")


def _bad(plan: Plan, shown_bad: str, marked: bool) -> Reason:
    hint = "" if marked else "; it could not be tagged as rejected: take it out of the source"
    return Reason("shown-bad", f"{plan.name} was shown bad ({shown_bad}){hint}")


def _urgency(prepared: Prepared) -> tuple[datetime, str]:
    return prepared.plan.certificate.expiration, prepared.plan.certificate.name


def _within(listeners: _Roles, left: int, reason: str) -> tuple[_Roles, tuple[BindingOutcome, ...]]:
    """Split off the listeners whose bindings do not fit into `left`, as DEFERRED for a reason.

    While anything is left one listener is taken, however many roles it has.
    """
    chosen: dict[Listener, tuple[Role, ...]] = {}
    deferred: list[BindingOutcome] = []
    for listener, roles in listeners.items():
        if len(roles) <= left or (left > 0 and not chosen):
            chosen[listener] = roles
            left -= len(roles)
        else:
            deferred += _deferred(listener, listeners, reason)
    return chosen, tuple(deferred)


def _deferred(listener: Listener, listeners: _Roles, reason: str) -> list[BindingOutcome]:
    return [
        BindingOutcome(Binding(listener, role, ""), BindingState.DEFERRED, reason)
        for role in listeners[listener]
    ]
