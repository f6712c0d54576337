"""Small regions to judge certificates in ACM by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from policies.worlds import CANDIDATES, DAY, REGIONS, Denial, Site, issue

from c7n_certrenew.sandbox import Listener, Sandbox

HERE = REGIONS[0]
NAME = "shop.example.com"


@dataclass(frozen=True)
class Import:
    """One certificate of the region where the policies run, and what may not be read.

    `expires` counts from the moment of judgement, `served` is a key of USED, `candidate` one of
    worlds.CANDIDATES; `lineage` is its tag, empty for none.
    """

    expires: timedelta = 20 * DAY
    amazon: bool = False
    lineage: str = "shop0"
    served: str = "in an SNI list"
    denied: tuple[Denial, ...] = ()
    candidate: str = "renewed"
    key: ClassVar[str] = "DomainName"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the first domain name of what is judged."""
        return (NAME,)

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox and the directory; return the ARNs by name."""
        old = issue(site.authority, NAME, site.now + self.expires)
        spare = issue(site.authority, "other.example.com", site.now + 300 * DAY)
        put = site.sandbox.issue_acm if self.amazon else site.sandbox.import_acm
        arn = put(old, HERE, tags={"certrenew:lineage": self.lineage} if self.lineage else {})
        USED[self.served](site.sandbox, arn, site.sandbox.upload("other", spare))
        CANDIDATES[self.candidate](site, old, site.directory / "certs" / "shop0")
        for denial in self.denied:
            site.sandbox.deny(*denial)
        return {NAME: arn}


def _nobody(sandbox: Sandbox, arn: str, other: str) -> None:
    sandbox.application(HERE, "api-0", Listener(443, "HTTPS", other))


def _default(sandbox: Sandbox, arn: str, other: str) -> None:
    sandbox.application(HERE, "api-0", Listener(443, "HTTPS", arn))


def _sni(sandbox: Sandbox, arn: str, other: str) -> None:
    sandbox.network(HERE, "edge-0", Listener(443, "TLS", other, sni=(arn,)))


def _distribution(sandbox: Sandbox, arn: str, other: str) -> None:
    sandbox.distribution("cdn.example.com", certificate=arn)


USED: Mapping[str, Callable[[Sandbox, str, str], None]] = {
    "by nobody": _nobody,
    "by default": _default,
    "in an SNI list": _sni,
    "by a distribution": _distribution,
}
"""Who serves it."""
