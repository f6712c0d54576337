"""Small accounts to judge certificates by whether ACM could keep them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from policies.bodies import Body
from policies.worlds import Denial, Site


@dataclass(frozen=True)
class Moving:
    """Certificates with one kind of key and who serves them, and what may not be read.

    `kept` is one of signing.PUBLIC_KEYS and one of worlds.SERVED.
    """

    kept: tuple[str, str] = ("P-256", "by an application load balancer")
    chain: tuple[str, str] = ("a public authority", "complete")
    copies: int = 1
    denied: tuple[Denial, ...] = ()

    key: ClassVar[str] = Body.key

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the certificates that are judged."""
        return Body(copies=self.copies).names

    def build(self, site: Site) -> dict[str, str]:
        """Fill the empty sandbox; return the ARNs by name."""
        kind, served = self.kept
        return Body(
            algorithms=(kind, "sha256"),
            chain=self.chain,
            copies=self.copies,
            served=served,
            denied=self.denied,
        ).build(site)
