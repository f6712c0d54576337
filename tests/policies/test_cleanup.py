"""iam-certificate-expired-unused-delete carried out: what it deletes, and what it never does."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from policies.ages import Leftover
from policies.cases import denials
from policies.harness import Bench, policy_data
from policies.worlds import DAY, SERVED, issue

POLICY = policy_data("iam-certificate-expired-unused-delete")
DELETE = "DeleteServerCertificate"
LONG = -8 * DAY


def put(bench: Bench, name: str, expires: timedelta, served: str) -> None:
    """Upload one more certificate, and have it served."""
    site = bench.site
    arn = site.sandbox.upload(name, issue(site.authority, "shop.example.com", site.now + expires))
    SERVED[served](site.sandbox, f"-{name}", arn, arn)


def deletions(bench: Bench) -> int:
    """Return how often something was to be deleted."""
    return [call.operation for call in bench.sandbox.journal].count(DELETE)


def ended(bench: Bench) -> dict[str, str]:
    """Return how each certificate ended, as the policy's output has it."""
    [path] = bench.output.rglob("action-prune")
    ends = json.loads(path.read_text())
    return {one["ServerCertificateName"]: one["State"] for one in ends}


def test_it_deletes_what_expired_long_ago_and_nobody_serves(bench: Bench) -> None:
    """Of all kinds only one goes: neither what is served, nor valid, nor has just expired."""
    bench.build(Leftover())
    put(bench, "valid", 300 * DAY, "by nobody, listeners are HTTP and TCP")
    put(bench, "lately", -6 * DAY, "by nobody, listeners are HTTP and TCP")
    put(bench, "balanced", LONG, "in every region")
    put(bench, "distributed", LONG, "by a distribution")
    before = set(bench.sandbox.certificates())
    bench.run(POLICY)
    assert before - set(bench.sandbox.certificates()) == {"shop0"}
    assert ended(bench) == {"shop0": "PRUNED"}
    assert deletions(bench) == 1


@pytest.mark.parametrize(
    "denied", [denials.NO_ELBV2, denials.NO_REGIONS, denials.NO_CLOUDFRONT, denials.NO_APPSYNC]
)
def test_it_deletes_nothing_while_something_is_unread(
    bench: Bench, denied: tuple[tuple[str, str, str | None], ...]
) -> None:
    """A service or region that cannot be read keeps every certificate, and is named."""
    bench.build(Leftover(denied=denied))
    bench.run(POLICY)
    assert ended(bench) == {"shop0": "KEPT"}
    assert deletions(bench) == 0


def test_a_dry_run_deletes_nothing(bench: Bench) -> None:
    """A dry run shows what would go, and makes no changing call."""
    bench.build(Leftover())
    assert [one["ServerCertificateName"] for one in bench.run(POLICY, dryrun=True)] == ["shop0"]
    assert deletions(bench) == 0
