"""What listeners are to serve next, and where AWS has it or is to get it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from c7n_certrenew.core.candidate import Candidate
    from c7n_certrenew.core.model import AcmCertificate, AnyCertificate


class Store(str, Enum):
    """Where AWS keeps certificates that listeners can serve."""

    IAM = "iam"
    ACM = "acm"


@dataclass(frozen=True)
class Target:
    """A candidate for the listeners of one region, and what AWS has of it.

    `region` is that of ACM; it is empty for IAM, whose certificates are for every region. `name`
    is the candidate's in IAM or for people. `existing` is the candidate where AWS has it already;
    `renews` the certificate in ACM that takes the candidate under its own ARN. `rejected` says
    that an earlier run has shown it bad, `retried` that it is taken all the same, `taken` that
    another certificate in IAM has its name, `retired` are the public keys that its own tag retires.
    """

    candidate: Candidate
    name: str
    store: Store = Store.IAM
    region: str = ""
    existing: AnyCertificate | None = None
    renews: AcmCertificate | None = None
    rejected: bool = False
    retried: bool = False
    taken: bool = False
    retired: tuple[str, ...] = ()

    @property
    def new(self) -> str:
        """Return the ARN that listeners are to serve, or the name while there is none."""
        known = self.existing or self.renews
        return known.arn if known else self.name

    def serves(self, region: str) -> bool:
        """Say whether it is for the listeners of a region."""
        return self.region in ("", region)
