"""Which certificates `x509` finds, what it writes on them, and what becomes of the unread."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from integration.conftest import Engine, filtering
from moto.iam.models import iam_backends

from c7n_certrenew.core.candidate import Material, read_certificates
from c7n_certrenew.elements import settings
from c7n_certrenew.sandbox import Authority, Sandbox
from c7n_certrenew.sandbox.certificates import server_certificate


@pytest.fixture
def account(near: Sandbox, authority: Authority) -> Sandbox:
    """Give an account where each certificate but `good` has one thing wrong with it."""
    near.upload("good", authority.issue("www.example.com", days=80, key="p256"))
    near.upload("weak", authority.issue("old.example.com", days=80, key="rsa1024"))
    near.upload("long", authority.issue("long.example.com", days=80, age=320, key="p256"))
    near.upload("wild", authority.issue("*.example.com", days=80, key="p256"))
    near.upload("alone", authority.self_signed("lab.example.com", key="p256"))
    return near


WILD, ALONE = ("Wildcard", True), ("SelfSigned", True)


def asking(key: str, value: Any = "present", **options: Any) -> dict[str, Any]:
    """Return the filter."""
    return {"type": "x509", "key": key, "value": value, **options}


MATCHES: list[tuple[dict[str, Any], list[str]]] = [
    (asking("KeyAlgorithm", "RSA"), ["weak"]),
    (asking("KeySize", 1024, op="lte"), ["alone", "good", "long", "weak", "wild"]),
    (asking("Curve", "absent"), ["weak"]),
    (asking(*WILD), ["wild"]),
    (asking(*ALONE), ["alone"]),
    (asking("ChainEnd", "unknown"), ["good", "long", "weak", "wild"]),
    (asking("Chain[0].Subject", "CN=Example Intermediate"), ["good", "long", "weak", "wild"]),
    (asking("length(Chain)", 0), ["alone"]),
    (asking("ExceedsLifetimeLimit", True), ["long"]),
    (asking("LifetimeDays", 100, op="gt"), ["long"]),
    (asking("DNSNames", "old.example.com", op="contains"), ["weak"]),
    (asking("CommonName", "^l.*", op="regex"), ["alone", "long"]),
    (asking("NotAfter", 85, value_type="expiration", op="lte"), ["good", "long", "weak", "wild"]),
    (asking("NotBefore", 100, value_type="age", op="gte"), ["long"]),
    (asking("NotBefore", "2000-01-01", value_type="date", op="lt"), []),
    (asking("Issuer == Subject", True), ["alone"]),
    (asking("DNSNames", 1, value_type="size"), ["alone", "good", "long", "weak", "wild"]),
]


@pytest.mark.parametrize(("asked", "found"), MATCHES, ids=str)
def test_finds(account: Sandbox, engine: Engine, asked: dict[str, Any], found: list[str]) -> None:
    """Keys, expressions, operators and value types are those of any value filter."""
    ran = engine(filtering(asked))
    assert (ran.returncode, ran.found) == (0, found), ran.text


def test_each_certificate_is_read_once(account: Sandbox, engine: Engine) -> None:
    """However many filters ask, and only for what the filters before them left."""
    ran = engine(
        filtering(
            {"type": "value", "key": "ServerCertificateName", "op": "ne", "value": "alone"},
            asking("KeyAlgorithm", "ECDSA"),
            {"or": [asking(*WILD), asking("ExceedsLifetimeLimit", True)]},
        )
    )
    assert ran.found == ["long", "wild"]
    calls = Counter(call.operation for call in account.journal)
    assert calls["GetServerCertificate"] == 4
    [long, _] = sorted(ran.resources, key=lambda r: str(r["ServerCertificateName"]))
    assert long["c7n:x509"]["DNSNames"] == ["long.example.com"]
    assert "c7n:unread" not in long


def test_nothing_is_read_for_no_certificate(near: Sandbox, engine: Engine) -> None:
    """An account without certificates costs its listing alone."""
    assert engine(filtering(asking("KeySize"))).found == []
    assert "GetServerCertificate" not in {call.operation for call in near.journal}


UNREAD: list[tuple[Any, list[str]]] = [
    (asking(*WILD), ["good", "weak", "wild"]),
    (asking(*WILD, unread="exclude"), ["wild"]),
    (asking("KeySize", "absent"), ["good", "weak"]),
    ({"not": [asking(*WILD)]}, ["alone", "good", "long", "weak"]),
    ({"not": [asking(*WILD, unread="exclude")]}, ["alone", "long"]),
    ({"not": [{"not": [asking(*WILD)]}]}, ["good", "weak", "wild"]),
    (
        {"not": [{"or": [asking(*WILD), asking(*ALONE)]}]},
        ["good", "long", "weak"],
    ),
    (asking("Error"), ["good", "weak"]),
    (asking("Error", "absent"), ["alone", "long", "wild"]),
]


@pytest.fixture
def partly(account: Sandbox) -> Sandbox:
    """Give the account where IAM's answers for two certificates hold nothing that can be read."""
    backend = iam_backends["123456789012"]["aws"]
    weak = server_certificate(backend, "weak")
    weak.cert_body = weak.cert_body.replace("MII", "AAA", 1)
    server_certificate(backend, "good").cert_body = "nothing"
    return account


