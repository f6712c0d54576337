"""Carry out the plans of one run for certificates in ACM, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.aws import marks
from c7n_certrenew.core.lineage import REJECTED_TAG
from c7n_certrenew.core.outcome import (
    STATE_OF_VERDICT,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
)
from c7n_certrenew.core.plan import Verdict
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.renewal.judging import TIMEOUT
from c7n_certrenew.renewal.reimport import Reimport
from c7n_certrenew.renewal.settling import UNTAGGED

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.plan import Plan
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
        next run as a whole. Each import is looked at for some seconds before the next one, so that
        what shows it bad keeps it from other ARNs; then all wait for their clients.
        """
        left, outcomes = self.options.max_bindings, []
        begun: list[Reimport] = []
        bad: dict[str, str] = {}
        for one in sorted(prepared, key=_urgency):
            full = TIMEOUT if self.clients.budget.over else "max-bindings was reached"
            fits = len(one.plan.bindings) <= left or left == self.options.max_bindings
            start = self._start(one, "" if fits and not self.clients.budget.over else full, bad)
            if isinstance(start, CertificateOutcome):
                outcomes.append(self._ended(start))
            else:
                begun.append(start)
                left -= len(one.plan.bindings)
                if start.shown_bad:
                    bad.setdefault(start.candidate.leaf.fingerprint, start.shown_bad)
        return (*outcomes, *(self._ended(start.finish()) for start in begun))

    def _ended(self, outcome: CertificateOutcome) -> CertificateOutcome:
        self.report(outcome)
        return outcome

    def _start(
        self, prepared: Prepared, deferred: str, bad: Mapping[str, str]
    ) -> Reimport | CertificateOutcome:
        plan = prepared.plan
        if plan.verdict is not Verdict.READY:
            state = STATE_OF_VERDICT[plan.verdict]
            return CertificateOutcome(plan, state, reasons=plan.refusals or plan.notes)
        [candidate] = prepared.candidates.values()
        if why := bad.get(candidate.leaf.fingerprint):
            return self._kept_from(plan, candidate, why)
        if deferred:
            bindings = tuple(BindingOutcome(b, BindingState.DEFERRED, deferred) for b in plan.due)
            return CertificateOutcome(plan, CertificateState.DEFERRED, bindings=bindings)
        start = Reimport(self.clients, self.options, plan, candidate)
        return start.begin() or start

    def _kept_from(self, plan: Plan, candidate: Candidate, why: str) -> CertificateOutcome:
        """Keep what was shown bad from another ARN, in the next runs too, as its tag says."""
        tags = {REJECTED_TAG: candidate.leaf.fingerprint}
        said = f"this run has shown {plan.targets[0].name} bad: {why}"
        if not marks.mark(self.clients, plan.certificate, tags):
            said = f"{said}; {UNTAGGED}"
        reasons = (Reason("shown-bad", said),)
        return CertificateOutcome(plan, CertificateState.REFUSED, reasons=reasons)


def _urgency(prepared: Prepared) -> tuple[datetime, str]:
    return prepared.plan.certificate.expiration, prepared.plan.certificate.arn
