"""Where a policy of the pack runs: once per account under c7n-org, anywhere under custodian."""

from __future__ import annotations

from pathlib import Path

import pytest
from c7n_org.cli import run_account
from policies.harness import ACCOUNT, PACK, Bench, make_policy, policy_data
from policies.worlds import World

from c7n_certrenew.aws.inventory import forget_everything

SHOP = {"account_id": ACCOUNT, "name": "shop"}

EVERYWHERE = ("aws.iam-certificate", "aws.distribution", "aws.account")
GLOBAL = [stem for stem in PACK if policy_data(stem)["resource"] in EVERYWHERE]
REGIONAL = [stem for stem in PACK if stem not in GLOBAL]
EDGE = [stem for stem in PACK if policy_data(stem)["resource"] == "aws.distribution"]
"""What judges distributions: GovCloud has no CloudFront."""

every_policy = pytest.mark.parametrize("stem", PACK)
every_global_policy = pytest.mark.parametrize("stem", GLOBAL)


def is_there(stem: str, region: str) -> bool:
    """Say whether a partition has what a policy judges."""
    return not (stem in EDGE and region.startswith("us-gov-"))


def runs(stem: str, region: str, under_c7n_org: bool) -> bool:
    """Say whether the policy's conditions let it run."""
    policy = make_policy(policy_data(stem), region=region)
    if under_c7n_org:
        policy.conditions.env_vars["account"] = SHOP
    return bool(policy.is_runnable())


@every_policy
@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1"])
def test_c7n_org_runs_it_in_one_region_of_a_partition(stem: str, region: str) -> None:
    """Under c7n-org a policy runs in the first region of a partition that has what it judges."""
    assert runs(stem, region, under_c7n_org=True) is is_there(stem, region)


@every_global_policy
@pytest.mark.parametrize("region", ["eu-west-1", "us-west-2", "us-gov-east-1", "cn-northwest-1"])
def test_c7n_org_skips_other_regions(stem: str, region: str) -> None:
    """Under c7n-org a policy does not run again in another region."""
    assert not runs(stem, region, under_c7n_org=True)


@pytest.mark.parametrize("stem", REGIONAL)
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-east-1", "cn-northwest-1"])
def test_c7n_org_runs_what_is_of_a_region_in_each(stem: str, region: str) -> None:
    """What judges the load balancers of a region runs in every region that is named."""
    assert runs(stem, region, under_c7n_org=True)


@every_policy
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "us-gov-east-1", "cn-northwest-1"])
def test_custodian_runs_it_in_any_region(stem: str, region: str) -> None:
    """Under custodian a policy runs, whatever region of such a partition it is bound to."""
    assert runs(stem, region, under_c7n_org=False) is is_there(stem, region)


def test_c7n_org_runs_the_pack_once(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the two default regions of `c7n-org run`, one has every policy's output.

    The other has what is of a region alone.
    """
    bench.build(World())
    for name, value in bench.sandbox.environ.items():
        monkeypatch.setenv(name, value)
    forget_everything()
    pack = {"policies": [policy_data(stem) for stem in PACK]}
    counts = {
        region: run_account(
            SHOP, region, pack, str(tmp_path / "out"), 0, str(tmp_path), False, True, False
        )
        for region in ("us-east-1", "us-west-2")
    }
    found = {path.parent.name for path in (tmp_path / "out").rglob("us-east-1/*/resources.json")}
    assert found == set(PACK)
    assert counts["us-east-1"][1]
    assert counts["us-east-1"][0]["iam-certificate-expiring-in-use"] == 1
    found = {path.parent.name for path in (tmp_path / "out").rglob("us-west-2/*/*")}
    assert found == set(REGIONAL)
