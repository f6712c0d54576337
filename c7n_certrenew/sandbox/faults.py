"""Faults to inject: errors, denials, and answers that are lost or no answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from .codes import codes
from .request import Refusal

if TYPE_CHECKING:
    from .request import Request

_THROTTLED = {"ec2": "RequestLimitExceeded", "s3": "SlowDown"}


class Kind(Enum):
    """Tell what a client sees of a fault.

    The first ones are error answers (an ERROR is a 500 unless a fault says otherwise), `RESET`
    and `TIMED_OUT` are no answers at all, the last two are successes that cannot be read.
    """

    ERROR = "error"
    THROTTLED = "throttled"
    DENIED = "denied"
    UNKNOWN_CERTIFICATE = "unknown-certificate"
    RESET = "reset"
    TIMED_OUT = "timed-out"
    GARBLED = "garbled"
    CUT_SHORT = "cut-short"


REFUSALS = frozenset({Kind.THROTTLED, Kind.DENIED, Kind.UNKNOWN_CERTIFICATE})
"""What AWS says instead of doing something, so never after the effect."""


@dataclass(frozen=True)
class Fault:
    """Say which calls go wrong, how, and how often.

    Service and operation may be shell patterns; region and account None stand for all. The
    first `skip` calls that it meets pass, the next `times` go wrong (None: all of them). After
    the effect means: it happened, and the answer was lost. `code` and `message` are those of an
    ERROR alone. Raises ValueError for a refusal after the effect.
    """

    service: str
    operation: str
    kind: Kind = Kind.ERROR
    region: str | None = None
    account_id: str | None = None
    times: int | None = 1
    skip: int = 0
    after_effect: bool = False
    code: str = "InternalFailure"
    message: str = "injected"

    def __post_init__(self) -> None:
        if self.after_effect and self.kind in REFUSALS:
            raise ValueError(f"{self.kind.value} comes before the effect")

    def meets(self, request: Request) -> bool:
        """Say whether the fault is about a call."""
        return (
            fnmatchcase(request.service, self.service)
            and fnmatchcase(request.operation, self.operation)
            and self.region in (None, request.region)
            and self.account_id in (None, request.account_id)
        )

    def refusal(self, service: str) -> Refusal:
        """Return the error answer, as the service spells it."""
        if self.kind is Kind.THROTTLED:
            return throttling(service)
        if self.kind is Kind.DENIED:
            message = f"You are not authorized to perform: {service}:{self.operation}"
            return Refusal(codes(service).denied, message)
        if self.kind is Kind.UNKNOWN_CERTIFICATE:
            return Refusal("CertificateNotFound", "Certificate not found")
        return Refusal(self.code, self.message)


def throttling(service: str) -> Refusal:
    """Return what a service answers to one call too many."""
    json = codes(service).denied.endswith("Exception")
    code = _THROTTLED.get(service, "ThrottlingException" if json else "Throttling")
    return Refusal(code, "Rate exceeded")


@dataclass
class _Rule:
    fault: Fault
    met: int = 0

    def meets(self, request: Request) -> bool:
        if not self.fault.meets(request):
            return False
        self.met += 1
        late = self.fault.times is not None and self.met > self.fault.skip + self.fault.times
        return self.met > self.fault.skip and not late


@dataclass
class Faults:
    """Keep the faults in the order they were given; the first that is due decides.

    Those after it are not asked, so the call does not count for them.
    """

    _rules: list[_Rule] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Add a fault."""
        self._rules.append(_Rule(fault))

    def clear(self) -> None:
        """Remove every fault."""
        self._rules.clear()

    def due(self, request: Request) -> Fault | None:
        """Count a call and return the fault that it meets."""
        return next((rule.fault for rule in self._rules if rule.meets(request)), None)
