"""The certificates of ACM in one region, each read once a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws import acm

if TYPE_CHECKING:
    from c7n_certrenew.aws.acm import Entry
    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.plan import Stored
    from c7n_certrenew.sources.base import Access


@dataclass
class AcmShelf:
    """What ACM has in a region, as it was when a run first asked. Raises what botocore raises."""

    clients: Clients
    region: str
    retry: bool
    _tags: dict[str, dict[str, str]] = field(default_factory=dict)
    _described: dict[str, Entry] = field(default_factory=dict)
    _stored: dict[str, Stored] = field(default_factory=dict)

    @cached_property
    def entries(self) -> Sequence[Entry]:
        """Return what the region's list shows."""
        return acm.list_entries(self._client)

    def described(self, arn: str) -> Entry:
        """Return one certificate with all its names."""
        if arn not in self._described:
            self._described[arn] = acm.describe(self._client, arn)
        return self._described[arn]

    def names(self, entry: Entry) -> frozenset[str]:
        """Return all names of a certificate, also those for which the list has no room."""
        return self.described(entry.arn).names if entry.more else entry.names

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of one certificate."""
        if arn not in self._tags:
            self._tags[arn] = acm.list_tags(self._client, arn)
        return self._tags[arn]

    def stored(self, entry: Entry) -> Stored:
        """Return one issued certificate in full. Raises CandidateError for a broken body."""
        if entry.arn not in self._stored:
            if entry.certificate is None:
                raise ValueError(f"{entry.arn} was not issued")
            tags = self.tags(entry.arn)
            self._stored[entry.arn] = acm.read_body(self._client, entry.certificate, tags)
        return self._stored[entry.arn]

    @property
    def _client(self) -> Any:
        return self.clients.get(acm.SERVICE, self.region)


class AcmShelves:
    """Shelves by region and by the clients that filled them; a source keeps them for its run."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Clients, str], AcmShelf] = {}

    def of(self, access: Access) -> AcmShelf:
        """Return what this access has read, or will read."""
        key = access.clients, access.region
        return self._kept.setdefault(key, AcmShelf(*key, access.retry))
