"""A certificate that is in ACM, in the region of each listener."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.aws.acm import ISSUED, Entry, region_of
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.core.lineage import LINEAGE_TAG, REJECTED_TAG
from c7n_certrenew.core.text import plain
from c7n_certrenew.core.x509 import covers
from c7n_certrenew.sources.acm_shelf import AcmShelf, AcmShelves
from c7n_certrenew.sources.base import (
    Access,
    Need,
    Source,
    SourceError,
    checked,
    filled,
    schema_of,
)
from c7n_certrenew.sources.existing import ACM_CERTIFICATES, READ_ACM, candidate_of

if TYPE_CHECKING:
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.plan import Stored

_ARN = r"^arn:[\w-]+:acm:[\w-]+:(\d{12}|\{[^{}]+\}):certificate/[\w-]+$"
_SHOWN = 3
"""How many certificates are named that would do but for one thing."""


@dataclass(frozen=True)
class InAcm(Source):
    """The `certificates` that are named, one a region; else by `tags`; else by lineage or names."""

    type: ClassVar[str] = "acm"
    schema: ClassVar[Mapping[str, Any]] = schema_of(
        "acm",
        certificates={"type": "array", "items": {"type": "string", "pattern": _ARN}},
        tags={"type": "object", "additionalProperties": {"type": "string"}},
    )
    regional: ClassVar[bool] = True
    keyed: ClassVar[bool] = False

    certificates: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    _shelves: AcmShelves = field(default_factory=AcmShelves, repr=False, compare=False)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> InAcm:
        """Read `{certificates}`, `{tags}` or neither. Raises SourceError."""
        arns, tags = tuple(options.get("certificates", ())), options.get("tags", {})
        empty = next((key for key, value in options.items() if not value), "")
        if empty:
            raise SourceError(f"{empty} is empty; leave it out, or say which")
        if arns and tags:
            raise SourceError("give certificates or tags, not both")
        regions = [region_of(arn) for arn in arns]
        twice = next((region for region in regions if regions.count(region) > 1), "")
        if twice:
            raise SourceError(f"certificates names two of {twice}; give one a region")
        return cls(arns, tuple((key, checked(value)) for key, value in tags.items()))

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return the rights to read what ACM has, and to tag it as a renewal does."""
        tag = Need("acm:AddTagsToCertificate", ACM_CERTIFICATES)
        return (Need("acm:ListCertificates"), *READ_ACM, *((tag,) if key else ()))

    def find(self, old: Stored, access: Access) -> Candidate:
        """Look through the region's ACM: the list, then the tags of each that may do, then a body.

        Raises SourceError for a region without a certificate that may be served, and says why.
        """
        shelf = self._shelves.of(access)
        try:
            entry = self._named(old, shelf) if self.certificates else self._found(old, shelf)
            return candidate_of(shelf.stored(entry))
        except FAULTS as fault:
            raise SourceError(
                f"ACM in {shelf.region} could not be read: {explain(fault)}"
            ) from fault

    def fetch(self, old: Stored, access: Access) -> Candidate:
        """Return what `find` returns: AWS shows no key."""
        return self.find(old, access)

    def _named(self, old: Stored, shelf: AcmShelf) -> Entry:
        """Return the region's one of `certificates`."""
        region, account = shelf.region, old.certificate.account_id
        arn = next((arn for arn in self.certificates if region_of(arn) == region), "")
        if not arn:
            raise SourceError(
                f"certificates names none of {region}, where listeners serve "
                f"{old.certificate.name}; request or import one there and add its ARN"
            )
        if f":{account}:" not in arn:
            raise SourceError(f"{arn} is not of account {account}, whose listeners would serve it")
        entry = shelf.described(arn)
        if why := _unusable(entry) or _rejected(entry, shelf):
            raise SourceError(f"{arn} {why}")
        return entry

    def _found(self, old: Stored, shelf: AcmShelf) -> Entry:
        """Return the one that is valid longest of those that may be served."""
        related = [entry for entry in shelf.entries if _is_related(entry, old)]
        against = {entry.arn: self._against(entry, old, shelf) for entry in related}
        usable = [entry for entry in related if not against[entry.arn]]
        tagged = [entry for entry in usable if self._is_tagged(entry, old, shelf)]
        found = max(tagged or usable, key=_expiry, default=None)
        if found is None:
            raise SourceError(self._nothing(old, shelf.region, against))
        return found

    def _against(self, entry: Entry, old: Stored, shelf: AcmShelf) -> str:
        """Say why a certificate is out of the question, empty where it is not.

        One that covers not all names may do if its tags say so: the policy may drop names.
        """
        if why := _unusable(entry):
            return why
        if entry.algorithm != old.leaf.key.algorithm:
            return f"has another kind of key ({entry.algorithm})"
        if why := _rejected(entry, shelf):
            return why
        if self._is_tagged(entry, old, shelf):
            return ""
        lineage = shelf.tags(entry.arn).get(LINEAGE_TAG, "")
        if self.tags or lineage:
            return f"is of {plain(lineage)}" if lineage else "has not the tags"
        missing = sorted(n for n in old.leaf.names if not covers(shelf.names(entry), n))
        return f"does not cover {', '.join(missing)}" if missing else ""

    def _is_tagged(self, entry: Entry, old: Stored, shelf: AcmShelf) -> bool:
        tags = shelf.tags(entry.arn)
        if self.tags:
            return all(tags.get(key) == filled(value, old) for key, value in self.tags)
        return tags.get(LINEAGE_TAG) == old.lineage

    def _nothing(self, old: Stored, region: str, against: Mapping[str, str]) -> str:
        asked = ", ".join(f"{key}={filled(value, old)}" for key, value in self.tags)
        names = ", ".join(sorted(old.leaf.names))
        return (
            f"ACM in {region} has no certificate for {names}{asked and f' with {asked}'}; "
            f"request or import one there{_but_for(against)}"
        )


def _is_related(entry: Entry, old: Stored) -> bool:
    """Say whether a certificate is another one that covers any of the names."""
    shared = entry.more or any(covers(entry.names, name) for name in old.leaf.names)
    return entry.arn != old.certificate.arn and shared


def _unusable(entry: Entry) -> str:
    """Say why ACM has nothing to serve under an ARN, empty where it has."""
    if entry.status != ISSUED or entry.certificate is None:
        return f"is {entry.status}"
    return "is EXPIRED" if entry.certificate.expiration <= datetime.now(timezone.utc) else ""


def _rejected(entry: Entry, shelf: AcmShelf) -> str:
    if REJECTED_TAG not in shelf.tags(entry.arn) or shelf.retry:
        return ""
    return "was shown bad by an earlier run; say retry: true to try it again"


def _expiry(entry: Entry) -> tuple[float, str]:
    end = entry.certificate.expiration.timestamp() if entry.certificate else 0.0
    return end, entry.arn


def _but_for(against: Mapping[str, str]) -> str:
    named: Sequence[str] = [f"{arn} {why}" for arn, why in sorted(against.items())]
    more: Iterable[str] = [f"{len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
    return f" ({'; '.join((*named[:_SHOWN], *more))})" if named else ""


SOURCE = InAcm
