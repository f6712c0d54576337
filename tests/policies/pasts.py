"""Small accounts to judge by what a renewal left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from policies.worlds import DAY, SERVED, Denial, Site, issue


@dataclass(frozen=True)
class Past:
    """One kind of certificate that was replaced by `new`, and who serves it.

    Times count from the moment of judgement; `replaced_by` is a name, empty for no tags. `served`
    is a key of worlds.SERVED.
    """

    replaced: timedelta = 7 * DAY
    replaced_by: str = "new"
    expires: timedelta = 20 * DAY
    renewed: timedelta = 80 * DAY
    copies: int = 1
    served: str = "by nobody"
    denied: tuple[Denial, ...] = ()

    key: ClassVar[str] = "ServerCertificateName"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the certificates that are judged."""
        return tuple(f"shop{number}" for number in range(self.copies))

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the ARNs by name."""
        old = issue(site.authority, "shop.example.com", site.now + self.expires)
        renewed = issue(site.authority, "shop.example.com", site.now + self.renewed)
        new = site.sandbox.upload("new", renewed)
        on = f"{site.now - self.replaced:%Y-%m-%d}"
        tags = {"certrenew:replaced-by": self.replaced_by, "certrenew:replaced-on": on}
        tags = tags if self.replaced_by else {}
        arns = {name: site.sandbox.upload(name, old, tags=tags) for name in self.names}
        for number, arn in enumerate(arns.values()):
            SERVED[self.served](site.sandbox, f"-{number}", arn, new)
        for denial in self.denied:
            site.sandbox.deny(*denial)
        return arns
