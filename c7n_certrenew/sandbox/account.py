"""One AWS account of the sandbox: its clients, and what is put into it without the API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends

from . import seed, seed_edge
from .account_acm import InAcm
from .certificates import stored
from .direct import answer_directly
from .iam import discard
from .identities import Role
from .listeners import bound_at
from .policies import FULL_ACCESS, Policy, region_guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .authority import Issued
    from .policies import Document
    from .world import Listener, World

SECRET = "sandbox"  # noqa: S105 (anything will do)


@cache
def _session() -> Any:
    """Return one session for all clients: reading a service's model takes most of the time."""
    return boto3.Session()


class Account(InAcm):
    """Put certificates and load balancers into an account, and look at them."""

    def __init__(self, world: World, account_id: str, access_key: str, region: str) -> None:
        self._world = world
        self.account_id = account_id
        self.region = region
        self._access_key = access_key
        self._clients: dict[tuple[str, str], Any] = {}
        self._networks: dict[str, seed.Network] = {}
        world.identities.add_user(access_key, account_id, world.partition)

    def client(self, service: str, region: str | None = None) -> Any:
        """Return a boto3 client that shows every error at once: it does not retry."""
        key = (service, region or self.region)
        if key not in self._clients:
            self._clients[key] = _session().client(
                service,
                region_name=key[1],
                endpoint_url=self._world.endpoint,
                aws_access_key_id=self._access_key,
                aws_secret_access_key=SECRET,
                config=Config(retries={"total_max_attempts": 1}),
            )
            if self._world.endpoint is not None:
                answer_directly(self._world, self._clients[key])
        return self._clients[key]

    def role(
        self,
        name: str,
        *policies: Document,
        trusts: Iterable[str] | None = None,
        external_id: str | None = None,
        max_session: int = 3600,
    ) -> str:
        """Declare a role and return its ARN; without policies it may do everything.

        `trusts` are accounts or ARNs, by default the sandbox's own account; `max_session` is in
        seconds. Until an account declares one, anyone may assume any role of it. Raises ValueError
        for a policy that the sandbox cannot evaluate.
        """
        arn = f"arn:{self._world.partition}:iam::{self.account_id}:role/{name}"
        allowed = tuple(Policy.parse(policy) for policy in policies) or (FULL_ACCESS,)
        trusted = frozenset((DEFAULT_ACCOUNT_ID,) if trusts is None else trusts)
        with self._world.lock:
            identities = self._world.identities
            identities.roles[arn] = Role(arn, allowed, trusted, external_id, max_session)
        return arn

    def restrict(self, *policies: Document) -> None:
        """Let the account's own user, whom :meth:`client` is, do only what policies allow."""
        allowed = [Policy.parse(policy) for policy in policies]
        with self._world.lock:
            self._world.identities.restrict(self._access_key, allowed)

    def scp(self, policy: Document) -> None:
        """Put one more service control policy on the account; each must allow a call.

        One that only denies stands beside FullAWSAccess, as AWS attaches it by default.
        """
        with self._world.lock:
            scps = self._world.identities.scps.setdefault(self.account_id, [])
            scps.append(Policy.parse(policy))

    def deny_region(self, region: str) -> None:
        """Deny everything in a region by an SCP; global services are exempt (AWS row 21)."""
        self.scp(region_guard(region))

    def expire_sessions(self) -> None:
        """Let the sessions of the account's roles end at once."""
        with self._world.lock:
            self._world.identities.expire(self.account_id, self._world.now())

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

    def distribution(
        self,
        *aliases: str,
        certificate: str | None = None,
        support: str = "sni-only",
        tags: Mapping[str, str] | None = None,
    ) -> seed_edge.Distribution:
        """Create a deployed distribution, unchecked.

        It serves the certificate with this ARN or id to its aliases, CloudFront's own without one.
        """
        with self._world.lock:
            return seed_edge.distribution(
                self._world, self.account_id, aliases, certificate, support, tags or {}
            )

    def domain(self, region: str, name: str, certificate: str) -> seed_edge.Domain:
        """Create an AppSync custom domain that serves the certificate of an ARN, unchecked."""
        with self._world.lock:
            return seed_edge.domain(self._world, self.account_id, region, name, certificate)

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

    def forget(self) -> None:
        """Forget what the backends held before they were emptied."""
        self._networks.clear()

    def _network(self, region: str) -> seed.Network:
        if region not in self._networks:
            self._networks[region] = seed.network(self.account_id, region)
        return self._networks[region]
