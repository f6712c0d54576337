"""One AWS account of the sandbox: its clients, and what is put into it without the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto.iam.models import iam_backends

from . import seed
from .certificates import stored
from .iam import discard
from .listeners import bound_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .authority import Issued
    from .world import Listener, World

SECRET = "sandbox"  # noqa: S105 (anything will do)


class Account:
    """Put certificates and load balancers into an account, and look at them."""

    def __init__(self, world: World, account_id: str, access_key: str, region: str) -> None:
        self._world = world
        self.account_id = account_id
        self.region = region
        self._access_key = access_key
        self._clients: dict[tuple[str, str], Any] = {}
        self._networks: dict[str, seed.Network] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a boto3 client that shows every error at once: it does not retry."""
        key = (service, region or self.region)
        if key not in self._clients:
            session: Any = boto3.Session()
            self._clients[key] = session.client(
                service,
                region_name=key[1],
                endpoint_url=self._world.endpoint,
                aws_access_key_id=self._access_key,
                aws_secret_access_key=SECRET,
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[key]

    def upload(
        self, name: str, issued: Issued, path: str = "/", tags: Mapping[str, str] | None = None
    ) -> str:
        """Keep a certificate in IAM, unchecked and known everywhere at once; return its ARN."""
        with self._world.lock:
            return seed.certificate(self._world, self.account_id, name, issued, path, tags or {})

    def discard(self, name: str) -> None:
        """Delete a server certificate although load balancers may use it (AWS row 10)."""
        with self._world.lock:
            discard(self._world, self.account_id, name)

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
            network, account = self._network(region), self.account_id
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
