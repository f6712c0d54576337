"""Small accounts to judge the quota of server certificates by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from policies.worlds import DAY, Denial, Site, issue


@dataclass(frozen=True)
class Room:
    """An account with so many server certificates, some of them expired, of so many allowed."""

    certificates: int = 80
    quota: int = 100
    expired: int = 0
    denied: tuple[Denial, ...] = ()
    key: ClassVar[str] = "account_id"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the number of the account."""
        return ("123456789012",)

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the certificates' ARNs by name."""
        site.sandbox.quota = self.quota
        good = issue(site.authority, "shop.example.com", site.now + 80 * DAY)
        for number in range(self.certificates - self.expired):
            site.sandbox.upload(f"shop{number}", good)
        for number in range(self.expired):
            old = issue(site.authority, "shop.example.com", site.now - (number + 1) * DAY)
            site.sandbox.upload(f"old{number}", old)
        for denial in self.denied:
            site.sandbox.deny(*denial)
        return site.sandbox.certificates()
