"""Small regions to judge classic load balancers by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from policies.worlds import DAY, REGIONS, Denial, Site, issue

from c7n_certrenew.sandbox import Listener, Sandbox

HERE, THERE = REGIONS[:2]
INVALID = "Invalid-Certificate"


@dataclass(frozen=True)
class Fronts:
    """Classic load balancers where the policies run, and what may not be read.

    `copies` are alike; `shows` is a key of SHOWN, `elsewhere` what one in another region shows.
    """

    shows: str = "that it was deleted"
    elsewhere: str = "one that exists"
    protocol: str = "HTTPS"
    copies: int = 1
    denied: tuple[Denial, ...] = ()
    key: ClassVar[str] = "LoadBalancerName"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the load balancers that are judged."""
        return tuple(f"front-{number}" for number in range(self.copies))

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the certificates' ARNs by name."""
        issued = issue(site.authority, "shop.example.com", site.now + 20 * DAY)
        answer = site.sandbox.client("acm", HERE).import_certificate(
            Certificate=issued.certificate, PrivateKey=issued.private_key
        )
        arns = {name: site.sandbox.upload(name, issued) for name in ("shop", "gone", "moved")}
        arns["acm"] = answer["CertificateArn"]
        site.sandbox.discard("gone")
        site.sandbox.client("iam").update_server_certificate(
            ServerCertificateName="moved", NewPath="/web/"
        )
        for name in self.names:
            self._build(site.sandbox, HERE, name, SHOWN[self.shows](arns))
        self._build(site.sandbox, THERE, "elsewhere", SHOWN[self.elsewhere](arns))
        for denial in (*self.denied, *DENIED.get(self.shows, ())):
            site.sandbox.deny(*denial)
        return arns

    def _build(self, sandbox: Sandbox, region: str, name: str, shown: str | None) -> None:
        secure = Listener(8443, self.protocol, shown) if shown else Listener(8080, "HTTP")
        sandbox.classic(region, name, Listener(80, "HTTP"), secure)


SHOWN: Mapping[str, Callable[[Mapping[str, str]], str | None]] = {
    "that it was deleted": lambda arns: INVALID,
    "one that IAM lacks": lambda arns: arns["gone"],
    "one as it was called before": lambda arns: arns["moved"],
    "one that exists": lambda arns: arns["shop"],
    "one of ACM": lambda arns: arns["acm"],
    "one of IAM, which may not be asked": lambda arns: arns["shop"],
    "one of ACM, which may not be asked": lambda arns: arns["acm"],
    "no TLS": lambda arns: None,
}
"""What a listener shows, of the ARNs there are or were."""

DENIED: Mapping[str, tuple[Denial, ...]] = {
    "one of IAM, which may not be asked": (("iam", "ListServerCertificates", None),),
    "one of ACM, which may not be asked": (("acm", "*", None),),
}
"""What may not be read where a listener shows this."""
