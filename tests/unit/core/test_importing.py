"""What ACM asks of an import, and of one that takes another's place."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from unit.core.certificates import (
    CLIENT,
    NOW,
    SERVER,
    ec_key,
    key_usage,
    leaf,
    rsa_key,
    rsa_public,
)

from c7n_certrenew.core.admission import admission
from c7n_certrenew.core.candidate import Candidate
from c7n_certrenew.core.chain import order
from c7n_certrenew.core.importing import import_refusals
from c7n_certrenew.core.model import AcmCertificate
from c7n_certrenew.core.secret import PrivateKey
from c7n_certrenew.core.target import Store, Target

ARN = AcmCertificate("arn:aws:acm:eu-west-1:123456789012:certificate/1", "shop.example.com", NOW)
SIGNS, BOTH = key_usage("digital_signature"), key_usage("digital_signature", "key_encipherment")


def refused(new: dict[str, Any], old: dict[str, Any] | None = None, **target: Any) -> list[str]:
    """Return the codes of what ACM has against a certificate, perhaps in place of another."""
    made = leaf(**new).certificate
    key = target.pop("key", None)
    candidate = Candidate(made, order(made, []), "here", private_key=key)
    before = leaf(**(old or {})).certificate
    given = {"store": Store.ACM, "renews": ARN if old is not None else None, **target}
    return [reason.code for reason in import_refusals(Target(candidate, "new", **given), before)]


@pytest.mark.parametrize(
    ("key", "codes"),
    [
        *((rsa_public(bits), []) for bits in (1024, 2048, 3072, 4096)),
        *((rsa_public(bits), ["key-unfit"]) for bits in (1536, 8192)),
        *((ec_key(curve), []) for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)),
        (ec_key(ec.SECP256K1), ["key-unfit"]),
    ],
)
def test_keys_that_acm_imports(key: Any, codes: list[str]) -> None:
    """Seven types of keys are imported; of others nothing is tried."""
    assert refused({"key": key}) == codes


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ({}, {}, []),
        ({"key": rsa_key()}, {"key": rsa_public(3072)}, ["reimport-key"]),
        ({"key": ec_key()}, {"key": ec_key(ec.SECP384R1)}, ["reimport-key"]),
        ({"extras": (BOTH,)}, {"extras": (SIGNS,)}, ["reimport-usage"]),
        ({"extras": (SIGNS,)}, {"extras": (BOTH,)}, []),
        ({"extras": (SIGNS,)}, {}, ["reimport-usage"]),
        ({}, {"extras": (SIGNS,)}, []),
        ({"usage": SERVER}, {"usage": CLIENT}, ["reimport-usage"]),
        ({"usage": (*SERVER, *CLIENT)}, {"usage": SERVER}, []),
    ],
)
def test_what_must_stay_under_an_arn(
    old: dict[str, Any], new: dict[str, Any], codes: list[str]
) -> None:
    """Type and size of the key stay, and no usage goes but that of clients."""
    assert refused(new, old) == codes
    assert refused(new, None) == []


def test_only_what_is_imported_is_looked_at() -> None:
    """IAM takes what ACM does not, and what ACM has already was taken."""
    unfit = {"key": rsa_public(8192)}
    assert refused(unfit, store=Store.IAM) == refused(unfit, existing=ARN) == []


def test_key_that_is_too_long() -> None:
    """ACM takes 5,120 bytes of a key, less than IAM."""
    assert refused({}, key=PrivateKey("k" * 5121)) == ["too-long"]
    assert refused({}, key=PrivateKey("k" * 5120)) == []


@pytest.mark.parametrize(
    ("lineage", "target", "codes"),
    [
        ("shop", {}, []),
        ("shop,com", {}, ["lineage-unfit"]),
        ("shop,com", {"existing": ARN}, []),
        ("*.example.com", {"renews": ARN}, []),
    ],
)
def test_lineages_that_a_tag_holds(lineage: str, target: dict[str, Any], codes: list[str]) -> None:
    """What is imported is found by its lineage again; IAM's names may have a comma, tags not."""
    made = leaf().certificate
    candidate = Candidate(made, order(made, []), "here")
    wanted = Target(candidate, f"{lineage}-20270101-0a1b2c3d", store=Store.ACM, **target)
    assert [reason.code for reason in admission(wanted, ARN, ())] == codes
