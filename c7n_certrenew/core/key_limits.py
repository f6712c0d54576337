"""Which keys a listener can serve, by its service and by where the certificate is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.core.model import CLOUDFRONT
from c7n_certrenew.core.target import Store

if TYPE_CHECKING:
    from c7n_certrenew.core.model import Listener
    from c7n_certrenew.core.x509 import KeyType

_CLASSIC = "elb"
_P256 = frozenset({"secp256r1"})
_CURVES = _P256 | {"secp384r1", "secp521r1"}


@dataclass(frozen=True)
class _Limit:
    """RSA up to so many bits, and these curves; `hint` says what to do with other keys."""

    rsa: int
    curves: frozenset[str] = _CURVES
    hint: str = ""

    def holds(self, key: KeyType) -> bool:
        return key.size <= self.rsa if key.algorithm == "RSA" else key.curve in self.curves


_ANY = _Limit(4096)
_NETWORK = {"TLS": _Limit(3072)}
"""By protocol: TLS is a network load balancer's (AWS row 6)."""
_FROM_ACM = {
    CLOUDFRONT: _Limit(4096, _P256),
    _CLASSIC: _Limit(3072, frozenset(), "; have it in IAM for this load balancer"),
}
"""By service: ACM's guide, Prerequisites for importing; the classic load balancers' guide, SSL/TLS
certificates, which excludes RSA keys of 4096 bits and elliptic curves."""


def unfit(listener: Listener, key: KeyType, store: Store) -> str:
    """Say why a listener cannot serve such a key from a store, empty where it can.

    CloudFront takes P-384 and longer RSA keys from IAM as well by newer guides: it is asked.
    """
    from_acm = store is Store.ACM
    if from_acm and listener.service == CLOUDFRONT and listener.region.startswith("cn-"):
        return f"{listener} serves no certificate of ACM: CloudFront in China takes IAM's alone"
    limit = _NETWORK.get(listener.protocol, _ANY)
    if from_acm:
        limit = _FROM_ACM.get(listener.service, limit)
    if limit.holds(key):
        return ""
    where = " from ACM" if from_acm else ""
    return f"{listener} cannot serve a key of type {key}{where}{limit.hint}"
