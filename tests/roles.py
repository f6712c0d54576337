"""Roles that tests assume: real STS calls, and clients that sign with what STS answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from c7n_certrenew.sandbox import Sandbox

SHOP, BLOG = "222222222222", "333333333333"


@dataclass(frozen=True)
class Assumed:
    """The credentials of one session, as STS gave them."""

    sandbox: Sandbox
    credentials: Mapping[str, Any]
    arn: str

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """Return a client of the session that does not retry."""
        return signing(
            self.sandbox,
            service,
            region,
            aws_access_key_id=self.credentials["AccessKeyId"],
            aws_secret_access_key=self.credentials["SecretAccessKey"],
            aws_session_token=self.credentials["SessionToken"],
        )


def assume(sandbox: Sandbox, arn: str, sts: Any = None, **options: Any) -> Assumed:
    """Assume a role as the sandbox's own user, or through another STS client."""
    sts = sts or sandbox.client("sts")
    answer = sts.assume_role(RoleArn=arn, RoleSessionName="test", **options)
    return Assumed(sandbox, answer["Credentials"], answer["AssumedRoleUser"]["Arn"])


def signing(sandbox: Sandbox, service: str, region: str = "us-east-1", **keys: str) -> Any:
    """Return a client with other keys that neither retries nor checks parameters."""
    config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    endpoint = sandbox.environ.get("AWS_ENDPOINT_URL")
    return _session().client(service, region, endpoint_url=endpoint, config=config, **keys)


@cache
def _session() -> Any:
    """Return one session for all clients: it reads each service's model once."""
    return boto3.Session()
