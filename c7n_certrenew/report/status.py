"""One lineage: its certificates, who serves them now, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from c7n_certrenew import __version__
from c7n_certrenew.core.lineage import REJECTED_TAG, REPLACED_BY_TAG, REPLACED_ON_TAG
from c7n_certrenew.core.window import days_left, due
from c7n_certrenew.report.bindings import applying, binding_shape, unread_shape

if TYPE_CHECKING:
    from c7n_certrenew.core.held import Held
    from c7n_certrenew.core.model import Binding, ServerCertificate, Unread
    from c7n_certrenew.report.bindings import Shape
    from c7n_certrenew.report.outcomes import LastOutcome

SCHEMA = "certrenew-status/1"
WINDOW = timedelta(days=30)
"""The published rule, which the shipped policies follow."""


@dataclass(frozen=True)
class Member:
    """One certificate of a lineage, with its tags and who serves it now."""

    certificate: ServerCertificate
    tags: dict[str, str]
    bindings: tuple[Binding, ...]
    held: tuple[Held, ...] = ()
    """Those of the bindings that a renewal leaves as they are."""

    @property
    def name(self) -> str:
        """Return its name in IAM."""
        return self.certificate.name

    @property
    def rejected(self) -> bool:
        """Say whether a renewal has shown it bad."""
        return REJECTED_TAG in self.tags

    @property
    def said(self) -> str:
        """Return what its tags say became of it, if anything."""
        if self.rejected:
            return "a renewal has shown it bad, and put the former one back"
        if REPLACED_BY_TAG in self.tags:
            return f"replaced by {self.tags[REPLACED_BY_TAG]}{self._on}"
        return ""

    @property
    def _on(self) -> str:
        return f" on {self.tags[REPLACED_ON_TAG]}" if REPLACED_ON_TAG in self.tags else ""


@dataclass(frozen=True)
class Status:
    """A lineage at a moment; its members are sorted, the one that is valid longest first."""

    lineage: str
    account_id: str
    members: tuple[Member, ...]
    unread: tuple[Unread, ...]
    now: datetime
    last: LastOutcome | None = None

    def state(self, member: Member) -> str:
        """Return expired, expiring (within 30 days) or healthy."""
        if member.certificate.expiration <= self.now:
            return "expired"
        return "expiring" if due(member.certificate.expiration, self.now, WINDOW) else "healthy"

    @property
    def serving(self) -> tuple[Member, ...]:
        """Return the members that somebody serves."""
        return tuple(member for member in self.members if member.bindings)

    @property
    def reverted(self) -> tuple[Member, ...]:
        """Return the members that a renewal replaced by another that is there, and are served."""
        names = {member.name for member in self.members}
        return tuple(m for m in self.serving if m.tags.get(REPLACED_BY_TAG) in names - {m.name})

    @property
    def due(self) -> tuple[Member, ...]:
        """Return the members that somebody serves and that are expiring or expired."""
        return tuple(member for member in self.serving if self.state(member) != "healthy")

    @property
    def shape(self) -> Shape:
        """Return it as JSON, without the next step."""
        return {
            "Schema": SCHEMA,
            "Version": __version__,
            "Lineage": self.lineage,
            "AccountId": self.account_id,
            "Checked": self.now.isoformat(timespec="seconds"),
            "Certificates": [self._member(member) for member in self.members],
            "Unread": [unread_shape(scope) for scope in self.unread],
            "LastOutcome": self.last.shape if self.last else None,
        }

    def _member(self, member: Member) -> Shape:
        certificate = member.certificate
        known = {
            "ServerCertificateName": certificate.name,
            "Arn": certificate.arn,
            "Expiration": certificate.expiration.isoformat(),
            "DaysLeft": days_left(certificate.expiration, self.now),
            "State": self.state(member),
            "Listeners": [binding_shape(binding) for binding in member.bindings],
        }
        ours = {k: v for k, v in member.tags.items() if k.startswith("certrenew:")}
        reverted = {"Reverted": True} if member in self.reverted else {}
        return known | reverted | applying({"Tags": ours})
