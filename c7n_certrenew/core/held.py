"""Bindings that a renewal leaves as they are, and those that went back since the last one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from c7n_certrenew.core.lineage import REPLACED_BY_TAG, REPLACED_ON_TAG
from c7n_certrenew.core.owner import what_to_change
from c7n_certrenew.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from c7n_certrenew.core.model import Binding

Place = tuple[str, str, str, int, str]
"""Service, region, listener (its ARN, else the load balancer's name), port and role."""


class Hold(str, Enum):
    """Why a binding is left as it is."""

    MANAGED = "managed"
    """Its owner would put the old certificate back (AWS row 13)."""
    OWNER_UNKNOWN = "owner-unknown"
    """Its tags could not be read, so it may have an owner."""
    FIXED = "fixed"
    """Its service changes no certificate in place (AWS row 20)."""
    MISSING = "missing"
    """The source has nothing, or nothing good enough, for the listeners of its region."""


@dataclass(frozen=True)
class Held:
    """A binding that is held back. `why` is a sentence, of its own where it has no owner."""

    binding: Binding
    kind: Hold
    why: str = ""

    def reason(self, new: str) -> str:
        """Say what to do; `new` is the new certificate's ARN, or its name while it has none."""
        if self.kind is Hold.MANAGED:
            return what_to_change(self.binding.listener.managed_by, self.binding, new)
        return self.why


def hold(
    binding: Binding, obstacle: str = "", unread: str = "", rebind: bool = False
) -> Held | None:
    """Return why a binding is held back, None where it may be changed.

    `obstacle` is its service's, `unread` says why its owner is not known; with `rebind` owners
    do not matter.
    """
    if obstacle:
        return Held(binding, Hold.FIXED, obstacle)
    if rebind:
        return None
    if unread:
        return Held(binding, Hold.OWNER_UNKNOWN, unread)
    return Held(binding, Hold.MANAGED) if binding.listener.managed_by else None


def place_of(binding: Binding) -> Place:
    """Return where a binding is, by what does not change while it is there."""
    listener = binding.listener
    name = listener.arn or listener.load_balancer_name
    return listener.service, listener.region, name, listener.port, binding.role.value


@dataclass(frozen=True)
class Reverted:
    """A binding that serves the old certificate again. `since` says how that is known."""

    binding: Binding
    since: str

    def reason(self, new: str) -> str:
        """Say what to do about what puts the old certificate back."""
        owner = self.binding.listener.managed_by
        if owner:
            return f"{self.since}; {what_to_change(owner, self.binding, new)}"
        return f"{self.since}; find what puts it back, or name its tag in managed-tags"


def went_back(
    bindings: Iterable[Binding],
    tags: Mapping[str, str],
    there: Collection[str],
    changed: Collection[Place],
) -> tuple[Reverted, ...]:
    """Return those bindings of a certificate that went back to it since a renewal.

    Evidence is the certificate's own tag, where it names one of `there`, the certificates in IAM
    that are valid longer: a renewal sets it when nobody serves the old one any more. Or that the
    place is one of `changed`, those where the last run put the new certificate.
    """
    by, on = tags.get(REPLACED_BY_TAG, ""), tags.get(REPLACED_ON_TAG, "")
    if by in there:
        when = f" on {plain(on)}" if on else ""
        since = f"the old certificate was replaced by {by}{when} and is served again"
        return tuple(Reverted(binding, since) for binding in bindings)
    since = "the last run changed it, and it went back to the old certificate"
    return tuple(Reverted(one, since) for one in bindings if place_of(one) in changed)
