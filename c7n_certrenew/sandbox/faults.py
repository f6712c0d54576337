"""Faults to inject: denials, and errors before or after the effect of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

_EC2_DENIAL = "UnauthorizedOperation"


@dataclass
class Fault:
    """Hold one rule: which calls it meets, what they are answered, and how often still.

    `times` is None for a rule that never wears out; operations may be shell patterns.
    """

    service: str
    operation: str
    region: str | None
    code: str
    message: str
    times: int | None = None
    after_effect: bool = False

    def meets(self, service: str, operation: str, region: str) -> bool:
        """Say whether the rule applies to a call."""
        return (
            self.service == service
            and fnmatchcase(operation, self.operation)
            and self.region in (None, region)
            and self.times != 0
        )


@dataclass
class Faults:
    """Keep the rules in the order they were given; the first that meets a call decides."""

    _rules: list[Fault] = field(default_factory=list)

    def deny(self, service: str, operation: str, region: str | None = None) -> None:
        """Refuse a call for ever, spelled as its service spells a denial (AWS row 14)."""
        code = _EC2_DENIAL if service == "ec2" else "AccessDenied"
        message = f"You are not authorized to perform: {service}:{operation}"
        self._rules.append(Fault(service, operation, region, code, message))

    def add(self, fault: Fault) -> None:
        """Add a rule."""
        self._rules.append(fault)

    def clear(self) -> None:
        """Remove every rule."""
        self._rules.clear()

    def take(self, service: str, operation: str, region: str) -> Fault | None:
        """Return the rule that meets this call, used up by one."""
        for fault in self._rules:
            if fault.meets(service, operation, region):
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        return None
