"""What a test may turn in a sandbox that is open: settings, clock, journal, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .faults import Fault, Kind

if TYPE_CHECKING:
    from .clock import Clock
    from .throttle import Throttle
    from .world import Call, Propagation, World


class Controls:
    """Change how the world behaves from now on, and see what it was asked.

    A reset brings back what the profile says.
    """

    _world: World

    @property
    def propagation(self) -> Propagation:
        """Return how long certificates uploaded from now on stay unknown to load balancers."""
        return self._world.propagation

    @propagation.setter
    def propagation(self, propagation: Propagation) -> None:
        self._world.propagation = propagation

    @property
    def throttle(self) -> Throttle | None:
        """Return how often ELB may be called, None for any rate."""
        return self._world.throttle.throttle

    @throttle.setter
    def throttle(self, throttle: Throttle | None) -> None:
        self._world.throttle.throttle = throttle

    @property
    def quota(self) -> int:
        """Return how many server certificates an account may keep; a reset brings 20 back."""
        return self._world.quota

    @quota.setter
    def quota(self, quota: int) -> None:
        self._world.quota = quota

    @property
    def acm_quota(self) -> int:
        """Return how many imported certificates ACM keeps a region; a reset brings 2500 back."""
        return self._world.acm_quota

    @acm_quota.setter
    def acm_quota(self, quota: int) -> None:
        self._world.acm_quota = quota

    @property
    def detach_lag(self) -> float:
        """Return the seconds for which a detached certificate counts as used; a reset brings 0."""
        return self._world.detach_lag

    @detach_lag.setter
    def detach_lag(self, seconds: float) -> None:
        self._world.detach_lag = seconds

    @property
    def deployment(self) -> float:
        """Return the seconds that a distribution's change takes; a reset brings the profile's."""
        return self._world.deployment

    @deployment.setter
    def deployment(self, seconds: float) -> None:
        self._world.deployment = seconds

    @property
    def clock(self) -> Clock:
        """Return the clock, which can be stopped and advanced."""
        return self._world.clock

    def advance(self, seconds: float) -> None:
        """Put the sandbox's clock ahead."""
        self._world.clock.advance(seconds)

    @property
    def journal(self) -> list[Call]:
        """Return the calls so far, oldest first."""
        return list(self._world.journal)

    def clear_journal(self) -> None:
        """Forget the calls so far."""
        self._world.journal.clear()

    def inject(self, *faults: Fault) -> None:
        """Let calls go wrong from now on; the first fault that is due decides."""
        for fault in faults:
            self._world.faults.add(fault)

    def clear_faults(self) -> None:
        """Let no call go wrong any more."""
        self._world.faults.clear()

    def deny(self, service: str, operation: str, region: str | None = None) -> None:
        """Refuse an operation (a shell pattern) as AWS spells it for the service."""
        self.inject(Fault(service, operation, Kind.DENIED, region, times=None))

    def fail(
        self,
        service: str,
        operation: str,
        code: str,
        message: str,
        times: int = 1,
        region: str | None = None,
        after_effect: bool = False,
    ) -> None:
        """Answer the next `times` calls with an error, instead of or after their effect."""
        self.inject(
            Fault(
                service,
                operation,
                region=region,
                times=times,
                after_effect=after_effect,
                code=code,
                message=message,
            )
        )
