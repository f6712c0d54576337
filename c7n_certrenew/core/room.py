"""Room in IAM for all that one run uploads, and what to prune where it is too little."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.superseded import Known, Retention, judge
from c7n_certrenew.core.target import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from c7n_certrenew.core.admission import Quota
    from c7n_certrenew.core.model import ServerCertificate, Unread
    from c7n_certrenew.core.plan import Plan


@dataclass(frozen=True)
class Room:
    """How many server certificates there are, may be, are uploaded, and lack room.

    `prune_first` are names of what nobody serves for certain, as many as lack room at most.
    """

    used: int
    limit: int
    uploads: int
    short: int = 0
    prune_first: tuple[str, ...] = ()


def wanted(plans: Iterable[Plan]) -> tuple[str, ...]:
    """Return the names under which plans upload to IAM, each once: ACM is another store."""
    names = {
        target.name.lower(): target.name
        for plan in plans
        for target in plan.uploads
        if target.store is Store.IAM
    }
    return tuple(names.values())


@dataclass
class Admission:
    """Admits plans one after the other, the most urgent first, while there is room.

    `leftover` are names of what may be pruned, in that order.
    """

    quota: Quota
    leftover: Sequence[str] = ()
    _fit: set[str] = field(default_factory=set)
    _short: set[str] = field(default_factory=set)

    def admit(self, plan: Plan) -> Plan:
        """Return the plan, refused if its uploads do not fit any more."""
        new = {name.lower() for name in wanted([plan])} - self._fit
        if not new or self.quota.used + len(self._fit | new) <= self.quota.limit:
            self._fit |= new
            return plan
        self._short |= new
        return plan.refused(self._reason())

    @property
    def room(self) -> Room:
        """Return what it came to."""
        used, limit = self.quota.used, self.quota.limit
        short = self._lacking if self._short else 0
        return Room(used, limit, len(self._fit), short, tuple(self.leftover[:short]))

    @property
    def _lacking(self) -> int:
        return self.quota.used + len(self._fit | self._short) - self.quota.limit

    def _reason(self) -> Reason:
        lacking = self._lacking
        first = ", ".join(self.leftover[:lacking])
        hint = f"prune first: {first}" if first else "nothing is known to be left over"
        return Reason(
            "quota",
            f"the account holds {self.quota.used} of {self.quota.limit} server certificates, and "
            f"{len(self._fit)} of this run come before it; {lacking} must be freed; {hint}",
        )


def prunable(
    known: Known, tags: Mapping[str, Mapping[str, str] | Unread], kept: Collection[str]
) -> tuple[str, ...]:
    """Return the names of what may go: superseded copies first, then what has expired.

    Each from the oldest on, and only what nobody serves for certain. `tags` are those of what
    nobody serves, by name; `kept` are the ARNs of what this run is to bind.
    """
    superseded, expired = [], []
    for one in sorted(known.certificates.values(), key=_age):
        if one.arn in kept or one.name not in tags:
            continue
        judged = judge(one, tags[one.name], known, Retention(keep_days=0))
        if judged and not judged.reasons:
            superseded.append(one.name)
        elif one.expiration <= known.now and _is_left(one, tags[one.name], known):
            expired.append(one.name)
    return (*superseded, *expired)


def _is_left(one: ServerCertificate, tags: Mapping[str, str] | Unread, known: Known) -> bool:
    """Say whether nobody serves one that has expired, under a former name either."""
    judged = judge(one, tags, known, Retention(keep_days=0, anything=True))
    return judged is not None and not judged.reasons


def _age(certificate: ServerCertificate) -> tuple[object, str]:
    return certificate.expiration, certificate.name
