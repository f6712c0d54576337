"""EC2 DescribeRegions: the partition's regions, and whether they are switched on."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from moto.core.responses import ActionResult
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions

from .patching import PatchPoint

if TYPE_CHECKING:
    from .world import World

ALWAYS_ON = frozenset(
    (
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
        *("ap-south-1", "ap-southeast-1", "ap-southeast-2"),
        *("ca-central-1", "sa-east-1", "eu-central-1", "eu-north-1"),
        *("eu-west-1", "eu-west-2", "eu-west-3"),
        *("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    )
)


@cache
def partition_regions(partition: str) -> tuple[str, ...]:
    """Return the regions of a partition as botocore's endpoint data lists them."""
    return tuple(botocore.session.Session().get_available_regions("ec2", partition))


def enabled_by_default(partition: str) -> tuple[str, ...]:
    """Return the regions that a new account can use without opting in."""
    regions = partition_regions(partition)
    return tuple(r for r in regions if partition != "aws" or r in ALWAYS_ON)


def describe_regions(world: World, response: AvailabilityZonesAndRegions) -> ActionResult:
    """Answer with the enabled regions, or with all of the partition for AllRegions."""
    names = response._get_param("RegionNames", [])
    everything = response._get_bool_param("AllRegions", False)
    filters = response._filters_from_querystring()
    described = [_described(world, name) for name in partition_regions(world.partition)]
    return ActionResult(
        {
            "Regions": [
                region
                for region in described
                if (everything or region["RegionName"] in world.regions)
                and (not names or region["RegionName"] in names)
                and _meets(region, filters)
            ]
        }
    )


def _described(world: World, name: str) -> dict[str, str]:
    return {
        "RegionName": name,
        "Endpoint": f"ec2.{name}.amazonaws.com",
        "OptInStatus": _opt_in_status(world, name),
    }


def _opt_in_status(world: World, name: str) -> str:
    if name not in world.regions:
        return "not-opted-in"
    required = world.partition == "aws" and name not in ALWAYS_ON
    return "opted-in" if required else "opt-in-not-required"


def _meets(region: dict[str, str], filters: dict[str, Any]) -> bool:
    fields = {
        "region-name": region["RegionName"],
        "endpoint": region["Endpoint"],
        "opt-in-status": region["OptInStatus"],
    }
    return all(fields.get(name) in values for name, values in filters.items())


POINTS = (
    PatchPoint(
        AvailabilityZonesAndRegions,
        "describe_regions",
        describe_regions,
        "moto lists other partitions, ignores filters and AllRegions",
    ),
)
