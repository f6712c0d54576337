"""The same with one pool of 64 threads and no thought of the throttle."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from serial_boto3 import Row, balancers, classic, elastic

THREADS = 64


def main() -> int:
    """Print what was found; return 1 where something could not be read."""
    session, config = boto3.Session(), Config(max_pool_connections=THREADS)
    session.client("iam").list_server_certificates()
    regions = [r["RegionName"] for r in session.client("ec2").describe_regions()["Regions"]]
    old = {region: session.client("elb", region, config=config) for region in regions}
    new = {region: session.client("elbv2", region, config=config) for region in regions}
    failed: list[Exception] = []
    with ThreadPoolExecutor(THREADS) as pool:
        reading = [pool.submit(_rows, classic, old[region], region) for region in regions]
        listing = {pool.submit(balancers, new[region]): region for region in regions}
        for listed in as_completed(listing):
            region = listing[listed]
            reading += [
                pool.submit(_rows, elastic, new[region], region, balancer)
                for balancer in _of(listed, failed)
            ]
        for row in (row for read in reading for row in _of(read, failed)):
            print(*row, sep="\t")
    print(*failed, sep="\n", file=sys.stderr)
    return int(bool(failed))


def _rows(read: Callable[..., Iterable[Row]], *arguments: Any) -> list[Row]:
    return list(read(*arguments))


def _of(done: Future[list[Any]], failed: list[Exception]) -> list[Any]:
    try:
        return done.result()
    except (BotoCoreError, ClientError) as error:
        failed.append(error)
        return []


if __name__ == "__main__":
    sys.exit(main())
