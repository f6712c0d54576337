"""Small accounts to judge policies by how old what is in IAM is, and how long it lives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from moto.iam.models import iam_backends
from policies.pasts import Past
from policies.worlds import DAY, SECOND, Denial, Site, World

from c7n_certrenew.sandbox import Issued
from c7n_certrenew.sandbox.certificates import server_certificate


@dataclass(frozen=True)
class Aged(World):
    """One kind of certificate, of a lifetime, uploaded at a moment or that long before now."""

    lifetime: timedelta = 398 * DAY
    uploaded: datetime | timedelta = 60 * DAY

    def issued(self, site: Site) -> Issued:
        """Issue what is judged."""
        end = site.now + self.expires
        return site.authority.issue(
            "shop.example.com", not_before=end - self.lifetime, not_after=end, key="p256"
        )

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox and the directory; return the ARNs by name."""
        arns = super().build(site)
        given = self.uploaded
        for name in arns:
            kept = server_certificate(iam_backends[site.sandbox.account_id]["aws"], name)
            kept.upload_date = given if isinstance(given, datetime) else site.now - given
        return arns


@dataclass(frozen=True)
class Leftover:
    """One kind of certificate that has expired, or was replaced; `life` is a key of LIVES."""

    life: str = "expired 7 days ago"
    copies: int = 1
    served: str = "by nobody"
    denied: tuple[Denial, ...] = ()

    key: ClassVar[str] = "ServerCertificateName"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the certificates that are judged."""
        return self._past.names

    @property
    def _past(self) -> Past:
        expires, replaced_by = LIVES[self.life]
        return Past(
            expires=expires,
            replaced_by=replaced_by,
            copies=self.copies,
            served=self.served,
            denied=self.denied,
        )

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the ARNs by name."""
        return self._past.build(site)


LIVES: Mapping[str, tuple[timedelta, str]] = {
    "expires in a second": (SECOND, ""),
    "expires now": (0 * DAY, ""),
    "expired a second less than 7 days ago": (SECOND - 7 * DAY, ""),
    "expired 7 days ago": (-7 * DAY, ""),
    "expired now, replaced": (0 * DAY, "new"),
    "valid, replaced 7 days ago": (20 * DAY, "new"),
}
"""When it expires, from the moment of judgement, and what a renewal replaced it by."""
