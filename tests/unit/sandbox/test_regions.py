"""Which regions a new account can use."""

from __future__ import annotations

import pytest

from c7n_certrenew.sandbox.regions import enabled_by_default, partition_regions


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn"])
def test_other_partitions_know_no_opting_in(partition: str) -> None:
    """Outside the partition aws every region is on."""
    assert enabled_by_default(partition) == partition_regions(partition) != ()


def test_newer_regions_wait_to_be_switched_on() -> None:
    """In the partition aws the older regions are on."""
    enabled = enabled_by_default("aws")
    assert "us-east-1" in enabled
    assert "me-south-1" not in enabled
