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
from .controls import Controls
from .front_ends import FrontEnds
from .gate import any_error_code
from .patch_points import PATCH_POINTS
from .patching import applied
from .profiles import CALM
from .regions import enabled_by_default
from .server import Server
from .world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from .profiles import Profile
    from .throttle import Throttle
    from .world import Propagation

_ACCESS_KEY = "AKIASANDBOX000000001"
_ONE_AT_A_TIME = threading.Lock()


class Sandbox(Account, Controls):
    """Be an AWS account with real behaviour where moto has none, and nothing outside loopback.

    `regions` are the enabled ones, the first is the clients' default; all others of its partition
    are not opted in. None means the regions of a new account. What is not given is the profile's.
    With ``server=False`` clients of this process are answered without sockets. One sandbox at a
    time can be open in a process: its patches are process-wide. It is no public API before 1.0.
    """

    def __init__(
        self,
        regions: Iterable[str] | None = None,
        propagation: Propagation | None = None,
        page_size: int | None = None,
        addresses: int | None = None,
        server: bool = True,
        port: int = 0,
        latency: float | None = None,
        throttle: Throttle | None = None,
        profile: Profile = CALM,
    ) -> None:
        named = tuple(regions) if regions is not None else ()
        region = named[0] if named else "us-east-1"
        partition = get_partition(region)
        world = World(
            regions=frozenset(named or enabled_by_default(partition)),
            partition=partition,
        )
        super().__init__(world, DEFAULT_ACCOUNT_ID, _ACCESS_KEY, region)
        self._accounts: dict[str, Account] = {self.account_id: self}
        self._profile = profile.but(
            propagation=propagation,
            page_size=page_size,
            addresses=addresses,
            latency=latency,
            throttle=throttle,
        )
        self.front_ends = FrontEnds(self._world, self._profile.addresses)
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
            for account in self._accounts.values():
                account.forget()
            self._world.clear()
            BackendDict.reset()
            self._profile.set(self._world)
            self.front_ends.lag(self._profile.data_plane_lag, addresses=1)

    def account(self, account_id: str) -> Account:
        """Return an account by its id of twelve digits, the same one each time."""
        if account_id not in self._accounts:
            key = f"AKIA{account_id}0000"
            self._accounts[account_id] = Account(self._world, account_id, key, self.region)
        return self._accounts[account_id]

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

    def before(
        self,
        service: str,
        operation: str,
        change: Callable[[Sandbox], object],
        call: int = 1,
        region: str | None = None,
    ) -> None:
        """Let somebody else change something before the n-th such call has its effect.

        The change runs while the call waits, and may use what the sandbox and its clients do.
        Its calls are journalled as scripted; throttle, faults and latency spare them.
        """
        self._world.script.before(service, operation, region, call, lambda: change(self))
