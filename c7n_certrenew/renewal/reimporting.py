"""Carry out the plans of one run for certificates in ACM, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.core.outcome import (
    STATE_OF_VERDICT,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
)
from c7n_certrenew.core.plan import Verdict
from c7n_certrenew.renewal.judging import TIMEOUT
from c7n_certrenew.renewal.reimport import Reimport

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.renewal.planning import Prepared
    from c7n_certrenew.renewal.run import Options


@dataclass(frozen=True)
class ReimportRun:
    """One run over the prepared plans of a policy, all of one region.

    `report` is called with each outcome as soon as it is known.
    """

    clients: Clients
    options: Options
    report: Callable[[CertificateOutcome], None]

    def carry_out(self, prepared: Iterable[Prepared]) -> tuple[CertificateOutcome, ...]:
        """Renew the most urgent first, until `max_bindings` bindings were taken on.

        Of one ARN all bindings are, as they change together: what does not fit is left for the
        next run as a whole. Each import is looked at for some seconds before the next one; then
        all wait for their clients.
        """
        left, outcomes = self.options.max_bindings, []
        begun: list[Reimport] = []
        for one in sorted(prepared, key=_urgency):
            full = TIMEOUT if self.clients.budget.over else "max-bindings was reached"
            fits = len(one.plan.bindings) <= left or left == self.options.max_bindings
            start = self._start(one, "" if fits and not self.clients.budget.over else full)
            if isinstance(start, CertificateOutcome):
                outcomes.append(self._ended(start))
            else:
                begun.append(start)
                left -= len(one.plan.bindings)
        return (*outcomes, *(self._ended(start.finish()) for start in begun))

    def _ended(self, outcome: CertificateOutcome) -> CertificateOutcome:
        self.report(outcome)
        return outcome

    def _start(self, prepared: Prepared, deferred: str) -> Reimport | CertificateOutcome:
        plan = prepared.plan
        if plan.verdict is not Verdict.READY:
            state = STATE_OF_VERDICT[plan.verdict]
            return CertificateOutcome(plan, state, reasons=plan.refusals or plan.notes)
        if deferred:
            bindings = tuple(BindingOutcome(b, BindingState.DEFERRED, deferred) for b in plan.due)
            return CertificateOutcome(plan, CertificateState.DEFERRED, bindings=bindings)
        [candidate] = prepared.candidates.values()
        start = Reimport(self.clients, self.options, plan, candidate)
        return start.begin() or start


def _urgency(prepared: Prepared) -> tuple[datetime, str]:
    return prepared.plan.certificate.expiration, prepared.plan.certificate.arn
