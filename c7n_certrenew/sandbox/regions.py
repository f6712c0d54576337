"""EC2 DescribeRegions: the partition's regions, and whether they are switched on."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from moto.core.responses import ActionResult
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions

from .errors import AwsError
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
_SUFFIX = {"aws-cn": "amazonaws.com.cn"}
_FIELDS = {"region-name": "RegionName", "endpoint": "Endpoint", "opt-in-status": "OptInStatus"}


@cache
def partition_regions(partition: str) -> tuple[str, ...]:
    """Return the regions of a partition as botocore's endpoint data lists them."""
    return tuple(botocore.session.Session().get_available_regions("ec2", partition))


def enabled_by_default(partition: str) -> tuple[str, ...]:
    """Return the regions that a new account can use without opting in."""
    regions = partition_regions(partition)
    return tuple(r for r in regions if partition != "aws" or r in ALWAYS_ON)


def describe_regions(world: World, response: AvailabilityZonesAndRegions) -> ActionResult:
    """Answer with the enabled regions, with those named, or with all for AllRegions."""
    response.error_on_dryrun()
    names = response._get_param("RegionNames", [])
    filters = response._filters_from_querystring()
    _check(world, names, filters)
    everything = response._get_bool_param("AllRegions", False) or names
    chosen = names or partition_regions(world.partition)
    described = [_described(world, name) for name in chosen if everything or name in world.regions]
    return ActionResult({"Regions": [region for region in described if _meets(region, filters)]})


def _check(world: World, names: list[str], filters: dict[str, Any]) -> None:
    for name in names:
        if name not in partition_regions(world.partition):
            raise AwsError("InvalidParameterValue", f"Invalid region provided: {name}")
    for name in filters:
        if name not in _FIELDS:
            raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


def _described(world: World, name: str) -> dict[str, str]:
    return {
        "RegionName": name,
        "Endpoint": f"ec2.{name}.{_SUFFIX.get(world.partition, 'amazonaws.com')}",
        "OptInStatus": _opt_in_status(world, name),
    }


def _opt_in_status(world: World, name: str) -> str:
    if name not in world.regions:
        return "not-opted-in"
    required = world.partition == "aws" and name not in ALWAYS_ON
    return "opted-in" if required else "opt-in-not-required"


def _meets(region: dict[str, str], filters: dict[str, Any]) -> bool:
    return all(
        any(fnmatchcase(region[_FIELDS[name]], pattern) for pattern in patterns)
        for name, patterns in filters.items()
    )


POINTS = (
    PatchPoint(
        AvailabilityZonesAndRegions,
        "describe_regions",
        describe_regions,
        "moto lists other partitions, ignores filters and AllRegions",
    ),
)
