"""Which shipped policies an audit runs."""

from __future__ import annotations

from c7n_certrenew import pack

CERTIFICATES, ACCOUNT = "aws.iam-certificate", "aws.account"


def audited() -> tuple[list[pack.Shipped], tuple[str, ...]]:
    """Return the detect policies that are run once an account, and the names of the others.

    What acts, if only by failing, is left out, as it is about a source that its user names; and
    so is what judges the resources of a region.
    """
    every = pack.shipped("detect")
    run = [one for one in every if one.resource in (CERTIFICATES, ACCOUNT) and not _acts(one)]
    return run, tuple(one.name for one in every if one not in run)


def _acts(one: pack.Shipped) -> bool:
    return "actions" in one.data
