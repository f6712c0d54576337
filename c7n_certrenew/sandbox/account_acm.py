"""What an account has in ACM: put into it without the API, and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.acm.models import acm_backends

from .acm_certificate import AMAZON_ISSUED, IMPORTED, Renewal, in_acm, seed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.acm.models import AWSCertificateManagerBackend

    from .authority import Issued
    from .world import World


class InAcm:
    """Put certificates into ACM, and look at them; a region left out is the account's first."""

    _world: World
    account_id: str
    region: str

    def import_acm(
        self,
        issued: Issued,
        region: str | None = None,
        arn: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Keep a certificate in ACM, unchecked and known at once; return its ARN.

        With `arn` it replaces what was imported under it. Raises LookupError for an unknown one.
        """
        return self._into_acm(IMPORTED, issued, region, arn, tags)

    def issue_acm(
        self,
        issued: Issued,
        region: str | None = None,
        arn: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> str:
        """Let Amazon issue a certificate in ACM, known at once; return its ARN.

        With `arn` it is what was requested or, later, its managed renewal. Raises LookupError for
        an unknown one.
        """
        return self._into_acm(AMAZON_ISSUED, issued, region, arn, tags)

    def renewing_acm(self, arn: str, status: str, reason: str = "") -> None:
        """Let Amazon's renewal of a certificate come to a RenewalStatus, with a FailureReason."""
        with self._world.lock:
            kept = in_acm(self._acm(arn.split(":")[3]))[arn]
            kept.renewal = Renewal(status, reason, self._world.now())

    def export_acm(self, arn: str) -> None:
        """Note that a certificate was exported: Amazon renews it although nothing uses it."""
        with self._world.lock:
            in_acm(self._acm(arn.split(":")[3]))[arn].exported = True

    def discard_acm(self, arn: str) -> None:
        """Delete a certificate of ACM although something may use it."""
        with self._world.lock:
            del in_acm(self._acm(arn.split(":")[3]))[arn]

    def acm(self, region: str | None = None) -> dict[str, str]:
        """Return the certificates in ACM, as PEM by ARN; one that is not issued is empty."""
        kept = in_acm(self._acm(region))
        return {arn: one.body.certificate if one.body else "" for arn, one in kept.items()}

    def _into_acm(
        self,
        kind: str,
        issued: Issued,
        region: str | None,
        arn: str | None,
        tags: Mapping[str, str] | None,
    ) -> str:
        with self._world.lock:
            return seed(self._world, self._acm(region), kind, issued, arn, tags or {})

    def _acm(self, region: str | None) -> AWSCertificateManagerBackend:
        return acm_backends[self.account_id][region or self.region]
