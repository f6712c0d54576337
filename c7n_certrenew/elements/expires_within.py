"""The filter `expires-within`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from functools import partial
from typing import Any

from c7n.filters import Filter
from c7n.utils import type_schema

from c7n_certrenew.core.model import Unread
from c7n_certrenew.core.window import Window, days_left, due
from c7n_certrenew.elements import host
from c7n_certrenew.elements.certificates import arn_of, expiration_of
from c7n_certrenew.elements.schemas import MOST_DAYS
from c7n_certrenew.errors import CertrenewError

ANNOTATION = "c7n:expiry"
DEFAULT_DAYS = 30
_WORKERS = 8
_NOT_ISSUED = ("PENDING_VALIDATION", "VALIDATION_TIMED_OUT", "FAILED")
"""The states of a certificate in ACM that has no date yet, or never gets one."""


class ExpiresWithin(Filter):
    """Server certificates that expire within a window.

    `days: 30` (the default) is the published rule, exactly: `Expiration <= now + 30 days`, by
    the second. `lifetime-fraction` makes the window the smaller of `days` and that fraction of
    the certificate's lifetime (half of it for one that lives less than 10 days); it reads each
    certificate that is within `days`. `expired` says what becomes of those already expired:
    `include` (default), `only` or `exclude`.

    Annotates `c7n:expiry` with DaysLeft and Expired; LifetimeDays and ThresholdDays where the
    lifetime was asked for. A certificate whose lifetime could not be read is judged by `days`
    and says so in `c7n:unread`.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-expires-within-30-days
            resource: aws.iam-certificate
            filters:
              - type: expires-within
                days: 30
          - name: server-certificate-renewal-due
            resource: aws.iam-certificate
            filters:
              - type: expires-within
                days: 30
                lifetime-fraction: 1/3
                expired: exclude
    """

    schema = type_schema(
        "expires-within",
        **{
            "days": {"type": "number", "minimum": 0, "maximum": MOST_DAYS},
            "lifetime-fraction": {
                "oneOf": [
                    {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                    {"type": "string", "pattern": "^[1-9][0-9]*/[1-9][0-9]*$"},
                ]
            },
            "expired": {"enum": ["include", "only", "exclude"]},
        },
    )
    permissions = ("iam:GetServerCertificate",)

    def validate(self) -> ExpiresWithin:
        """Check keys and types; raise PolicyValidationError."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        fraction = self.data.get("lifetime-fraction")
        if isinstance(fraction, str) and "/" in fraction and Fraction(fraction) > 1:
            host.reject(self.manager, self.type, f"lifetime-fraction {fraction} is more than 1")

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the certificates in the window, annotated. Raises CertrenewError for no date."""
        now, window = datetime.now(timezone.utc), self._window()
        ends = [(r, end) for r in resources if (end := _end(r))]
        near = [(r, end) for r, end in ends if due(end, now, window.days)]
        lifetimes = self._lifetimes([r for r, _ in near]) if window.fraction else {}
        judge = partial(self._judge, now, window)
        return [r for r, end in near if judge(r, end, lifetimes.get(arn_of(r)))]

    def _window(self) -> Window:
        fraction = self.data.get("lifetime-fraction")
        return Window(
            timedelta(days=self.data.get("days", DEFAULT_DAYS)),
            Fraction(fraction).limit_denominator(1000) if fraction else None,
        )

    def _judge(
        self,
        now: datetime,
        window: Window,
        resource: dict[str, Any],
        expiration: datetime,
        lifetime: timedelta | None,
    ) -> bool:
        threshold = window.threshold(lifetime)
        expired = expiration <= now
        annotation: dict[str, Any] = {"DaysLeft": days_left(expiration, now), "Expired": expired}
        if lifetime:
            annotation["LifetimeDays"] = lifetime.days
            annotation["ThresholdDays"] = round(threshold / timedelta(days=1), 2)
        resource[ANNOTATION] = annotation
        wanted = {"include": True, "only": expired, "exclude": not expired}
        return due(expiration, now, threshold) and wanted[self.data.get("expired", "include")]

    def _lifetimes(self, resources: list[dict[str, Any]]) -> dict[str, timedelta]:
        """Read the lifetimes, `{arn: lifetime}`; what could not be read is annotated."""
        if not resources:
            return {}
        from c7n_certrenew.aws.iam import UNREADABLE, explain_unreadable, get_certificate

        client = host.clients_for(self.manager, resources).get("iam")

        def read(resource: dict[str, Any]) -> Iterable[tuple[str, timedelta]]:
            try:
                stored = get_certificate(client, resource["ServerCertificateName"])
            except UNREADABLE as fault:
                host.annotate_unread(resource, [Unread("iam", "*", explain_unreadable(fault))])
                return []
            return [(resource["Arn"], stored.leaf.lifetime)]

        with ThreadPoolExecutor(_WORKERS) as pool:
            found = [pair for pairs in pool.map(read, resources) for pair in pairs]
        host.count_unread(self.manager, len(resources) - len(found))
        return dict(found)


def _end(resource: Mapping[str, Any]) -> datetime | None:
    """Return when it ends, None for a request of ACM that was not fulfilled.

    Raises CertrenewError where AWS should say it and does not: it may have expired.
    """
    end = expiration_of(resource)
    if end is None and resource.get("Status") not in _NOT_ISSUED:
        raise CertrenewError(f"{arn_of(resource)}: AWS does not say when it expires")
    return end
