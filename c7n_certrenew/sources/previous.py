"""What was served before: the certificate that the served one has replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.aws import acm, iam
from c7n_certrenew.aws.faults import FAULTS, code, explain
from c7n_certrenew.aws.tagging import NO_SUCH
from c7n_certrenew.core.lineage import REPLACED_BY_TAG, REPLACES_TAG, is_rejected
from c7n_certrenew.core.text import plain
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
from c7n_certrenew.sources.existing import (
    READ_ACM,
    READ_IAM,
    SERVER_CERTIFICATES,
    Shelf,
    Shelves,
    best,
    candidate_of,
    validity,
)

if TYPE_CHECKING:
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import ServerCertificate
    from c7n_certrenew.core.plan import Stored

_IN_IAM = ":server-certificate/"
_GONE = (NO_SUCH, "ResourceNotFoundException")
_OTHERWISE = "say which one with name:, or renew it with a good certificate"


@dataclass(frozen=True)
class Previous(Source):
    """The one that the tags name; without tags the lineage's newest before this one; or `name`."""

    type: ClassVar[str] = "previous"
    schema: ClassVar[Mapping[str, Any]] = schema_of("previous", name=TEXT)
    keyed: ClassVar[bool] = False
    goes_back: ClassVar[bool] = True

    name: str = ""
    _shelves: Shelves = field(default_factory=Shelves, repr=False, compare=False)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Previous:
        """Read `{name}`. Raises SourceError for an unknown placeholder."""
        return cls(checked(options.get("name", "")))

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return the rights to read certificates, and to say that one is in use again."""
        untag = Need("iam:UntagServerCertificate", SERVER_CERTIFICATES)
        return (*READ_IAM, *READ_ACM, *((untag,) if key else ()))

    def find(self, old: Stored, access: Access) -> Candidate:
        """Read what was replaced: one call by its name, without tags one for each of the list."""
        if self.name:
            return candidate_of(_read(filled(self.name, old), old, access))
        replaced = old.tag_map.get(REPLACES_TAG, "")
        if replaced:
            return candidate_of(_confirmed(_read(replaced, old, access), old))
        return candidate_of(_by_names(self._shelves.of(access.clients), old, access))

    def fetch(self, old: Stored, access: Access) -> Candidate:
        """Return what `find` returns: AWS shows no key."""
        return self.find(old, access)


def _read(reference: str, old: Stored, access: Access) -> Stored:
    """Read a certificate by its name in IAM or its ARN. Raises SourceError where it is gone."""
    served, said = old.certificate, plain(reference)
    if reference in (served.name, served.arn):
        raise SourceError(
            f"{said} is what is served: it was imported over what it replaced; {_OTHERWISE}"
        )
    try:
        found = _get(reference, access)
    except FAULTS as fault:
        if code(fault) not in _GONE:
            raise SourceError(f"{said} could not be read: {explain(fault)}") from fault
        raise SourceError(f"{said}, from before {served.name}, is gone; {_OTHERWISE}") from fault
    if _IN_IAM in reference and found.certificate.arn != reference:
        raise SourceError(f"{said} is gone, IAM has {found.certificate.arn}; {_OTHERWISE}")
    bad = acm.is_arn(reference) and is_rejected(found.tag_map, found.leaf.fingerprint)
    if bad and not access.retry:
        raise SourceError(f"{said} was shown bad by an earlier run; {_OTHERWISE}")
    return found


def _get(reference: str, access: Access) -> Stored:
    """Read by name or ARN; a tag may say anything, so another account's is asked nowhere."""
    if acm.is_arn(reference):
        clients = access.clients
        _, partition, _, region, account, _ = reference.split(":", 5)
        if (partition, account) != (clients.partition, clients.account_id):
            raise SourceError(f"{plain(reference)} is not of this account; {_OTHERWISE}")
        return acm.get_certificate(clients.get("acm", region), reference)
    name = reference.rpartition("/")[2] if _IN_IAM in reference else reference
    return iam.get_certificate(access.clients.get("iam"), name)


def _confirmed(found: Stored, old: Stored) -> Stored:
    """Return what was replaced, unless it says that another has replaced it since."""
    by = found.tag_map.get(REPLACED_BY_TAG, "")
    if by and not _names(by, old) and not _names_sibling(by, old):
        raise SourceError(
            f"{old.certificate.name} says that it replaced {found.certificate.name}, which says "
            f"that {plain(by)} did; {_OTHERWISE}"
        )
    return found


def _names(value: str, stored: Stored) -> bool:
    """Say whether a tag names a certificate, by its name or by its ARN."""
    return value == stored.certificate.name or stored.certificate.arn in value


def _names_sibling(value: str, stored: Stored) -> bool:
    """Say whether a tag names another region's of ACM: it has room for that of one region."""
    ours = stored.certificate
    both = acm.is_arn(value) and acm.is_arn(ours.arn)
    return both and acm.region_of(value) != acm.region_of(ours.arn)


def _by_names(shelf: Shelf, old: Stored, access: Access) -> Stored:
    """Return the newest that says that it was replaced by this one, else of the lineage."""
    others, unread = shelf.read(one for one in shelf.listed if _may_be_before(one, old))
    before = [one for one in others if validity(one) < validity(old)]
    alike = [one for one in before if one.leaf.key.algorithm == old.leaf.key.algorithm]
    said = [one for one in alike if _names(one.tag_map.get(REPLACED_BY_TAG, ""), old)]
    akin = [one for one in alike if one.lineage == old.lineage]
    name, found = old.certificate.name, best(said or akin, access.retry)
    nothing = f"nothing is known that {name} has replaced: it has no tag {REPLACES_TAG}"
    if unread and not said:
        raise SourceError(f"{nothing}, and {unread}; {_OTHERWISE}")
    if found is None:
        none = f"IAM has no older valid certificate of {old.lineage}"
        raise SourceError(f"{nothing}, and {none}; {_OTHERWISE}")
    return found


def _may_be_before(certificate: ServerCertificate, old: Stored) -> bool:
    """Say whether the list rules out that a certificate is valid now, and older."""
    now = datetime.now(timezone.utc)
    other = certificate.arn != old.certificate.arn
    return other and now < certificate.expiration <= old.certificate.expiration


SOURCE = Previous
