"""CloudFront's edge: which certificate a server name gets at a distribution or a domain."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from .authority import Authority
from .certificates import Material

if TYPE_CHECKING:
    from .listeners import Place
    from .world import Bound

OWN = "cloudfront"
"""What stands for CloudFront's own certificate where others have their ARN."""


def chosen(place: Place, bound: Bound, server_name: str | None) -> str | None:
    """Return the ARN to serve, ``OWN`` for CloudFront's certificate, None to drop the connection.

    An alias gets the certificate of the distribution, the distribution's own name gets that of
    CloudFront. Other clients get nothing unless the distribution has addresses of its own
    (CloudFront guide, "Choose how CloudFront serves HTTPS requests").
    """
    name = (server_name or "").lower()
    if name == place.dns_name:
        return OWN
    if any(_matches(alias, name) for alias in place.aliases):
        return next(iter(bound.sni), None)
    return bound.default


def _matches(alias: str, name: str) -> bool:
    return name == alias or (alias.startswith("*.") and name.endswith(alias[1:]))


@cache
def own_material() -> Material:
    """Return the certificate for ``*.cloudfront.net``, made once, of an authority of its own."""
    issued = Authority("CloudFront").issue("*.cloudfront.net", "cloudfront.net", key="p256")
    return Material(OWN, issued.certificate, issued.chain, issued.private_key)
