"""The world of the matrix: every kind of consumer serves one certificate that is due."""

from __future__ import annotations

from datetime import datetime

from integration.matrix.moments import Lineage

from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.core.model import CLOUDFRONT_PATH
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

REGION = "us-east-1"
"""One is enough: generated worlds have two. Each more takes as many calls again to look at."""
NAMES = ("www.example.com", "api.example.com")
OTHER = "other.example.com"
ASKED = (NAMES[0], OTHER)
_SECONDS = 5
"""How long before the certificate expires a run begins during which it does."""

PHASES = ("valid", "expiring", "expired")
"""The old certificate while the run goes on; one that is expiring does so at the cell's call."""


def lineage(authority: Authority) -> Lineage:
    """Return a certificate that expires in ten days, and its renewal."""
    return Lineage(
        "web",
        old=authority.issue(*NAMES, days=10, age=80, key="p256"),
        new=authority.issue(*NAMES, days=89, age=1, key="p256"),
    )


def populate(sandbox: Sandbox, web: Lineage, other: Issued) -> None:
    """Bind the old certificate in every role of every service, and another one beside it."""
    old = sandbox.upload(web.name, web.old, path=CLOUDFRONT_PATH)
    beside = sandbox.upload("other", other)
    sandbox.classic(REGION, "legacy", Listener(443, "HTTPS", old))
    sandbox.application(REGION, "shop", Listener(443, "HTTPS", old, sni=(old, beside)))
    sandbox.network(REGION, "edge", Listener(443, "TLS", beside, sni=(old,)))
    sandbox.distribution(*NAMES, certificate=old)
    sandbox.domain(REGION, OTHER, beside)


def set_clock(sandbox: Sandbox, phase: str, expires: datetime) -> None:
    """Begin ten days before the old certificate expires, seconds before, or a day after."""
    left = (expires - sandbox.clock.now()).total_seconds()
    ahead = {"valid": 0.0, "expiring": left - _SECONDS, "expired": left + 86_400}
    sandbox.advance(ahead[phase])


def expire(sandbox: Sandbox) -> None:
    """Let the old certificate of a run in phase `expiring` expire."""
    sandbox.advance(2 * _SECONDS)


def new_name(lineage: Lineage) -> str:
    """Return the name under which the renewed certificate is uploaded."""
    return generated_name(lineage.name, lineage.new.not_after, lineage.new.fingerprint)
