"""What an account has against a certificate that is to be served: its name and path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.core.lineage import NAME_LIMIT, is_tag_value
from c7n_certrenew.core.model import CLOUDFRONT, CLOUDFRONT_PATH, ServerCertificate
from c7n_certrenew.core.reason import Reason
from c7n_certrenew.core.target import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from c7n_certrenew.core.model import AnyCertificate, Listener
    from c7n_certrenew.core.target import Target


@dataclass(frozen=True)
class Quota:
    """How many server certificates the account holds, and may hold."""

    used: int
    limit: int

    @property
    def percent(self) -> float:
        """Return how much of the quota is used, in percent; where nothing is allowed, all of it."""
        return 100 * self.used / self.limit if self.limit else 100.0


def admission(
    target: Target, old: AnyCertificate, listeners: Sequence[Listener]
) -> tuple[Reason, ...]:
    """Return what the account, not the candidate, has against the target.

    Whether there is room for it depends on what else a run uploads: see `room`.
    """
    if target.rejected:
        return (
            Reason(
                "rejected",
                f"an earlier run has shown it bad, as {target.name}; "
                "say retry: true to try it again",
            ),
        )
    if target.store is Store.ACM:
        return _lineage(target)
    path = _path(target.existing or old, listeners)
    name = None if target.existing else _name(target)
    return tuple(reason for reason in (path, name) if reason)


def _lineage(target: Target) -> tuple[Reason, ...]:
    """Look at the lineage, which the name begins with: what is imported is found by it again."""
    if target.existing or target.renews or is_tag_value(target.name):
        return ()
    said = f"{target.name} begins with a lineage that no tag can hold, by which it would be found"
    return (Reason("lineage-unfit", f"{said}; tag the certificate certrenew:lineage with another"),)


def _path(certificate: AnyCertificate, listeners: Sequence[Listener]) -> Reason | None:
    """Look at the path of what would be bound: an upload gets that of the old certificate."""
    served = any(listener.service == CLOUDFRONT for listener in listeners)
    if not served or not isinstance(certificate, ServerCertificate):
        return None
    if certificate.path.startswith(CLOUDFRONT_PATH):
        return None
    return Reason(
        "path-unfit",
        f"CloudFront takes only certificates below {CLOUDFRONT_PATH}, and {certificate.name} "
        f"is in {certificate.path}; move it with UpdateServerCertificate",
    )


def _name(target: Target) -> Reason | None:
    if target.taken:
        return Reason(
            "name-taken", f"{target.name} is already in IAM, with another certificate or chain"
        )
    if len(target.name) > NAME_LIMIT:
        return Reason(
            "name-too-long",
            f"{target.name} is longer than {NAME_LIMIT} characters; "
            "tag the certificate certrenew:lineage with a shorter name",
        )
    return None
