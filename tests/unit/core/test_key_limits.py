"""Which keys a listener can serve, by where the certificate is."""

from __future__ import annotations

import pytest

from c7n_certrenew.core.key_limits import unfit
from c7n_certrenew.core.model import Listener
from c7n_certrenew.core.target import Store
from c7n_certrenew.core.x509 import KeyType

PLACES = {
    "classic": Listener("elb", "eu-west-1", "lb", 443, "HTTPS"),
    "ALB": Listener("elbv2", "eu-west-1", "lb", 443, "HTTPS"),
    "NLB": Listener("elbv2", "eu-west-1", "lb", 443, "TLS"),
    "CloudFront": Listener("cloudfront", "us-east-1", "E1", 443, "HTTPS"),
    "China": Listener("cloudfront", "cn-northwest-1", "E1", 443, "HTTPS"),
}
CURVES = {"P256": "secp256r1", "P384": "secp384r1", "P521": "secp521r1", "K": "secp256k1"}
KEYS = {f"RSA {n}": KeyType("RSA", n) for n in (2048, 3072, 4096, 8192)} | {
    name: KeyType("ECDSA", 256, curve) for name, curve in CURVES.items()
}
LONG = {"RSA 2048", "RSA 3072", "RSA 4096"}


@pytest.mark.parametrize(
    ("place", "store", "fit"),
    [
        ("classic", Store.IAM, LONG | {"P256", "P384", "P521"}),
        ("classic", Store.ACM, {"RSA 2048", "RSA 3072"}),
        ("ALB", Store.ACM, LONG | {"P256", "P384", "P521"}),
        ("NLB", Store.IAM, {"RSA 2048", "RSA 3072", "P256", "P384", "P521"}),
        ("NLB", Store.ACM, {"RSA 2048", "RSA 3072", "P256", "P384", "P521"}),
        ("CloudFront", Store.IAM, LONG | {"P256", "P384", "P521"}),
        ("CloudFront", Store.ACM, LONG | {"P256"}),
        ("China", Store.IAM, LONG | {"P256", "P384", "P521"}),
        ("China", Store.ACM, set()),
    ],
)
def test_keys_that_fit(place: str, store: Store, fit: set[str]) -> None:
    """A service takes other keys from ACM than from IAM (AWS row 6)."""
    assert {name for name, key in KEYS.items() if not unfit(PLACES[place], key, store)} == fit


def test_says_what_to_do() -> None:
    """The line names the listener, the key, and where the certificate had better be."""
    said = unfit(PLACES["classic"], KEYS["P256"], Store.ACM)
    assert said == (
        "elb/lb:443 in eu-west-1 cannot serve a key of type ECDSA secp256r1 from ACM; "
        "have it in IAM for this load balancer"
    )
    assert "CloudFront in China takes IAM's alone" in unfit(
        PLACES["China"], KEYS["RSA 2048"], Store.ACM
    )
