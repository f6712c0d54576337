"""Small regions to judge by what Amazon renews, or should."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from policies.imports import HERE, NAME, USED
from policies.worlds import DAY, Denial, Site, issue

from c7n_certrenew.sandbox import Issued, Sandbox


@dataclass(frozen=True)
class Managed:
    """One certificate in ACM where the policies run, its renewal, and what may not be read.

    `expires` counts from the moment of judgement. `kind` is a key of KINDS, `renewal` one of
    RENEWALS, `served` one of imports.USED or EXPORTED.
    """

    kind: str = "issued by Amazon"
    renewal: str = "has not begun"
    expires: timedelta = 20 * DAY
    served: str = "by default"
    denied: tuple[Denial, ...] = ()
    key: ClassVar[str] = "DomainName"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the first domain name of what is judged."""
        return (NAME,)

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the ARNs by name."""
        status, sooner = RENEWALS[self.renewal]
        arn = KINDS[self.kind](
            site.sandbox, issue(site.authority, NAME, site.now + self.expires + sooner)
        )
        spare = issue(site.authority, "other.example.com", site.now + 300 * DAY)
        other = site.sandbox.upload("other", spare)
        if status:
            reason = "CAA_ERROR" if status == "FAILED" else ""
            site.sandbox.renewing_acm(arn, status, reason)
        if self.served == EXPORTED:
            site.sandbox.export_acm(arn)
        else:
            USED[self.served](site.sandbox, arn, other)
        for denial in self.denied:
            site.sandbox.deny(*denial)
        return {NAME: arn}


EXPORTED = "by nobody on AWS, and exported"


def _issued(sandbox: Sandbox, issued: Issued) -> str:
    return sandbox.issue_acm(issued, HERE)


def _imported(sandbox: Sandbox, issued: Issued) -> str:
    return sandbox.import_acm(issued, HERE)


def _requested(sandbox: Sandbox, issued: Issued) -> str:
    answer = sandbox.client("acm", HERE).request_certificate(DomainName=NAME)
    return str(answer["CertificateArn"])


KINDS: Mapping[str, Callable[[Sandbox, Issued], str]] = {
    "issued by Amazon": _issued,
    "imported": _imported,
    "requested, and not issued": _requested,
}
"""How it came into ACM."""

RENEWALS: Mapping[str, tuple[str, timedelta]] = {
    "has not begun": ("", timedelta()),
    "goes on": ("PENDING_AUTO_RENEWAL", timedelta()),
    "was one before, which succeeded": ("SUCCESS", timedelta()),
    "has not begun, in good time": ("", 30 * DAY),
    "goes on, in good time": ("PENDING_AUTO_RENEWAL", 30 * DAY),
    "has succeeded": ("SUCCESS", 60 * DAY),
    "waits for somebody, in good time": ("PENDING_VALIDATION", 30 * DAY),
    "has failed, in good time": ("FAILED", 30 * DAY),
}
"""The RenewalStatus, and how much more time there is."""
