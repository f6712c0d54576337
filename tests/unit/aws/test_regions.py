"""Which regions are looked at, and what is said of those that are not."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from boto3 import Session
from botocore.exceptions import ClientError

from c7n_certrenew.aws.regions import REGION, enabled_regions

DESCRIBED = {
    "Regions": [
        {"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"},
        {"RegionName": "eu-south-1", "OptInStatus": "opted-in"},
        {"RegionName": "af-south-1", "OptInStatus": "not-opted-in"},
        {"RegionName": "us-gov-west-1"},
    ]
}
ALL = ("eu-south-1", "us-east-1", "us-gov-west-1")


def regions(answer: object, *declared: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the regions of a scope, and what is unread, where AWS answers so."""

    def describe_regions(AllRegions: bool) -> object:  # noqa: N803
        if isinstance(answer, Exception):
            raise answer
        return answer

    ec2 = SimpleNamespace(describe_regions=describe_regions)
    clients: Any = SimpleNamespace(get=lambda service: ec2, partition="aws")
    found, unread = enabled_regions(clients, declared)
    return found, [str(scope) for scope in unread]


DENIED = ClientError(
    {"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "DescribeRegions"
)
STRANGE = "no such region in partition aws"

KNOWN: list[tuple[tuple[str, ...], tuple[str, ...], list[str]]] = [
    ((), ALL, []),
    (("us-east-1",), ("us-east-1",), []),
    (("us-east-1", "eu-south-1", "us-east-1"), ("eu-south-1", "us-east-1"), []),
    (("af-south-1",), (), []),
    (("us-esat-1",), (), [f"ec2 in us-esat-1: {STRANGE}"]),
    (("us-east-1", "us-esat-1"), ("us-east-1",), [f"ec2 in us-esat-1: {STRANGE}"]),
    (("us-gov-west-1",), ("us-gov-west-1",), []),
]


@pytest.mark.parametrize(("declared", "found", "unread"), KNOWN, ids=str)
def test_declared_regions(
    declared: tuple[str, ...], found: tuple[str, ...], unread: list[str]
) -> None:
    """What is not opted in is not applicable, what does not exist is unread (AWS row 14)."""
    assert regions(DESCRIBED, *declared) == (found, unread)


@pytest.mark.parametrize("answer", [DENIED, {}, {"Regions": [{}]}], ids=str)
def test_without_the_list(answer: object) -> None:
    """A declared scope is taken as it stands, as far as it can be; without one all is unread."""
    assert regions(answer, "us-esat-1") == (("us-esat-1",), [])
    assert regions(answer, "us-east-1", "{a}") == (("us-east-1",), [f"ec2 in {{a}}: {STRANGE}"])
    found, [unread] = regions(answer)
    assert found == ()
    assert unread.startswith("ec2 in *: ")
    assert unread.endswith("; allow ec2:DescribeRegions or declare regions")


def test_every_region_of_every_partition_has_such_a_name() -> None:
    """No region that exists is refused."""
    session = Session()
    names = {
        name
        for partition in session.get_available_partitions()
        for name in session.get_available_regions("ec2", partition)
    }
    assert len(names) > 30
    assert [name for name in names if not re.search(REGION, name)] == []
