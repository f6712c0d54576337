"""What `server-certificate` refuses before it runs, and on whose behalf it asks."""

from __future__ import annotations

from typing import Any

import pytest
from c7n.config import Config
from c7n.exceptions import PolicyValidationError
from c7n.policy import Policy, PolicyCollection
from c7n.resources import load_resources

from c7n_certrenew.aws import served
from c7n_certrenew.elements.owners import clients_of, owner_of

HINT = "use server-certificate with count: 0"
ASKED = {"type": "server-certificate"}
NOTHING = served.Serving((), (), False)


def loaded(*filters: Any, resource: str = "aws.app-elb", region: str = "eu-west-1") -> Policy:
    """Return a policy with these filters."""
    load_resources([resource])
    data = {"name": "one", "resource": resource, "filters": list(filters)}
    config = Config.empty(region=region, account_id="123456789012")
    [found] = PolicyCollection.from_data({"policies": [data]}, config)
    return found


BAD: list[tuple[dict[str, Any], str]] = [
    ({"not": [ASKED]}, HINT),
    ({"or": [{"not": [{"and": [ASKED]}]}]}, HINT),
    ({**ASKED, "day": 30}, "unknown key day; did you mean days?"),
    ({**ASKED, "days": -1}, "days is too small: -1"),
    ({**ASKED, "days": 3650000}, "days must be at most 36500, not 3650000"),
    ({**ASKED, "store": "files"}, "store must be one of iam, acm"),
    ({**ASKED, "expired": "never"}, "expired must be one of include, only, exclude"),
    ({**ASKED, "role": "both"}, "role must be one of default, sni"),
    ({**ASKED, "count_op": "in"}, "count_op must be one of eq, "),
    ({**ASKED, "attrs": {"Port": 443}}, "attrs must be a list of filters"),
]


@pytest.mark.parametrize(("wrong", "why"), BAD, ids=[why for _, why in BAD])
def test_mistakes_are_refused_in_one_line(wrong: dict[str, Any], why: str) -> None:
    """`c7n-org run` checks no schema, so the filter does; a `not` would find the unread."""
    with pytest.raises(PolicyValidationError, match=why) as refused:
        loaded(wrong).validate()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("us-gov-east-1", "aws-us-gov"), ("cn-north-1", "aws-cn")],
)
def test_account_and_partition_are_the_policys(region: str, partition: str) -> None:
    """A classic load balancer has no ARN to read them from."""
    clients = clients_of(loaded(ASKED, resource="aws.elb", region=region).resource_manager)
    assert (clients.account_id, clients.partition) == ("123456789012", partition)


@pytest.mark.parametrize(
    ("store", "needs"),
    [("iam", {"iam"}), ("acm", {"acm"}), (None, {"iam", "acm"})],
)
def test_permissions_are_of_the_resource_and_the_store(store: str | None, needs: set[str]) -> None:
    """A policy that asks nothing of ACM, or of CloudFront, needs no right to."""
    options = {"store": store} if store else {}
    [found] = loaded({**ASKED, **options}).resource_manager.filters
    assert {one.partition(":")[0] for one in found.get_permissions()} == {
        *("ec2", "elasticloadbalancing"),
        *needs,
    }


def test_gateways_have_no_listeners_to_look_for() -> None:
    """The inventory leaves gateway load balancers out: that makes them no unread ones."""
    manager = loaded(ASKED).resource_manager
    shown = {"LoadBalancerArn": "arn:lb", "LoadBalancerName": "lb"}
    assert owner_of(manager, {**shown, "Type": "gateway"}).ports == frozenset()
    assert owner_of(manager, {**shown, "Type": "network"}).ports is None


@pytest.mark.parametrize(
    ("options", "found"), [({"days": 30}, True), ({"count": 0}, False), ({"store": "iam"}, False)]
)
def test_tenants_of_a_distribution_are_unread(
    options: dict[str, Any], found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have certificates of their own in ACM: a distribution that has them is never clean."""
    monkeypatch.setattr(
        served, "read_served", lambda clients, owners, stores: dict.fromkeys(owners, NOTHING)
    )
    policy = loaded({**ASKED, **options}, resource="aws.distribution", region="us-east-1")
    [asked] = policy.resource_manager.filters
    resource = {"ARN": "arn:aws:cloudfront::123456789012:distribution/E1", "Id": "E1"}
    assert bool(asked.process([{**resource, "ConnectionMode": "tenant-only"}])) is found
    assert bool(asked.process([{**resource, "ConnectionMode": "direct"}])) is ("count" in options)
