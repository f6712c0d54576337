"""The sandbox: AWS on loopback, in this process or as a server for others."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.utilities.utils import get_partition

from . import seed
from .certificates import stored
from .faults import Fault
from .front_ends import FrontEnds
from .gate import any_error_code
from .listeners import bound_at
from .patch_points import PATCH_POINTS
from .patching import applied
from .regions import enabled_by_default
from .server import Server
from .world import Call, Listener, Propagation, World

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from .authority import Issued

_ACCESS_KEY = "AKIASANDBOX000000001"
_SECRET = "sandbox"  # noqa: S105 (anything will do)
_ONE_AT_A_TIME = threading.Lock()


class Sandbox:
    """Be an AWS account with real behaviour where moto has none, and nothing outside loopback.

    `regions` are the enabled ones, the first is the clients' default; all others of its partition
    are not opted in. None means the regions of a new account. `page_size` caps every page.
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
    ) -> None:
        named = tuple(regions) if regions is not None else ()
        self.region = named[0] if named else "us-east-1"
        partition = get_partition(self.region)
        self._world = World(
            regions=frozenset(named or enabled_by_default(partition)),
            partition=partition,
            page_size=page_size or 400,
            propagation=propagation or Propagation(),
        )
        self.account_id = DEFAULT_ACCOUNT_ID
        self._calm = self._world.propagation
        self.front_ends = FrontEnds(self._world, addresses)
        self._server_port = port if server else None
        self._url: str | None = None
        self._stack = ExitStack()
        self._clients: dict[tuple[str, str], Any] = {}
        self._networks: dict[str, seed.Network] = {}

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
            self._url = self._stack.enter_context(Server(self._server_port)).url
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
        """Empty accounts, journal, faults and front ends; propagation is as it was at first."""
        with self._world.lock:
            self.front_ends.clear()
            self._networks.clear()
            self._world.clear()
            self._world.propagation = self._calm
            BackendDict.reset()

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables that make a subprocess use the sandbox and nothing else."""
        endpoint = {"AWS_ENDPOINT_URL": self._url} if self._url else {}
        return {
            **endpoint,
            "AWS_ACCESS_KEY_ID": _ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CERTRENEW_RESOLVE": self.front_ends.resolve(),
        }

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a boto3 client that shows every error at once: it does not retry."""
        key = (service, region or self.region)
        if key not in self._clients:
            session: Any = boto3.Session()
            self._clients[key] = session.client(
                service,
                region_name=key[1],
                endpoint_url=self._url,
                aws_access_key_id=_ACCESS_KEY,
                aws_secret_access_key=_SECRET,
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[key]

    @property
    def propagation(self) -> Propagation:
        """Return how long certificates uploaded from now on stay unknown to load balancers."""
        return self._world.propagation

    @propagation.setter
    def propagation(self, propagation: Propagation) -> None:
        self._world.propagation = propagation

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

    def upload(
        self, name: str, issued: Issued, path: str = "/", tags: Mapping[str, str] | None = None
    ) -> str:
        """Keep a certificate in IAM, unchecked and known everywhere at once; return its ARN."""
        with self._world.lock:
            return seed.certificate(self._world, self.account_id, name, issued, path, tags or {})

    def classic(
        self,
        region: str,
        name: str,
        *listeners: Listener,
        tags: Mapping[str, str] | None = None,
        scheme: str = "internet-facing",
    ) -> seed.LoadBalancer:
        """Create a classic load balancer."""
        with self._world.lock:
            network = self._network(region)
            account = self.account_id
            return seed.classic(network, account, region, name, listeners, tags or {}, scheme)

    def application(
        self,
        region: str,
        name: str,
        *listeners: Listener,
        tags: Mapping[str, str] | None = None,
        scheme: str = "internet-facing",
    ) -> seed.LoadBalancer:
        """Create an application load balancer."""
        return self._elastic(region, "application", name, listeners, tags or {}, scheme)

    def network(
        self,
        region: str,
        name: str,
        *listeners: Listener,
        tags: Mapping[str, str] | None = None,
        scheme: str = "internet-facing",
    ) -> seed.LoadBalancer:
        """Create a network load balancer."""
        return self._elastic(region, "network", name, listeners, tags or {}, scheme)

    def bound(
        self, load_balancer: str, region: str, port: int
    ) -> tuple[str | None, tuple[str, ...]]:
        """Return the default and the SNI list of a listener; raises LookupError without one."""
        bound = bound_at(self._world, self.account_id, region, load_balancer, port)
        if bound is None:
            raise LookupError(f"no listener on port {port} of {load_balancer} in {region}")
        return bound.default, bound.sni

    def certificates(self) -> dict[str, str]:
        """Return the ARNs of the server certificates in IAM, by name."""
        kept = stored(iam_backends[self.account_id][self._world.partition])
        return {certificate.cert_name: certificate.arn for certificate in kept.values()}

    def _elastic(
        self,
        region: str,
        kind: str,
        name: str,
        listeners: tuple[Listener, ...],
        tags: Mapping[str, str],
        scheme: str,
    ) -> seed.LoadBalancer:
        with self._world.lock:
            network, account = self._network(region), self.account_id
            return seed.elastic(
                self._world, network, account, region, kind, name, listeners, tags, scheme
            )

    def _network(self, region: str) -> seed.Network:
        if region not in self._networks:
            self._networks[region] = seed.network(self.account_id, region)
        return self._networks[region]
