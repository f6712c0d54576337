"""Which regions an account has."""

from __future__ import annotations

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS, explain
from c7n_certrenew.core.model import Unread

_OFF = "not-opted-in"


def enabled_regions(
    clients: Clients, declared: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], tuple[Unread, ...]]:
    """Return the enabled regions of the scope, and what could not be found out.

    `declared` narrows the scope. A region that is not opted in is not applicable (AWS row
    14). Without the right to DescribeRegions a declared scope is taken as it stands;
    otherwise every region is unread.
    """
    try:
        answer = clients.get("ec2").describe_regions(AllRegions=True)
    except FAULTS as fault:
        if declared:
            return declared, ()
        hint = f"{explain(fault)}; allow ec2:DescribeRegions or declare regions"
        return (), (Unread("ec2", "*", hint),)
    on = {r["RegionName"] for r in answer["Regions"] if r.get("OptInStatus") != _OFF}
    return tuple(sorted(on.intersection(declared) if declared else on)), ()
