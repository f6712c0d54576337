"""Re-keying after a compromise: another key at once, and never again the old one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.conftest import NAMES, Engine, Policy, filtering, renewing

from c7n_certrenew import pack
from c7n_certrenew.core.candidate import Material, read_certificates
from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.core.page import page_for
from c7n_certrenew.core.retired import RETIRED_TAG
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

REGION = "us-east-1"
LISTENERS = ("edge", "front")


@pytest.fixture(scope="module")
def compromised(authority: Authority) -> Issued:
    """Give the certificate whose key has leaked; it is valid for long."""
    return authority.issue(*NAMES, days=60, age=30, key="p256")


@pytest.fixture(scope="module")
def reissued(authority: Authority, compromised: Issued) -> Issued:
    """Give it as its issuer made it anew: another key, the same end."""
    return authority.issue(*NAMES, not_after=compromised.not_after, age=0, key="p256")


def rekeying(name: str = "web", **options: Any) -> Policy:
    """Return the shipped policy for one certificate, with options of its action."""
    [shipped] = [one for one in pack.shipped("renew") if one.name == "iam-certificate-renew-now"]
    policy = yaml.safe_load(shipped.text.replace("NAME-OF-THE-CERTIFICATE", name))["policies"][0]
    policy["actions"][0] |= options
    return dict(policy)


def serve(near: Sandbox, one: Issued) -> str:
    """Bind it on two load balancers."""
    web = near.upload("web", one)
    for name in LISTENERS:
        near.application(REGION, name, Listener(443, "HTTPS", web))
    return web


def bound(near: Sandbox) -> list[str]:
    """Return what the load balancers serve, by name in IAM."""
    names = {arn: name for name, arn in near.certificates().items()}
    return [names[near.bound(name, REGION, 443)[0] or ""] for name in LISTENERS]


def retired(near: Sandbox, name: str) -> str:
    """Return the tag that remembers retired keys."""
    tags = near.client("iam").list_server_certificate_tags(ServerCertificateName=name)["Tags"]
    return next((tag["Value"] for tag in tags if tag["Key"] == RETIRED_TAG), "")


def key_of(one: Issued) -> str:
    """Return how the tag calls a certificate's public key."""
    [leaf] = read_certificates(Material("leaf", one.certificate.encode()))
    return leaf.key_fingerprint[:16]


def name_of(one: Issued) -> str:
    """Return the name under which a renewed certificate is uploaded."""
    return generated_name("web", one.not_after, one.fingerprint)


def test_rekey_and_ever_after(
    near: Sandbox,
    engine: Engine,
    authority: Authority,
    compromised: Issued,
    reissued: Issued,
    certs: Path,
) -> None:
    """The same key is refused, another is served at once, and the old one never comes back."""
    serve(near, compromised)
    again = authority.issue(*NAMES, days=89, age=1, key=compromised.private_key)
    for same in (compromised, again):
        same.write(certs)
        ran = engine(rekeying())
        assert (ran.returncode, ran.codes) == (2, ["same-key"]), ran.text
        assert ran.text.endswith(f"certrenew.json, what to do in {page_for('same-key')}\n")
    assert bound(near) == ["web", "web"]

    reissued.write(certs)
    ran = engine(rekeying())
    assert (ran.returncode, set(ran.states.values())) == (0, {"VERIFIED"}), ran.text
    first = name_of(reissued)
    assert bound(near) == [first, first]
    assert retired(near, first) == retired(near, "web") == key_of(compromised)

    policy = {**renewing(), **filtering({"type": "listener"}, name="renew")}
    again.write(certs)
    ran = engine(policy)
    assert (ran.returncode, ran.codes) == (2, ["retired-key"]), ran.text

    ordinary = authority.issue(*NAMES, days=88, age=1, key="p256")
    ordinary.write(certs)
    assert engine(policy).returncode == 0
    assert bound(near) == [name_of(ordinary)] * 2
    assert retired(near, name_of(ordinary)) == key_of(compromised)


def test_what_is_shown_bad_does_not_bring_the_old_key_back(
    near: Sandbox, engine: Engine, compromised: Issued, reissued: Issued, certs: Path
) -> None:
    """Only the canary has it: it fails and says why, and the others keep what they have."""
    serve(near, compromised)
    new = name_of(reissued)
    near.front_ends.reject(f"arn:aws:iam::{near.account_id}:server-certificate/{new}")
    reissued.write(certs)
    ran = engine(rekeying())
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert bound(near) == [new, "web"]
    assert list(ran.states.values()) == ["FAILED", "DEFERRED"]
    assert "not put back, the key of the old one must not be served again" in ran.reason("edge")
    assert retired(near, "web") == key_of(compromised)


def test_a_tag_that_is_denied_is_said(
    near: Sandbox,
    engine: Engine,
    compromised: Issued,
    reissued: Issued,
    certs: Path,
) -> None:
    """The old key is out all the same; that later renewals will not know it is a warning."""
    serve(near, compromised)
    near.deny("iam", "TagServerCertificate", None)
    reissued.write(certs)
    ran = engine(rekeying(canary=0))
    assert ran.returncode == 0
    assert bound(near) == [name_of(reissued)] * 2
    assert "certificate:web could not be tagged certrenew:retired-keys" in ran.text


def test_ending_sooner_is_for_a_rekey_alone(near: Sandbox, engine: Engine) -> None:
    """A min-extension below 0 is a wrong policy elsewhere: two certificates could alternate."""
    ran = engine(renewing(min_extension=-1))
    assert ran.returncode == 1
    assert "min-extension below 0 is for a rekey alone" in ran.text
