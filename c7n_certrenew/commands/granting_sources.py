"""What sources need on AWS, as statements of an IAM policy: each action on what it is to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from c7n_certrenew.commands.granting import PURPOSES, Extent
from c7n_certrenew.commands.permissions import AUDIT, RENEW, SOURCE_READER
from c7n_certrenew.elements.permissions import source_of

if TYPE_CHECKING:
    from c7n_certrenew.sources.base import Need, Source

_ALLOWED = {(action, purpose.role) for purpose in PURPOSES for action in purpose.actions}


def sources_of(policies: Iterable[Any]) -> tuple[Source, ...]:
    """Return the sources of policies that need anything on AWS."""
    found = (source_of(policy.resource_manager) for policy in policies)
    return tuple(source for source in found if source and source.needs(key=True))


def source_statements(
    sources: Iterable[Source], extent: Extent, role: str | None
) -> list[dict[str, Any]]:
    """Return what a role needs of the sources, all roles together without one.

    One statement an action. What a purpose of the role allows anyway is left out. Regions do not
    narrow it: those of an extent are the listeners'.
    """
    resources: dict[str, dict[str, None]] = {}
    where = Extent(extent.partition, extent.account)
    for of, need in (pair for source in sources for pair in _by_role(source)):
        if role in (None, of) and (need.action, of) not in _ALLOWED:
            resources.setdefault(need.action, {})[str(where.arns(need.resource))] = None
    return [_statement(action, tuple(arns)) for action, arns in resources.items()]


def reads_key_to_plan(source: Source) -> bool:
    """Say whether a plan takes the right to the key: it is beside the certificate, or a role is."""
    return source.keyed and source.needs(key=False) == source.needs(key=True)


def roles_of(sources: Iterable[Source]) -> tuple[str, ...]:
    """Return the roles that sources assume."""
    return tuple(dict.fromkeys(role for each in sources if (role := getattr(each, "role", ""))))


def _by_role(source: Source) -> Iterator[tuple[str, Need]]:
    """Yield each need with the role that has it: an audit gets no right to a key."""
    found, fetched = source.needs(key=False), source.needs(key=True)
    if source.keyed:
        yield from ((SOURCE_READER, need) for need in fetched)
    else:
        yield from ((RENEW, need) for need in fetched if need not in found)
    if not reads_key_to_plan(source):
        yield from ((AUDIT, need) for need in found)


def _statement(action: str, resources: Sequence[str]) -> dict[str, Any]:
    return {
        "Sid": f"Source{action.partition(':')[2]}",
        "Effect": "Allow",
        "Action": [action],
        "Resource": list(resources) if len(resources) > 1 else resources[0],
    }
