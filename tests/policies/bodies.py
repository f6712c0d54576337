"""Small accounts to judge certificates by what their bodies and chains say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import ClassVar

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from policies.signing import EVER, PUBLIC_KEYS, authority, pem, signed, signing_key
from policies.worlds import DAY, SECOND, SERVED, Denial, Site, issue

from c7n_certrenew.core.x509 import Certificate, describe
from c7n_certrenew.sandbox import Issued

BEGINS = datetime(2026, 6, 1, tzinfo=timezone.utc)
NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Body:
    """One kind of certificate, who serves it, and what may not be read.

    `algorithms` are one of signing.PUBLIC_KEYS and a digest, `chain` one of ISSUERS and one of
    CHAINS, `served` is one of worlds.SERVED. `life` is when it begins and for how long it is valid,
    its last second counted. Of `dns` the first is the common name too, and it alone without `san`.
    """

    algorithms: tuple[str, str] = ("P-256", "sha256")
    life: tuple[datetime, timedelta] = (BEGINS, 90 * DAY)
    dns: tuple[str, ...] = ("shop.example.com",)
    san: bool = True
    chain: tuple[str, str] = ("a public authority", "complete")
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
        body = self._issued()
        arns = {name: site.sandbox.upload(name, body) for name in self.names}
        other = issue(site.authority, "other.example.com", site.now + 300 * DAY)
        spare = site.sandbox.upload("other", other)
        for number, arn in enumerate(arns.values()):
            self.serve(site, f"-{number}", arn, spare)
        for denial in self.denied:
            site.sandbox.deny(*denial)
        return arns

    def serve(self, site: Site, suffix: str, arn: str, other: str) -> None:
        """Have a certificate served."""
        SERVED[self.served](site.sandbox, suffix, arn, other)

    def _issued(self) -> Issued:
        (kind, digest), (issuer, held) = self.algorithms, self.chain
        begins, ends = self.life[0], self.life[0] + self.life[1] - SECOND
        name, path = self.dns[0], ISSUERS[issuer]
        by = path[0] if path else name
        key = PUBLIC_KEYS[kind]() if path else signing_key(name).public_key()
        alternatives = x509.SubjectAlternativeName([x509.DNSName(one) for one in self.dns])
        extensions = [alternatives] if self.san else []
        leaf = signed(name, by, key, (begins, ends), extensions, digest)
        return Issued(
            certificate=pem(leaf),
            private_key="",
            chain="".join(CHAINS[held](path, ends)),
            root="",
            not_before=begins,
            not_after=ends,
            fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        )


Path = tuple[str, ...]
"""Authorities by name, from the one that signed up to the root."""

PUBLIC, SHOWN, HIDDEN, HELD = "Public Root", "Shown", "Hidden", "NAME-OF-YOUR-PRIVATE-ROOT"
ISSUERS: Mapping[str, Path] = {
    "a public authority": ("Public Intermediate", PUBLIC),
    "a public authority with an RSA key": ("Public RSA", PUBLIC),
    "a public root": (PUBLIC,),
    "a private authority that shows its root": ("Shown Intermediate", SHOWN),
    "a private authority": ("Hidden Intermediate", HIDDEN),
    "a private authority whose root clients hold": ("Held Intermediate", HELD),
    "a private root that clients hold": (HELD,),
    "an authority of its own name": ("shop.example.com", HIDDEN),
    "itself": (),
}
_ROOTS = (PUBLIC, HIDDEN, HELD)
"""Roots that a complete chain leaves out."""


@cache
def public_roots() -> tuple[Certificate, ...]:
    """Return what clients trust in these accounts."""
    return (describe(authority(PUBLIC, PUBLIC)),)


def _links(path: Path, end: datetime = EVER[1]) -> list[str]:
    """Return the certificates of a path, the root as the last; the first ends at a moment."""
    issuers, ends = (*path[1:], *path[-1:]), (end, *(EVER[1] for _ in path))
    return [pem(authority(*one)) for one in zip(path, issuers, ends, strict=False)]


def _complete(path: Path, end: datetime = EVER[1]) -> list[str]:
    return [link for link, name in zip(_links(path, end), path, strict=True) if name not in _ROOTS]


def _of_another() -> list[str]:
    return [pem(authority("Strange Intermediate", "Strange Root"))]


CHAINS: Mapping[str, Callable[[Path, datetime], list[str]]] = {
    "complete": lambda path, end: _complete(path),
    "complete, with its root": lambda path, end: _links(path),
    "empty": lambda path, end: [],
    "ending with it": _complete,
    "ending a second before it": lambda path, end: _complete(path, end - SECOND),
    "of another authority": lambda path, end: _of_another(),
    "complete, and one of another authority": lambda path, end: _complete(path) + _of_another(),
    "that cannot be read": lambda path, end: [NO_CERTIFICATE],
}
"""What IAM holds with a certificate, by its issuers and by when it ends."""
