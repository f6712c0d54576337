"""All uploads of a run share the room in IAM; what does not fit says what to prune first."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration.conftest import SOURCE, Engine, Ran, renewing, writes

from c7n_certrenew.sandbox import Authority, Listener, Sandbox

pytestmark = pytest.mark.usefixtures("clock")
NAMES = ("a", "b", "c")


def fill(near: Sandbox, authority: Authority, certs: Path) -> None:
    """Serve three certificates, the last the most urgent, beside two that nobody serves.

    One of them was replaced by a renewal, the other has expired.
    """
    for days, name in zip((9, 8, 7), NAMES, strict=True):
        domain = f"{name}.example.com"
        old = near.upload(name, authority.issue(domain, days=days, age=80, key="p256"))
        near.application("eu-west-1", name, Listener(443, "HTTPS", old))
        authority.issue(domain, days=89, age=1, key="p256").write(certs.with_name(name))
    replaced = {"certrenew:replaced-by": "c", "certrenew:replaced-on": "2026-01-01"}
    near.upload("left", authority.issue("c.example.com", days=5, age=80, key="p256"), tags=replaced)
    near.upload("gone", authority.issue("gone.example.com", days=-1, key="p256"))
    near.quota = 6


def refused(ran: Ran) -> dict[str, str]:
    """Return why certificates were refused, by name."""
    return {
        one["ServerCertificateName"]: one["Reasons"][0]["Message"]
        for one in ran.record["Outcomes"]
        if one["State"] == "REFUSED"
    }


def test_the_most_urgent_fits_and_the_others_say_what_to_prune(
    near: Sandbox, engine: Engine, authority: Authority, certs: Path
) -> None:
    """The plan says it before anything is uploaded; once that is pruned, the others fit."""
    fill(near, authority, certs)
    policy = renewing(verify="api")
    policy["filters"].append({"type": "replacement", "source": SOURCE})
    planned = engine(policy, arguments=("--dryrun",), out="plan")
    plans = {r["ServerCertificateName"]: r["c7n:replacement"] for r in planned.resources}
    assert {name: plans[name]["Verdict"] for name in NAMES} == {
        "a": "refused",
        "b": "refused",
        "c": "ready",
    }
    quota = {"Used": 5, "Limit": 6, "Uploads": 1, "Short": 2, "PruneFirst": ["left", "gone"]}
    ran = engine(policy)
    assert (ran.returncode, ran.record["Quota"]) == (2, quota)
    assert all(plan["Quota"] == quota for plan in plans.values())
    begin = "the account holds 5 of 6 server certificates, and 1 of this run come before it; "
    assert refused(ran) == {
        "a": f"{begin}2 must be freed; prune first: left, gone",
        "b": f"{begin}1 must be freed; prune first: left",
    }
    assert writes(near).count("UploadServerCertificate") == 1
    for name in ("left", "gone"):
        near.discard(name)
    again = engine(policy, out="again")
    assert (again.returncode, refused(again)) == (0, {}), again.text


def test_nothing_is_named_while_anything_was_not_looked_at(
    near: Sandbox, engine: Engine, authority: Authority, certs: Path
) -> None:
    """It may be served there (AWS row 22); so it may where the policy leaves regions out."""
    fill(near, authority, certs)
    narrow = engine(renewing(verify="api", regions=["us-east-1", "eu-west-1"]), out="narrow")
    assert set(refused(narrow)) == {"a", "b"}
    assert "prune first" not in str(refused(narrow))
    near.deny("elb", "DescribeLoadBalancers", region="us-east-1")
    unread = engine(renewing(verify="api"), out="unread")
    assert set(refused(unread)) >= {"a", "b"}
    assert "prune first" not in str(refused(unread))
