"""What AWS holds already, as candidates: the server certificates of IAM, each read once a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from c7n_certrenew.aws import iam
from c7n_certrenew.aws.faults import code
from c7n_certrenew.aws.tagging import NO_SUCH
from c7n_certrenew.core.candidate import Candidate
from c7n_certrenew.core.lineage import REJECTED_TAG
from c7n_certrenew.sources.base import Need

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import ServerCertificate
    from c7n_certrenew.core.plan import Stored

_WORKERS = 8

SERVER_CERTIFICATES = "arn:{partition}:iam::*:server-certificate/*"
ACM_CERTIFICATES = "arn:{partition}:acm:*:*:certificate/*"

READ_IAM = (
    Need("iam:ListServerCertificates"),
    Need("iam:GetServerCertificate", SERVER_CERTIFICATES),
)
READ_ACM = (
    Need("acm:DescribeCertificate", ACM_CERTIFICATES),
    Need("acm:GetCertificate", ACM_CERTIFICATES),
    Need("acm:ListTagsForCertificate", ACM_CERTIFICATES),
)


def candidate_of(stored: Stored) -> Candidate:
    """Return what AWS holds as a candidate: the key, which AWS never shows, is there with it."""
    return Candidate(
        leaf=stored.leaf,
        chain=stored.chain,
        origin=stored.certificate.arn,
        key_matches=True,
        existing=stored.certificate,
    )


def best(found: Iterable[Stored], retry: bool) -> Stored | None:
    """Return the one that is valid longest, of those that no run has shown bad if there are such.

    With `retry` these are as good as the others. Which one it is does not depend on the order.
    """
    every = list(found)
    good = [one for one in every if retry or REJECTED_TAG not in one.tag_map]
    return max(good or every, key=lambda one: (*validity(one), one.certificate.arn), default=None)


def validity(stored: Stored) -> tuple[datetime, datetime]:
    """Return the end and the beginning: the later, the newer."""
    return stored.leaf.not_after, stored.leaf.not_before


@dataclass
class Shelf:
    """The server certificates of an account as they were when a run first asked for them."""

    clients: Clients
    _read: dict[str, Stored | Exception] = field(default_factory=dict)

    @cached_property
    def listed(self) -> Sequence[ServerCertificate]:
        """Return all of them. Raises what botocore raises."""
        return iam.list_certificates(self.clients.get("iam"))

    def read(self, wanted: Iterable[ServerCertificate]) -> tuple[list[Stored], str]:
        """Return those that are there, several read at a time, and one line on what is unread."""
        certificates = list(wanted)
        new = [one.name for one in certificates if one.name not in self._read]
        with ThreadPoolExecutor(_WORKERS) as pool:
            self._read.update(zip(new, pool.map(self._get, new), strict=True))
        found = {one.name: self._read[one.name] for one in certificates}
        unread = {
            name: fault
            for name, fault in found.items()
            if isinstance(fault, Exception) and code(fault) != NO_SUCH
        }
        there = [one for one in found.values() if not isinstance(one, Exception)]
        return there, _unread(unread)

    def _get(self, name: str) -> Stored | Exception:
        try:
            return iam.get_certificate(self.clients.get("iam"), name)
        except iam.UNREADABLE as fault:
            return fault


def _unread(faults: dict[str, Exception]) -> str:
    if not faults:
        return ""
    name, fault = min(faults.items())
    many = f"{len(faults)} server certificates" if len(faults) > 1 else "a server certificate"
    return f"{many} could not be read: {name}: {iam.explain_unreadable(fault)}"


class Shelves:
    """Shelves by the clients that filled them; a source keeps them for its run."""

    def __init__(self) -> None:
        self._kept: dict[Clients, Shelf] = {}

    def of(self, clients: Clients) -> Shelf:
        """Return what these clients read, or will."""
        return self._kept.setdefault(clients, Shelf(clients))
