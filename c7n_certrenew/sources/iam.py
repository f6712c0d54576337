"""A newer certificate that is in IAM already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.sources.base import (
    TEXT,
    Access,
    Need,
    Source,
    SourceError,
    checked,
    filled,
    schema_of,
)
from c7n_certrenew.sources.existing import READ_IAM, Shelves, best, candidate_of, validity

if TYPE_CHECKING:
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import ServerCertificate
    from c7n_certrenew.core.plan import Stored


@dataclass(frozen=True)
class InIam(Source):
    """The newer ones of the lineage, or those whose name meets `pattern`, a glob."""

    type: ClassVar[str] = "iam"
    schema: ClassVar[Mapping[str, Any]] = schema_of("iam", pattern=TEXT)
    keyed: ClassVar[bool] = False

    pattern: str = ""
    _shelves: Shelves = field(default_factory=Shelves, repr=False, compare=False)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> InIam:
        """Read `{pattern}`. Raises SourceError for an unknown placeholder."""
        return cls(checked(options.get("pattern", "")))

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return the rights to list and to read server certificates."""
        return READ_IAM

    def find(self, old: Stored, access: Access) -> Candidate:
        """Look through IAM: one call for the list, and one for each that may be newer."""
        shelf = self._shelves.of(access.clients)
        pattern = filled(self.pattern, old) if self.pattern else "*"
        later = [one for one in shelf.listed if _may_be_newer(one, old)]
        read, unread = shelf.read(one for one in later if fnmatchcase(one.name, pattern))
        newer = best((one for one in read if self._replaces(one, old)), access.retry)
        if newer is None and unread:
            raise SourceError(f"IAM shows nothing newer of {old.lineage}, but {unread}")
        return candidate_of(newer or old)

    def fetch(self, old: Stored, access: Access) -> Candidate:
        """Return what `find` returns: AWS shows no key."""
        return self.find(old, access)

    def _replaces(self, new: Stored, old: Stored) -> bool:
        """Say whether one is newer, of the lineage, and not its twin with another kind of key."""
        alike = new.leaf.key.algorithm == old.leaf.key.algorithm
        akin = bool(self.pattern) or new.lineage == old.lineage
        return alike and akin and validity(new) > validity(old)


def _may_be_newer(certificate: ServerCertificate, old: Stored) -> bool:
    """Say whether the list rules out that a certificate is newer, and valid now."""
    if certificate.arn == old.certificate.arn:
        return False
    now = datetime.now(timezone.utc)
    return certificate.expiration >= old.certificate.expiration and certificate.expiration > now


SOURCE = InIam
