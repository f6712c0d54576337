"""Who uses a server certificate, or did a moment ago (AWS row 10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import appsync, cloudfront, elb, elbv2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .certificates import ServerCertificate
    from .world import World

    UsersOf = Callable[[World, str, ServerCertificate], Iterator[str]]

USERS: tuple[UsersOf, ...] = (
    elb.users_of,
    elbv2.users_of,
    cloudfront.users_of,
    appsync.users_of,
)
"""One function for each service: it yields the ARNs of what uses an account's certificate."""


def user_of(world: World, account_id: str, certificate: ServerCertificate) -> str | None:
    """Return the ARN of something that uses a certificate, None when nothing does.

    What let go of it less than `detach_lag` seconds ago is still taken for a user.
    """
    for users_of in USERS:
        for user in users_of(world, account_id, certificate):
            return user
    for reference in certificate.references:
        user, since = world.released.get(reference, ("", -world.detach_lag))
        if user and world.monotonic() < since + world.detach_lag:
            return user
    return None
