"""The sandbox: AWS on loopback, in this process or as a server for others."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.utilities.utils import get_partition

from .account import SECRET, Account
from .faults import Fault
from .front_ends import FrontEnds
from .gate import any_error_code
from .patch_points import PATCH_POINTS
from .patching import applied
from .regions import enabled_by_default
from .server import Server
from .world import Call, Propagation, World

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from .clock import Clock
    from .throttle import Throttle

_ACCESS_KEY = "AKIASANDBOX000000001"
_ONE_AT_A_TIME = threading.Lock()


class Sandbox(Account):
    """Be an AWS account with real behaviour where moto has none, and nothing outside loopback.

    `regions` are the enabled ones, the first is the clients' default; all others of its partition
    are not opted in. None means the regions of a new account. `page_size` caps every page.
    Every answer waits `latency` seconds; ELB may be called at any rate unless a `throttle` is set.
    With ``server=False`` clients of this process are answered without sockets. One sandbox at a
    time can be open in a process: its patches are process-wide. It is no public API before 1.0.
    """

    def __init__(
        self,
        regions: Iterable[str] | None = None,
        propagation: Propagation | None = None,
        page_size: int | None = None,
        addresses: int = 1,
        server: bool = True,
        port: int = 0,
        latency: float = 0,
        throttle: Throttle | None = None,
    ) -> None:
        named = tuple(regions) if regions is not None else ()
        region = named[0] if named else "us-east-1"
        partition = get_partition(region)
        world = World(
            regions=frozenset(named or enabled_by_default(partition)),
            partition=partition,
            page_size=page_size or 400,
            propagation=propagation or Propagation(),
            latency=latency,
        )
        world.throttle.throttle = throttle
        super().__init__(world, DEFAULT_ACCOUNT_ID, _ACCESS_KEY, region)
        self._calm = self._world.propagation, throttle
        self.front_ends = FrontEnds(self._world, addresses)
        self._server_port = port if server else None
        self._stack = ExitStack()

    def __enter__(self) -> Sandbox:
        if not _ONE_AT_A_TIME.acquire(blocking=False):
            raise RuntimeError("another sandbox is open in this process: close it first")
        self._stack.callback(_ONE_AT_A_TIME.release)
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _start(self) -> None:
        self._stack.callback(BackendDict.reset)
        self._stack.enter_context(any_error_code())
        self._stack.enter_context(applied(PATCH_POINTS, self._world))
        if self._server_port is None:
            self._stack.enter_context(mock_aws())
        else:
            self._world.endpoint = self._stack.enter_context(Server(self._server_port)).url
        self._stack.callback(self.front_ends.close)
        self.reset()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._clients.clear()
        self._stack.close()

    def reset(self) -> None:
        """Empty accounts, journal, faults and front ends; settings and clock are as at first."""
        with self._world.lock:
            self.front_ends.clear()
            self._networks.clear()
            self._world.clear()
            self._world.propagation, self._world.throttle.throttle = self._calm
            BackendDict.reset()

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that make a subprocess use the sandbox and nothing else."""
        url = self._world.endpoint
        endpoint = {"AWS_ENDPOINT_URL": url} if url else {}
        return {
            **endpoint,
            "AWS_ACCESS_KEY_ID": _ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CERTRENEW_RESOLVE": self.front_ends.resolve(),
        }

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
    def detach_lag(self) -> float:
        """Return the seconds for which a detached certificate counts as used; a reset brings 0."""
        return self._world.detach_lag

    @detach_lag.setter
    def detach_lag(self, seconds: float) -> None:
        self._world.detach_lag = seconds

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

    def deny(self, service: str, operation: str, region: str | None = None) -> None:
        """Refuse an operation (a shell pattern) as AWS spells it for the service."""
        self._world.faults.deny(service, operation, region)

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
        fault = Fault(service, operation, region, code, message, times, after_effect)
        self._world.faults.add(fault)
