"""What an account has against a certificate that is to be served: its name, path and room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.core.lineage import NAME_LIMIT
from c7n_certrenew.core.model import CLOUDFRONT, CLOUDFRONT_PATH, ServerCertificate
from c7n_certrenew.core.preflight import Reason
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
    deletable: tuple[str, ...] = ()
    """Names that nobody serves and that have expired: what to delete first."""


def admission(
    target: Target, old: AnyCertificate, listeners: Sequence[Listener], quota: Quota | None
) -> tuple[Reason, ...]:
    """Return what the account, not the candidate, has against the target."""
    if target.rejected:
        return (
            Reason(
                "rejected",
                f"an earlier run has shown it bad, as {target.name}; "
                "say retry: true to try it again",
            ),
        )
    if target.store is Store.ACM:
        return ()
    path = _path(target.existing or old, listeners)
    upload = () if target.existing else (_name(target), _room(quota))
    return tuple(reason for reason in (path, *upload) if reason)


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


def _room(quota: Quota | None) -> Reason | None:
    if quota is None or quota.used < quota.limit:
        return None
    first = f"; delete first: {', '.join(quota.deletable)}" if quota.deletable else ""
    return Reason(
        "quota", f"the account holds {quota.used} of {quota.limit} server certificates{first}"
    )
