"""Which regions an account has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from c7n_certrenew.aws.consumers.base import whole
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.core.model import Unread

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients

REGION = r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$"
"""What every region is called like, of whatever partition."""

_OFF = "not-opted-in"


def enabled_regions(
    clients: Clients, declared: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], tuple[Unread, ...]]:
    """Return the enabled regions of the scope, and what could not be found out.

    `declared` narrows the scope. A region that is not opted in is not applicable (AWS row
    14); one that does not exist is unread, as its name stands for one that was meant. Without
    the right to DescribeRegions a declared scope is taken as it stands; otherwise every region
    is unread.
    """
    try:
        with whole():
            answer = clients.get("ec2").describe_regions(AllRegions=True)
            known = {r["RegionName"]: r.get("OptInStatus", "") for r in answer["Regions"]}
    except FAULTS as fault:
        if not declared:
            hint = f"{explain(fault)}; allow ec2:DescribeRegions or declare regions"
            return (), (Unread("ec2", "*", hint),)
        known = {name: "" for name in declared if re.search(REGION, name)}
    scope = sorted(set(declared or known))
    on = tuple(name for name in scope if known.get(name, _OFF) != _OFF)
    strange = (name for name in scope if name not in known)
    reason = f"no such region in partition {clients.partition}"
    return on, tuple(Unread("ec2", name, reason) for name in strange)
