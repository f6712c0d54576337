"""Clients of one account: one session, one client per service and region, one retry layer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Literal, overload

from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.session import get_session

from c7n_certrenew.aws.budget import Budget
from c7n_certrenew.aws.pacing import pace
from c7n_certrenew.aws.secrecy import hide_answer

if TYPE_CHECKING:
    from boto3 import Session
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_sts import STSClient

CONNECTIONS = 32
CONNECTIONS_PER_REGION = 8
"""How many may be open to ELB, in all and in a region; c7n and IAM have a few besides."""

_ROLE_SESSION = "c7n-certrenew"
"""The name under which roles are assumed, as CloudTrail shows it."""

_CONFIG = Config(
    connect_timeout=10,
    read_timeout=30,
    max_pool_connections=CONNECTIONS_PER_REGION,
    retries={"mode": "standard", "total_max_attempts": 6},
)
_ONCE = _CONFIG.merge(Config(retries={"total_max_attempts": 1}))


class Clients:
    """Make and keep boto3 clients.

    botocore's standard retries are the only retry layer below a renewal's own: c7n's would
    multiply with them. Each attempt is made within `budget`, which is endless until it is
    started, and those at calls of ELB are paced. Threads may share an instance; making a client
    is serialized because botocore's loaders are not thread-safe.
    """

    def __init__(self, session: Session, account_id: str, partition: str = "aws") -> None:
        self.session = session
        self.account_id = account_id
        self.partition = partition
        self.budget = Budget()
        self._made: dict[tuple[str, str | None, bool], Any] = {}
        self._assumed: dict[tuple[str, str], Clients] = {}
        self._lock = threading.Lock()

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return what answers depend on: partition, account and credentials."""
        credentials = self.session.get_credentials()
        key = credentials.get_frozen_credentials().access_key if credentials else ""
        return self.partition, self.account_id, str(key)

    @overload
    def get(self, service: Literal["iam"]) -> IAMClient: ...
    @overload
    def get(self, service: Literal["ec2"]) -> EC2Client: ...
    @overload
    def get(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    def get(self, service: str, region: str) -> Any: ...
    def get(self, service: str, region: str | None = None) -> Any:
        """Return the client of a service, in the session's region unless one is named."""
        with self._lock:
            return self._client(service, region, _CONFIG)

    def once(self, service: str, region: str) -> Any:
        """Return a client that makes no call twice, for what would then be done twice."""
        with self._lock:
            return self._client(service, region, _ONCE)

    def _client(self, service: str, region: str | None, config: Config) -> Any:
        key = (service, region, config is _ONCE)
        if key not in self._made:
            self._made[key] = self.session.client(
                service,  # type: ignore[call-overload]  # its stubs want a literal
                region_name=region,
                config=config,
            )
            pace(self._made[key], (self.partition, self.account_id), self.budget)
        return self._made[key]

    def assuming(self, role: str, external_id: str = "") -> Clients:
        """Return clients on the credentials of a role, whose ARN names the account.

        The role is assumed at their first call, and that call raises what AssumeRole does. They
        keep within the same budget.
        """
        with self._lock:
            key = role, external_id
            if key not in self._assumed:
                made = Clients(self._assume(*key), role.split(":")[4], self.partition)
                made.budget = self.budget
                self._assumed[key] = made
            return self._assumed[key]

    def _assume(self, role: str, external_id: str) -> Session:
        """Return a session on a role's credentials, which are renewed as they expire."""
        asked = {"RoleSessionName": _ROLE_SESSION} | (
            {"ExternalId": external_id} if external_id else {}
        )
        fetcher = AssumeRoleCredentialFetcher(
            self._sts, self.session.get_credentials(), role, extra_args=asked
        )
        inner = get_session()
        inner._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]  # as boto3
            fetcher.fetch_credentials, method="assume-role"
        )
        return type(self.session)(botocore_session=inner, region_name=self.session.region_name)

    def _sts(self, service: str, **credentials: str | None) -> Any:
        """Make the client that a role is assumed with; its answers are credentials."""
        core: Any = self.session._session
        client = core.create_client(service, config=_CONFIG, **credentials)
        pace(client, (self.partition, self.account_id), self.budget)
        hide_answer(client, "AssumeRole")
        return client
