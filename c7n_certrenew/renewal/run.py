"""Carry out the plans of one run: upload, rebind in waves, settle what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.inventory import forget
from c7n_certrenew.core.model import Binding, Listener, Role, by_listener
from c7n_certrenew.core.outcome import (
    CHANGED,
    STATE_OF_VERDICT,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
    conclude,
    left_alone,
    told,
)
from c7n_certrenew.core.plan import Plan, Verdict
from c7n_certrenew.core.preflight import Reason
from c7n_certrenew.renewal.exchange import Exchange
from c7n_certrenew.renewal.judging import TIMEOUT
from c7n_certrenew.renewal.planning import Prepared
from c7n_certrenew.renewal.providing import Provided, provide
from c7n_certrenew.renewal.rebinding import Rebinder
from c7n_certrenew.renewal.settling import Settling

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
    full_list: str = "keep"
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Part:
    """Listeners that are to get the same certificate."""

    rebinder: Rebinder
    listeners: _Roles


@dataclass(frozen=True)
class _Started:
    """A certificate whose replacement is there, and the listeners that are to get it."""

    plan: Plan
    provided: Provided
    parts: tuple[_Part, ...]
    aside: tuple[BindingOutcome, ...]

    @property
    def arns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.arn for one in self.provided.new.values()))

    def new(self, listener: Listener) -> str:
        target = self.plan.target(listener)
        there = target and self.provided.new.get(target.region)
        return there.arn if there else self.plan.new(listener)


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
                left -= sum(len(roles) for part in start.parts for roles in part.listeners.values())
        return (*outcomes, *(self._ended(self._finish(start)) for start in started))

    def _ended(self, outcome: CertificateOutcome) -> CertificateOutcome:
        self.report(outcome)
        return outcome

    def _start(self, prepared: Prepared, left: int) -> _Started | CertificateOutcome:
        """Upload what is ready and fits into the run; otherwise say how it ended."""
        plan, unread = prepared.plan, prepared.plan.inventory.unread
        if plan.verdict is not Verdict.READY:
            state = STATE_OF_VERDICT[plan.verdict]
            return CertificateOutcome(plan, state, reasons=plan.refusals or plan.notes)
        over = self.clients.budget.over
        full = TIMEOUT if over else "max-bindings was reached"
        listeners, deferred = _within(by_listener(plan.due), 0 if over else left, full)
        if not listeners and (over or deferred or not plan.held):
            bindings = (*deferred, *left_alone(plan, plan.new))
            state = conclude(bindings, unread)
            return CertificateOutcome(plan, state, bindings=bindings, unread=unread)
        with self.clients.budget.grace():  # an answer that was lost is looked for
            tags = dict(self.options.tags)
            provided = provide(self.clients, plan, prepared.candidates, tags)
        if not provided.new:
            reasons = tuple(dict.fromkeys(provided.refused.values()))
            return CertificateOutcome(plan, CertificateState.REFUSED, reasons=reasons)
        parts = tuple(self._parts(plan, provided, listeners))
        aside = (*deferred, *_unprovided(plan, provided, listeners))
        return _Started(plan, provided, parts, aside)

    def _parts(self, plan: Plan, provided: Provided, listeners: _Roles) -> Iterator[_Part]:
        """Yield the listeners of each certificate: one is in several regions where ACM has it."""
        there = [one for one in plan.targets if one.region in provided.new]
        for leaf in dict.fromkeys(target.candidate.leaf for target in there):
            regions = [one.region for one in there if one.candidate.leaf == leaf]
            new = {region: provided.new[region] for region in regions}
            mine = {at: roles for at, roles in listeners.items() if _region(plan, at) in new}
            exchange = Exchange(plan.stored, new, leaf, plan.one_way)
            verify, timeout = self.options.verify, self.options.propagation_timeout
            swaps = self.options.full_list == "swap"
            yield _Part(Rebinder(self.clients, exchange, verify, timeout, swaps), mine)

    def _finish(self, start: _Started) -> CertificateOutcome:
        plan, unread, uploaded = start.plan, start.plan.inventory.unread, start.provided.uploaded
        known = [self._known_bad(part) for part in start.parts]
        if all(known):
            state, reasons = CertificateState.REFUSED, tuple(filter(None, known))
            return CertificateOutcome(plan, state, start.arns, uploaded, reasons=reasons)
        parts = [
            _failed(part.listeners, str(bad)) if bad else self._rebind(part)
            for part, bad in zip(start.parts, known, strict=True)
        ]
        ended = (*(one for part in parts for one in part), *start.aside)
        ended = (*ended, *left_alone(plan, start.new))
        with self.clients.budget.grace():
            settling = Settling(self.clients, plan, f"{self.now:%Y-%m-%d}")
            reasons = tuple(self._rejected(settling, start)) or self._settled(settling, ended)
        shown_bad = next((p.rebinder.shown_bad for p in start.parts if p.rebinder.shown_bad), "")
        bindings = told(plan, start.new, ended, shown_bad)
        state = conclude(bindings, unread)
        return CertificateOutcome(plan, state, start.arns, uploaded, bindings, reasons, unread)

    def _known_bad(self, part: _Part) -> Reason | None:
        """Return why listeners must not get what another certificate's have shown bad."""
        exchange = part.rebinder.exchange
        bad = self._shown_bad.get(exchange.leaf.fingerprint)
        name = next(iter(exchange.new.values())).name
        return Reason("shown-bad", f"this run has shown {name} bad: {bad}") if bad else None

    def _rejected(self, settling: Settling, start: _Started) -> Iterator[Reason]:
        """Mark what was shown bad, here and for the next certificates of the run."""
        for part in start.parts:
            exchange, shown_bad = part.rebinder.exchange, part.rebinder.shown_bad
            if shown_bad:
                self._shown_bad[exchange.leaf.fingerprint] = shown_bad
                yield settling.rejected(exchange, shown_bad)

    def _settled(self, settling: Settling, ended: Iterable[BindingOutcome]) -> tuple[Reason, ...]:
        state = conclude(ended, settling.plan.inventory.unread)
        if self.everywhere and state in (CertificateState.RENEWED, CertificateState.UNCHANGED):
            settling.replaced()
        return ()

    def _rebind(self, part: _Part) -> tuple[BindingOutcome, ...]:
        """Change canaries one by one, then the rest in parallel; undo all if one is shown bad.

        A canary that could not be changed proves nothing, so the next listener is one too. One
        that was changed but not confirmed leaves the others for the next run.
        """
        rebinder, listeners = part.rebinder, part.listeners
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


def _region(plan: Plan, listener: Listener) -> str | None:
    target = plan.target(listener)
    return target.region if target else None


def _unprovided(plan: Plan, provided: Provided, listeners: _Roles) -> Iterator[BindingOutcome]:
    """Yield the end of listeners whose certificate could not be brought to their region."""
    for listener, roles in listeners.items():
        reason = provided.refused.get(_region(plan, listener) or "")
        if reason:
            yield from _failed({listener: roles}, str(reason))


def _failed(listeners: _Roles, reason: str) -> tuple[BindingOutcome, ...]:
    return tuple(
        BindingOutcome(Binding(listener, role, ""), BindingState.FAILED, reason)
        for listener, roles in listeners.items()
        for role in roles
    )


def _deferred(listener: Listener, listeners: _Roles, reason: str) -> list[BindingOutcome]:
    return [
        BindingOutcome(Binding(listener, role, ""), BindingState.DEFERRED, reason)
        for role in listeners[listener]
    ]
