"""Carry out the plans of one run: upload, rebind in waves, settle what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.inventory import forget
from c7n_certrenew.core.model import AnyCertificate, by_listener
from c7n_certrenew.core.outcome import (
    STATE_OF_VERDICT,
    BindingOutcome,
    CertificateOutcome,
    CertificateState,
    changes,
    conclude,
    left_alone,
    told,
)
from c7n_certrenew.core.plan import Plan, Verdict
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.waves import Order, Roles, Share, share
from c7n_certrenew.renewal.exchange import Exchange
from c7n_certrenew.renewal.judging import TIMEOUT
from c7n_certrenew.renewal.planning import Prepared
from c7n_certrenew.renewal.providing import Provided, provide
from c7n_certrenew.renewal.publishing import NOT_PUBLISHED, Publishing, ready_for_owners
from c7n_certrenew.renewal.rebinding import Rebinder
from c7n_certrenew.renewal.settling import Settling
from c7n_certrenew.renewal.waves import Part, Started, deferred, failed

_UNDO = "docs/how-to/undo-a-renewal.md"


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
class Run:
    """One run over the prepared plans of a policy.

    `report` is called with each outcome as soon as it is known: without an order of regions
    before the listeners of the next certificate are touched. `everywhere` says that no service or
    region was left out: only then is an old certificate called replaced.
    """

    clients: Clients
    options: Options
    now: datetime
    report: Callable[[CertificateOutcome], None]
    everywhere: bool
    publishing: Publishing
    _shown_bad: dict[str, str] = field(default_factory=dict)
    _accepted: set[str] = field(default_factory=set)

    def carry_out(self, prepared: Iterable[Prepared]) -> tuple[CertificateOutcome, ...]:
        """Renew what is prepared, the most urgent first, as far as `max_bindings` go.

        Everything is uploaded before anything is rebound, so that the certificates become
        known to the load balancers at the same time. Then all of them get their first wave of
        listeners, then their second: a certificate that is not proven does not stop the others.
        What is left of `max_bindings` because nothing was changed goes to those that got none.
        """
        outcomes: list[CertificateOutcome] = []
        waiting = self._shared(tuple(prepared), self.options.max_bindings)
        while begun := [(one, part) for one, part in waiting if part.taken or not part.left]:
            outcomes += self._round(begun)
            room = self.options.max_bindings - sum(map(changes, outcomes))
            without = [one for one, part in waiting if part.left and not part.taken]
            waiting = self._shared(without, room)
        return (*outcomes, *self._round(waiting))

    def _shared(self, prepared: Sequence[Prepared], room: int) -> list[tuple[Prepared, Share]]:
        """Return each certificate with the listeners that fit into so many bindings."""
        order = prepared[0].plan.order if prepared else Order()
        plans = [one.plan for one in prepared]
        due = [by_listener(one.due if one.verdict is Verdict.READY else ()) for one in plans]
        return list(zip(prepared, share(due, order, room), strict=True))

    def _round(self, shares: Iterable[tuple[Prepared, Share]]) -> Iterator[CertificateOutcome]:
        """Yield how certificates end, those with the same replacement when all have had it."""
        started: list[Started] = []
        for one, part in shares:
            start = self._start(one, part)
            if isinstance(start, CertificateOutcome):
                yield self._ended(start)
            else:
                started.append(start)
        waves = sorted({wave for start in started for wave in start.waves})
        turns = [(wave, start) for wave in waves for start in started if wave in start.waves]
        for place, (wave, start) in enumerate(turns, 1):
            self._rebind(start, wave)
            to_come = {leaf for _, later in turns[place:] for leaf in later.leaves}
            through = [one for one in started if not one.leaves & to_come]
            started = [one for one in started if one.leaves & to_come]
            yield from (self._ended(self._finish(one)) for one in through)

    def _ended(self, outcome: CertificateOutcome) -> CertificateOutcome:
        self.report(outcome)
        return outcome

    def _start(self, prepared: Prepared, part: Share) -> Started | CertificateOutcome:
        """Upload what is ready and fits into the run; otherwise say how it ended."""
        plan, unread = prepared.plan, prepared.plan.inventory.unread
        if plan.verdict is not Verdict.READY:
            return self._not_ready(plan)
        over = self.clients.budget.over
        taken = {} if over else part.taken
        left = {**part.taken, **part.left} if over else part.left
        aside = deferred(left, TIMEOUT if over else "max-bindings was reached")
        if not taken and (over or aside or not plan.held):
            bindings = (*aside, *left_alone(plan, plan.new))
            state = conclude(bindings, unread)
            return CertificateOutcome(plan, state, bindings=bindings, unread=unread)
        with self.clients.budget.grace():  # an answer that was lost is looked for
            tags = dict(self.options.tags)
            provided = provide(self.clients, plan, prepared.candidates, tags)
        if not provided.new:
            reasons = tuple(dict.fromkeys(provided.refused.values()))
            return CertificateOutcome(plan, CertificateState.REFUSED, reasons=reasons)
        parts = tuple(self._parts(plan, provided, taken))
        return Started(plan, provided, parts, (*aside, *_unprovided(plan, provided, taken)))

    def _not_ready(self, plan: Plan) -> CertificateOutcome:
        """Return how a certificate ends of which no listener is to be changed."""
        state = STATE_OF_VERDICT[plan.verdict]
        ended = CertificateOutcome(plan, state, reasons=plan.refusals or plan.notes)
        there = {one.region: one.existing for one in plan.targets if one.existing}
        return self._published(ended, plan, there)

    def _parts(self, plan: Plan, provided: Provided, listeners: Roles) -> Iterator[Part]:
        """Yield the listeners of each certificate: one is in several regions where ACM has it."""
        there = [one for one in plan.targets if one.region in provided.new]
        for leaf in dict.fromkeys(target.candidate.leaf for target in there):
            regions = [one.region for one in there if one.candidate.leaf == leaf]
            new = {region: provided.new[region] for region in regions}
            mine = {
                at: roles
                for at, roles in listeners.items()
                if (target := plan.target(at)) and target.region in new
            }
            exchange = Exchange(plan.stored, new, leaf, plan.one_way)
            verify, timeout = self.options.verify, self.options.propagation_timeout
            swaps = self.options.full_list == "swap"
            yield Part(Rebinder(self.clients, exchange, verify, timeout, swaps), mine)

    def _rebind(self, start: Started, wave: int) -> None:
        for part in start.parts:
            if part.fingerprint in self._accepted:
                part.rebinder.accept()
        start.rebind(wave, self.options.canary, self._known_bad)
        self._accepted.update(part.fingerprint for part in start.parts if part.rebinder.accepted)
        for part in start.parts:
            for listener in start.of(part, wave):
                forget(self.clients, listener.service, listener.region)
            if part.rebinder.shown_bad:
                self._shown_bad.setdefault(part.fingerprint, part.rebinder.shown_bad)

    def _known_bad(self, part: Part) -> Reason | None:
        """Return why listeners must not get what another certificate's have shown bad."""
        bad = self._shown_bad.get(part.fingerprint)
        if not bad or part.rebinder.shown_bad:
            return None
        return Reason("shown-bad", f"this run has shown {part.name} bad: {bad}")

    def _finish(self, start: Started) -> CertificateOutcome:
        plan, unread, uploaded = start.plan, start.plan.inventory.unread, start.provided.uploaded
        known = [self._known_bad(part) for part in start.parts]
        settling = Settling(self.clients, plan, f"{self.now:%Y-%m-%d}", start.arns)
        for part, bad in zip(start.parts, known, strict=True):
            if bad and part.begun:
                part.put_back(str(bad))
            elif bad:
                with self.clients.budget.grace():
                    settling.rejected(part.rebinder.exchange, str(bad))
        if all(known) and not any(part.begun for part in start.parts):
            reasons = (*filter(None, known), *self._withdrawn(start, known))
            state = CertificateState.REFUSED
            return CertificateOutcome(plan, state, start.arns, uploaded, reasons=reasons)
        ended = (*start.ended, *left_alone(plan, start.new))
        with self.clients.budget.grace():
            reasons = tuple(_rejected(settling, start)) or self._settled(settling, ended)
        shown_bad = next(filter(None, (part.rebinder.shown_bad for part in start.parts)), "")
        bindings = tuple(
            one for each in ended for one in told(plan, start.new, [each], start.shown_bad(each))
        )
        state = conclude(bindings, unread)
        outcome = CertificateOutcome(plan, state, start.arns, uploaded, bindings, reasons, unread)
        if any(known) or shown_bad:
            return replace(outcome, reasons=(*reasons, *self._withdrawn(start, known)))
        turned = tuple(one for one in plan.publishes if start.turned(one[0]))
        new = ready_for_owners(start.parts, ended)
        return self._published(outcome, replace(plan, publishes=turned), new)

    def _published(
        self, outcome: CertificateOutcome, plan: Plan, new: Mapping[str, AnyCertificate]
    ) -> CertificateOutcome:
        """Return the outcome after the new ARN was put where infrastructure code reads it."""
        with self.clients.budget.grace():
            published, reasons = self.publishing.publish(plan, new)
        reasons = (*reasons, *(one for one in plan.notes if one.code == NOT_PUBLISHED))
        state = CertificateState.INCOMPLETE if reasons else outcome.state
        return replace(
            outcome,
            state=state,
            reasons=tuple(dict.fromkeys((*outcome.reasons, *reasons))),
            published=published,
        )

    def _withdrawn(self, start: Started, known: Sequence[Reason | None]) -> tuple[Reason, ...]:
        """Take back what an earlier run has published of what was shown bad."""
        shown = zip(start.parts, known, strict=True)
        parts = [part.rebinder for part, why in shown if why or part.rebinder.shown_bad]
        bad = {region: new for one in parts for region, new in one.exchange.new.items()}
        with self.clients.budget.grace():
            return self.publishing.withdraw(start.plan, bad)

    def _settled(self, settling: Settling, ended: Iterable[BindingOutcome]) -> tuple[Reason, ...]:
        state = conclude(ended, settling.plan.inventory.unread)
        if self.everywhere and state in (CertificateState.RENEWED, CertificateState.UNCHANGED):
            settling.replaced()
        return ()


def _rejected(settling: Settling, start: Started) -> Iterator[Reason]:
    """Mark what was shown bad, and name what serves it since an earlier run."""
    for part in start.parts:
        if part.rebinder.shown_bad:
            exchange = part.rebinder.exchange
            yield settling.rejected(exchange, part.rebinder.shown_bad)
            new = dict.fromkeys(exchange.new.values())
            before = [str(at) for one in new for at in start.plan.inventory.serving(one)]
            if before:
                said = f"{', '.join(before)} served it before this run, and is left as it is"
                yield Reason("shown-bad", f"{said}: see {_UNDO}")


def _unprovided(plan: Plan, provided: Provided, listeners: Roles) -> Iterator[BindingOutcome]:
    """Yield the end of listeners whose certificate could not be brought to their region."""
    for listener, roles in listeners.items():
        target = plan.target(listener)
        reason = provided.refused.get(target.region) if target else None
        if reason:
            yield from failed({listener: roles}, str(reason))
