"""Who uses a certificate, or did a moment ago (AWS row 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import appsync, cloudfront, elb, elbv2

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from .world import Use, World

USES: tuple[Callable[[World, str], Iterator[Use]], ...] = (
    elb.uses,
    elbv2.uses,
    cloudfront.uses,
    appsync.uses,
)
"""One function for each service: it yields what each of an account's resources holds."""


def in_use(world: World, account_id: str) -> dict[str, list[str]]:
    """Return the ARNs of what uses each certificate, by all that it is referred to by.

    What let go of it less than `detach_lag` seconds ago is still taken for a user.
    """
    found: dict[str, list[str]] = {}
    for user, held in _uses(world, account_id):
        for reference in held - {None}:
            found.setdefault(str(reference), []).append(user)
    return found


def users_of(world: World, account_id: str, references: Collection[str]) -> list[str]:
    """Return the ARNs of what uses a certificate, each once."""
    users = (user for user, held in _uses(world, account_id) if held.intersection(references))
    return list(dict.fromkeys(users))


def user_of(world: World, account_id: str, references: Collection[str]) -> str | None:
    """Return the ARN of something that uses a certificate, None when nothing does."""
    uses = _uses(world, account_id)
    return next((user for user, held in uses if held.intersection(references)), None)


def _uses(world: World, account_id: str) -> Iterator[Use]:
    for uses in USES:
        yield from uses(world, account_id)
    for reference, (user, since) in world.released.items():
        if world.monotonic() < since + world.detach_lag:
            yield user, frozenset((reference,))
