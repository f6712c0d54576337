"""What a source of renewed certificates must be able to do."""

from __future__ import annotations

from typing import Protocol

from c7n_certrenew.core.candidate import Candidate, CandidateError
from c7n_certrenew.core.plan import Stored


class SourceError(CandidateError):
    """A source that has no usable certificate; the message says what, where and why."""


class Source(Protocol):
    """One place where renewed certificates are."""

    def find(self, old: Stored) -> Candidate:
        """Look for a candidate without side effects.

        Reads no private key where the source keeps it apart: `key_matches` is then None.
        Raises CandidateError.
        """

    def fetch(self, old: Stored) -> Candidate:
        """Read the candidate with its private key. Raises CandidateError."""


def template_values(old: Stored) -> dict[str, str]:
    """Return what a template may say of the certificate that is to be replaced."""
    certificate = old.certificate
    return {
        "lineage": old.lineage,
        "name": certificate.name,
        "account_id": certificate.account_id,
        "not_after": f"{certificate.expiration:%Y%m%d}",
        "fingerprint8": old.leaf.fingerprint[:8],
        **{f"tag:{key}": value for key, value in old.tags},
    }