@pytest.mark.parametrize(("asked", "found"), UNREAD, ids=str)
def test_unknown_counts_as_found(
    partly: Sandbox, engine: Engine, asked: dict[str, Any], found: list[str]
) -> None:
    """What cannot be read matches whatever is asked, at any depth, unless it is excluded."""
    ran = engine(filtering(asked))
    assert (ran.returncode, ran.found) == (0, found), ran.text


def test_reason_is_said(partly: Sandbox, engine: Engine) -> None:
    """On the certificate, in the log and as a metric; the others are annotated all the same."""
    ran = engine(filtering(asking("Subject")))
    found = {r["ServerCertificateName"]: r for r in ran.resources}
    reasons = {
        "good": "good: IAM holds no certificate body",
        "weak": "weak: PEM block 1 is not a certificate",
    }
    for name, reason in reasons.items():
        assert found[name]["c7n:x509"] == {"Error": reason}
        assert found[name]["c7n:unread"] == [{"Service": "iam", "Region": "*", "Reason": reason}]
        assert f"policy:find x509: {name} is unread: {reason}" in ran.text
    assert found["wild"]["c7n:x509"]["Wildcard"] is True
    metrics = json.loads((ran.output / "metadata.json").read_text())["metrics"]
    assert [m["Value"] for m in metrics if m["MetricName"] == "UnreadScopes"] == [2]
    assert "Traceback" not in ran.text


def test_denial_is_said(account: Sandbox, engine: Engine) -> None:
    """Without the right to read certificates every one of them matches, and says why."""
    account.deny("iam", "GetServerCertificate")
    ran = engine(filtering(asking(*ALONE)))
    assert (ran.returncode, len(ran.found)) == (0, 5)
    for resource in ran.resources:
        assert resource["c7n:x509"]["Error"].startswith("GetServerCertificate answered AccessDen")


def test_expression_that_one_certificate_does_not_bear(account: Sandbox, engine: Engine) -> None:
    """It is unknown for that one alone: `weak` has no curve to look into."""
    ran = engine(filtering(asking("starts_with(Curve, 'secp3')", True)))
    assert (ran.returncode, ran.found) == (0, ["weak"])
    [weak] = ran.resources
    assert weak["c7n:x509"]["KeySize"] == 1024
    [unread] = weak["c7n:unread"]
    assert unread["Reason"].startswith("starts_with(Curve, 'secp3'): ")
    excluded = asking("starts_with(Curve, 'secp3')", True, unread="exclude")
    assert engine(filtering(excluded)).found == []


def test_public_roots(account: Sandbox, engine: Engine, authority: Authority) -> None:
    """A chain that was signed by a public root is told from one of a private root."""
    root = read_certificates(Material("root", authority.root.encode()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "public_roots", lambda: tuple(root))
        assert engine(filtering(asking("ChainEnd", "unknown"))).found == []
        found = engine(filtering(asking("ChainEnd", "public-root"))).found
    assert found == ["good", "long", "weak", "wild"]
