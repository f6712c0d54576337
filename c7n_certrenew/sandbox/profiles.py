"""How unforgiving an account is: profiles of the sandbox's settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .throttle import Rate, Throttle
from .world import Propagation

if TYPE_CHECKING:
    from .world import World


@dataclass(frozen=True)
class Profile:
    """Hold the settings that a sandbox begins with, and that a reset brings back.

    Times are in seconds. `page_size` caps every page; every answer waits the `latency`; a load
    balancer has `addresses`, and the last of them serves the former certificate for the
    `data_plane_lag` after a change (AWS row 19); a certificate that was let go of counts as used
    for the `detach_lag` (AWS row 10). A distribution's change takes its `deployment`.
    """

    propagation: Propagation = field(default_factory=Propagation)
    page_size: int = 400
    throttle: Throttle | None = None
    latency: float = 0
    addresses: int = 1
    data_plane_lag: float = 0
    detach_lag: float = 0
    deployment: float = 0

    def but(self, **settings: Any) -> Profile:
        """Return the profile with other settings; None keeps what it says."""
        given = {name: value for name, value in settings.items() if value is not None}
        return replace(self, **given)

    def set(self, world: World) -> None:
        """Make the settings those of a world."""
        world.propagation, world.page_size = self.propagation, self.page_size
        world.throttle.throttle, world.latency = self.throttle, self.latency
        world.detach_lag, world.deployment = self.detach_lag, self.deployment


CALM = Profile()
"""Everything at once, as unit tests want it."""

HOSTILE = Profile(
    propagation=Propagation(calls=2, seconds=1),
    page_size=2,
    throttle=Throttle(reads=Rate(burst=4, per_second=10), writes=Rate(burst=1, per_second=3)),
    latency=0.005,
    addresses=2,
    data_plane_lag=1,
    detach_lag=60,
    deployment=1,
)
"""Everything late, little of it at a time, and not too often: as bad as AWS, only quicker."""
