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
from c7n_certrenew.aws.faults import FAULTS, explain, is_ambiguous, is_gone
from c7n_certrenew.aws.iam import UNREADABLE, explain_unreadable, holds
from c7n_certrenew.core.lineage import REJECTED_TAG, is_rejected
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
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.renewal.judging import SOMEBODY, why
from c7n_certrenew.renewal.retiring import retire
from c7n_certrenew.renewal.settling import UNTAGGED
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
    _ids: tuple[str, ...] = ()
    _there: bool = False
    _unknown: str = ""
    _deadline: float = 0.0

    def begin(self) -> CertificateOutcome | None:
        """Look at the listeners, import, and look for a while; return how it ended if it has."""
        self._waiting = self._watched()
        with self.clients.budget.grace():  # an answer that was lost is looked for
            refused = self._import()
        if refused:
            return CertificateOutcome(self.plan, CertificateState.REFUSED, reasons=(refused,))
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
        if any(one.state is BindingState.VERIFIED for one in self._found.values()):
            self._unknown = ""
        with self.clients.budget.grace():
            bindings, reasons = tuple(self._outcomes()), tuple(self._reasons())
        unread, uploaded = self.plan.inventory.unread, not (self._there or self._unknown)
        state = conclude(bindings, unread)
        if state in (CertificateState.RENEWED, CertificateState.UNCHANGED):
            self._put_right()
        if uploaded and state is CertificateState.UNCHANGED:  # no listener is known to serve it
            state = CertificateState.RENEWED
        arns = (self._arn,)
        return CertificateOutcome(self.plan, state, arns, uploaded, bindings, reasons, unread)

    @property
    def shown_bad(self) -> str:
        """Return why no other listener may get the candidate, empty while it is good."""
        bad = (f"{at}: {found.reason}" for at, found in self._found.items() if found.bad)
        return next(bad, "")

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

    def _import(self) -> Reason | None:
        """Import unless ACM has it by now, or holds what the plan does not know; else say why."""
        try:
            client = self.clients.get(acm.SERVICE, acm.region_of(self._arn))
            now = acm.get_certificate(client, self._arn)
        except UNREADABLE as fault:
            return Reason("unreadable", explain_unreadable(fault))
        self._there = holds(now, self.candidate)
        if self._there:
            return None
        if now.leaf != self.plan.stored.leaf:
            return Reason("changed", f"{self._arn}: {SOMEBODY}; nothing was imported")
        retire(self.clients, self.plan)
        tags = dict(self.options.tags)
        if tags.items() - now.tag_map.items():
            marks.mark(self.clients, self.plan.certificate, tags)
        return self._put()

    def _put(self) -> Reason | None:
        """Import; return why that was refused. Where it is not known, its clients may tell."""
        name, done = self.plan.targets[0].name, f"imported into ACM as {self._arn}"
        try:
            imported = acm_import.import_again(self.clients, self._arn, self.candidate)
        except FAULTS as fault:
            if not is_ambiguous(fault):
                return Reason("upload-failed", f"{name} was not {done}: {explain(fault)}")
            self._unknown = f"whether {name} was {done} is not known: {explain(fault)}"
            return None
        log.info("certificate:%s %s", name, done)
        self._ids = tuple(filter(None, (imported.request_id,)))
        return None

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
        for binding in self.plan.due:
            finding = self._found[binding.listener]
            state, reason = self._state(binding, finding, held[binding.listener])
            yield BindingOutcome(binding, state, reason, self._ids)

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
        if self._unknown and finding.state is not BindingState.VERIFIED:
            return BindingState.UNKNOWN, self._unknown
        return finding.state, finding.reason

    def _put_right(self) -> None:
        """Take off the tag that called bad what is served now, and good."""
        tags, leaf = self.plan.stored.tag_map, self.candidate.leaf
        if REJECTED_TAG in tags and is_rejected(tags, leaf.fingerprint):
            with self.clients.budget.grace():
                marks.unmark(self.clients, self.plan.certificate, [REJECTED_TAG])

    def _reasons(self) -> Iterator[Reason]:
        """Yield what is not known, or was shown bad and is tagged so, and who else uses it."""
        if self._unknown:
            yield Reason(UPLOAD_UNKNOWN, self._unknown)
        if self.shown_bad:
            tags = {REJECTED_TAG: self.candidate.leaf.fingerprint}
            marked = marks.mark(self.clients, self.plan.certificate, tags)
            said = f"{self.plan.targets[0].name} was shown bad ({self.shown_bad})"
            hint = NOT_PUT_BACK if marked else f"{NOT_PUT_BACK}; {UNTAGGED}"
            yield Reason("shown-bad", f"{said}; {hint}")
        yield from (note for note in self.plan.notes if note.code == "not-looked-at")
