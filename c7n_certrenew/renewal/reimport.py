"""Import a renewed certificate under the ARN of the one before, and watch its listeners."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from c7n_certrenew.aws import acm, acm_import, marks
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.aws.faults import FAULTS, is_ambiguous, is_gone
from c7n_certrenew.aws.iam import UNREADABLE, explain_unreadable, holds
from c7n_certrenew.core.lineage import REJECTED_TAG
from c7n_certrenew.core.model import Binding, Listener, Role, by_listener
from c7n_certrenew.core.outcome import (
    UPLOAD_UNKNOWN,
    BindingOutcome,
    BindingState,
    CertificateOutcome,
    CertificateState,
    conclude,
)
from c7n_certrenew.core.plan import Plan
from c7n_certrenew.core.preflight import Reason
from c7n_certrenew.core.retired import retired_tag
from c7n_certrenew.renewal.judging import SOMEBODY, why
from c7n_certrenew.renewal.verification import (
    Confirmation,
    Finding,
    pauses,
    wait_together,
    watch,
)

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.renewal.run import Options

log = logging.getLogger("custodian.certrenew.renewal")

_WORKERS = 16
_FIRST_LOOK = 10.0
"""Seconds in which a listener shows a bad certificate before the next one is imported."""
NOT_PUT_BACK = (
    "it is not put back by itself, as ACM shows no private key: bring the former one back from its "
    "source"
)


@dataclass
class Reimport:
    """Brings one candidate under the ARN of the certificate that it replaces."""

    clients: Clients
    options: Options
    plan: Plan
    candidate: Candidate
    _waiting: dict[Listener, Confirmation] = field(default_factory=dict)
    _found: dict[Listener, Finding] = field(default_factory=dict)
    _imported: acm_import.Imported | None = None
    _there: bool = False
    _deadline: float = 0.0

    def begin(self) -> CertificateOutcome | None:
        """Look at the listeners, import, and look for a while; return how it ended if it has."""
        self._waiting = self._watched()
        try:
            with self.clients.budget.grace():  # an answer that was lost is looked for
                self._import()
        except UNREADABLE as fault:
            return self._not_imported(fault)
        if self._imported is None:
            reason = Reason("changed", f"{self._arn}: {SOMEBODY}; nothing was imported")
            return CertificateOutcome(self.plan, CertificateState.REFUSED, reasons=(reason,))
        self._deadline = time.monotonic() + self.options.propagation_timeout
        self._glimpse(min(self._deadline, time.monotonic() + _FIRST_LOOK))
        return None

    def finish(self) -> CertificateOutcome:
        """Wait for the clients and say how it ended; what was shown bad is tagged so."""
        listeners, deadline = tuple(self._waiting), self.clients.budget.deadline
        late = wait_together(
            tuple(self._waiting.values()), min(self._deadline, deadline), lambda: False
        )
        self._found |= {listeners[place]: finding for place, finding in late}
        with self.clients.budget.grace():
            bindings, reasons = tuple(self._outcomes()), tuple(self._reasons())
        unread, uploaded = self.plan.inventory.unread, not self._there
        state = conclude(bindings, unread)
        if uploaded and state is CertificateState.UNCHANGED:  # no listener is known to serve it
            state = CertificateState.RENEWED
        arns = (self._arn,)
        return CertificateOutcome(self.plan, state, arns, uploaded, bindings, reasons, unread)

    @property
    def _arn(self) -> str:
        return self.plan.certificate.arn

    def _watched(self) -> dict[Listener, Confirmation]:
        """Return what confirms each listener, by what its clients are served before."""
        old, new = self.plan.stored.leaf, self.candidate.leaf.fingerprint
        names = old.names if self.options.verify != "api" else ()

        def look(listener: Listener) -> Confirmation:
            seen = watch(listener, names, old.fingerprint, new, old.key.algorithm)
            verify = self.options.verify
            return Confirmation(None if verify == "api" else seen, must_reach=verify == "tls")

        listeners = tuple(by_listener(self.plan.due))
        with ThreadPoolExecutor(_WORKERS) as pool:
            return dict(zip(listeners, pool.map(look, listeners), strict=True))

    def _import(self) -> None:
        """Import unless ACM has it by now, or holds what the plan does not know."""
        now = acm.get_certificate(
            self.clients.get(acm.SERVICE, acm.region_of(self._arn)), self._arn
        )
        if holds(now, self.candidate):
            self._imported, self._there = acm_import.Imported(now.certificate), True
        elif now.leaf == self.plan.stored.leaf:
            tags = dict(self.options.tags) | retired_tag(self.plan.retired)
            if tags.items() - now.tag_map.items():
                marks.mark(self.clients, self.plan.certificate, tags)
            self._imported = acm_import.import_again(self.clients, self._arn, self.candidate)
            log.info("certificate:%s imported again as %s", self._arn, self.plan.targets[0].name)

    def _not_imported(self, fault: Exception) -> CertificateOutcome:
        said = explain_unreadable(fault)
        name = f"{self.plan.targets[0].name} was"
        reason = Reason("upload-failed", f"{name} not imported into ACM as {self._arn}: {said}")
        if isinstance(fault, FAULTS) and is_ambiguous(fault):
            unknown = f"whether {name} imported into ACM as {self._arn} is not known: {said}"
            reason = Reason(UPLOAD_UNKNOWN, unknown)
        return CertificateOutcome(self.plan, CertificateState.REFUSED, reasons=(reason,))

    def _glimpse(self, until: float) -> None:
        """Look until all is found, something is bad, or for a while."""
        for pause in pauses(longest=1.0):
            with ThreadPoolExecutor(_WORKERS) as pool:
                looked = tuple(pool.map(lambda one: one.look(late=False), self._waiting.values()))
            for listener, finding in zip(tuple(self._waiting), looked, strict=True):
                if finding:
                    self._found[listener] = finding
                    del self._waiting[listener]
            bad = any(finding.bad for finding in self._found.values())
            if bad or not self._waiting or time.monotonic() + pause > until:
                return
            time.sleep(pause)

    def _outcomes(self) -> Iterator[BindingOutcome]:
        listeners = by_listener(self.plan.due)
        with ThreadPoolExecutor(_WORKERS) as pool:
            held = dict(zip(listeners, pool.map(self._held, listeners), strict=True))
        ids = tuple(filter(None, (self._imported.request_id if self._imported else "",)))
        for binding in self.plan.due:
            finding = self._found[binding.listener]
            state, reason = self._state(binding, finding, held[binding.listener])
            yield BindingOutcome(binding, state, reason, ids)

    def _held(self, listener: Listener) -> tuple[Role, ...] | Exception:
        """Return in which roles a listener has the ARN now, or why that is not known."""
        consumer = CONSUMERS[listener.service]
        try:
            client = self.clients.get(listener.service, listener.region)
            serving = consumer.serving(client, listener)
        except (*FAULTS, LookupError) as fault:
            return fault
        return serving.roles(consumer.reference(self.plan.certificate))

    def _state(
        self, binding: Binding, finding: Finding, held: tuple[Role, ...] | Exception
    ) -> tuple[BindingState, str]:
        if finding.bad:
            return BindingState.FAILED, f"{finding.reason}; {NOT_PUT_BACK}"
        if isinstance(held, Exception):
            gone = is_gone(held) or type(held) is LookupError
            if finding.state is BindingState.VERIFIED and not gone:
                return finding.state, finding.reason
            return (BindingState.SKIPPED if gone else BindingState.UNKNOWN), why(held)
        if binding.role not in held:
            return BindingState.SKIPPED, SOMEBODY
        if self._there and finding.state is BindingState.API_VERIFIED:
            return BindingState.UNCHANGED, ""
        return finding.state, finding.reason

    def _reasons(self) -> Iterator[Reason]:
        """Yield what was shown bad, tagged so, and who else uses the certificate."""
        bad = next((one for one in self._found.items() if one[1].bad), None)
        if bad:
            listener, finding = bad
            tags = {REJECTED_TAG: self.candidate.leaf.fingerprint}
            marks.mark(self.clients, self.plan.certificate, tags)
            said = f"{self.plan.targets[0].name} was shown bad ({listener}: {finding.reason})"
            yield Reason("shown-bad", f"{said}; {NOT_PUT_BACK}")
        yield from (note for note in self.plan.notes if note.code == "not-looked-at")
