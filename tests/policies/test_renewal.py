"""iam-certificate-expiring-renew carried out: what it changes, and what it leaves alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from c7n.exceptions import ResourceLimitExceeded
from policies.harness import Bench, Data, policy_data
from policies.worlds import DAY, World

from c7n_certrenew.errors import RenewalIncompleteError

POLICY = policy_data("iam-certificate-expiring-renew")
READING = re.compile("^(List|Get|Describe)")
DUE = World(candidate="renewed")


def changes(bench: Bench) -> list[str]:
    """Return the calls so far that changed something."""
    return [c.operation for c in bench.sandbox.journal if not READING.match(c.operation)]


def outcomes(bench: Bench) -> Iterator[Data]:
    """Yield the outcome of each certificate, as the record has it."""
    [path] = bench.output.rglob("certrenew.json")
    yield from json.loads(path.read_text())["Outcomes"]


def replacement(bench: Bench, name: str) -> str:
    """Return the ARN of the only certificate that was uploaded for a lineage."""
    generated = re.compile(rf"{name}-\d{{8}}-[0-9a-f]{{8}}")
    [arn] = [a for n, a in bench.sandbox.certificates().items() if generated.fullmatch(n)]
    return arn


def test_it_renews_on_every_listener(bench: Bench) -> None:
    """A run replaces defaults and SNI entries in all regions, in place, seen by handshakes."""
    arns = bench.build(World(candidate="renewed", served="in every region"))
    spare = bench.sandbox.certificates()["other"]
    assert [r["ServerCertificateName"] for r in bench.run(POLICY)] == ["shop0"]
    new = replacement(bench, "shop0")
    assert bench.sandbox.bound("front-0", "eu-west-1", 443) == (new, ())
    assert bench.sandbox.bound("api-0", "eu-central-1", 443) == (new, ())
    assert bench.sandbox.bound("edge-0", "us-east-1", 443) == (spare, (new,))
    assert bench.sandbox.certificates()["shop0"] == arns["shop0"]
    [outcome] = outcomes(bench)
    assert outcome["State"] == "RENEWED"
    assert [b["State"] for b in outcome["Bindings"]] == ["VERIFIED"] * 3


def test_it_changes_nothing_twice(bench: Bench) -> None:
    """What a run has renewed is no finding of the next, which makes no changing call."""
    bench.build(DUE)
    bench.run(POLICY)
    assert changes(bench)
    bench.sandbox.clear_journal()
    assert bench.run(POLICY) == []
    assert changes(bench) == []


def test_it_renews_again_from_the_same_files(bench: Bench) -> None:
    """When the renewed one is due, the same paths are read and the name does not grow."""
    bench.build(DUE)
    bench.run(POLICY)
    first, now = replacement(bench, "shop0"), bench.site.now
    later = bench.site.authority.issue("shop.example.com", not_after=now + 150 * DAY, key="p256")
    later.write(bench.site.directory / "certs" / "shop0")
    bench.judge_at(now + 60 * DAY)
    bench.run(POLICY)
    served, _ = bench.sandbox.bound("front-0", "eu-west-1", 443)
    name = f"shop0-{later.not_after:%Y%m%d}-{later.fingerprint[:8]}"
    assert served == bench.sandbox.certificates()[name] != first


@pytest.mark.parametrize("candidate", ["renewed", "the old one", "for another name", "none"])
def test_dryrun_changes_nothing(bench: Bench, candidate: str) -> None:
    """A dry run plans, whatever the files hold, and makes no changing call."""
    bench.build(World(candidate=candidate))
    [planned] = bench.run(POLICY, dryrun=True)
    assert planned["c7n:replacement"]["Verdict"]
    assert changes(bench) == []


def test_dryrun_reads_no_key(bench: Bench) -> None:
    """A plan is made without the private key, and says that it was not checked."""
    bench.build(World(candidate="without its key"))
    [planned] = bench.run(POLICY, dryrun=True)
    assert planned["c7n:replacement"]["Verdict"] == "ready"
    assert [n["Code"] for n in planned["c7n:replacement"]["Notes"]] == ["key-not-checked"]


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        ("none", "no-candidate"),
        ("without its key", "no-candidate"),
        ("with the old key", "key-mismatch"),
        ("for another name", "fewer-names"),
    ],
)
def test_a_bad_candidate_fails_the_run(bench: Bench, candidate: str, code: str) -> None:
    """A candidate that must not go live ends the run with an error, and nothing is changed."""
    arns = bench.build(World(candidate=candidate))
    with pytest.raises(RenewalIncompleteError, match="shop0 REFUSED"):
        bench.run(POLICY)
    assert [o["Reasons"][0]["Code"] for o in outcomes(bench)] == [code]
    assert bench.sandbox.bound("front-0", "eu-west-1", 443) == (arns["shop0"], ())
    assert changes(bench) == []


def test_waiting_is_no_error(bench: Bench) -> None:
    """While the files still hold the old certificate a run ends well and changes nothing."""
    arns = bench.build(World(candidate="the old one"))
    bench.run(POLICY)
    assert [outcome["State"] for outcome in outcomes(bench)] == ["WAITING"]
    assert bench.sandbox.bound("front-0", "eu-west-1", 443) == (arns["shop0"], ())


def test_a_bad_candidate_does_not_stop_the_others(bench: Bench) -> None:
    """Of two certificates the one with files is renewed, the other named in the error."""
    arns = bench.build(World(candidate="renewed", copies=2))
    (bench.site.directory / "certs" / "shop1" / "cert.pem").unlink()
    with pytest.raises(RenewalIncompleteError, match=": shop1 REFUSED;"):
        bench.run(POLICY)
    assert bench.sandbox.bound("front-0", "eu-west-1", 443)[0] == replacement(bench, "shop0")
    assert bench.sandbox.bound("front-1", "eu-west-1", 443)[0] == arns["shop1"]


def test_an_unread_scope_leaves_it_incomplete(bench: Bench) -> None:
    """With a region unread what is known is renewed, and the run fails and names the region."""
    denied = (("elbv2", "*", "eu-central-1"),)
    bench.build(World(candidate="renewed", denied=denied))
    with pytest.raises(RenewalIncompleteError, match="shop0 INCOMPLETE"):
        bench.run(POLICY)
    assert bench.sandbox.bound("front-0", "eu-west-1", 443)[0] == replacement(bench, "shop0")
    [outcome] = outcomes(bench)
    assert [(u["Service"], u["Region"]) for u in outcome["Unread"]] == [("elbv2", "eu-central-1")]


def test_twenty_certificates_are_taken(bench: Bench) -> None:
    """As many as max-resources says are taken in one run."""
    bench.build(World(copies=20))
    assert len(bench.run(POLICY, dryrun=True)) == 20


@pytest.mark.parametrize("dryrun", [True, False])
def test_twenty_one_certificates_stop_the_run(bench: Bench, dryrun: bool) -> None:
    """One more than max-resources stops the run, dry or not, before anything is changed."""
    bench.build(World(copies=21))
    with pytest.raises(ResourceLimitExceeded, match="limit:20 found:21"):
        bench.run(POLICY, dryrun=dryrun)
    assert changes(bench) == []
