"""STS: roles that trust their callers, and sessions that end."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING

from moto.core.responses import ActionResult
from moto.sts.responses import TokenResponse

from .codes import codes
from .errors import AwsError
from .patching import PatchPoint
from .policies import Policy
from .request import Refusal

if TYPE_CHECKING:
    from .identities import Caller, Role
    from .request import Request
    from .world import World

_ARN = re.compile(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+")
_NAME = re.compile(r"[\w+=,.@-]{2,64}")
_SHORTEST, _LONGEST, _CHAINED = 900, 43200, 3600
"""Seconds that a session may last; the last is for a role assumed by a role."""


def is_trusted(world: World, request: Request) -> Refusal | None:
    """Refuse a caller whom the role to assume does not trust, or who does not know its id."""
    arn = request.parameters.get("RoleArn", "")
    if request.operation != "AssumeRole" or not _ARN.fullmatch(arn):
        return None
    caller, role = _caller(world, request.access_key), world.identities.role(arn)
    if role is not None and role.trusts_caller(caller, request.parameters.get("ExternalId")):
        return None
    message = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    return Refusal(codes("sts").denied, message)


def assume_role(world: World, response: TokenResponse) -> ActionResult:
    """Give out credentials for a role, which trusts the caller."""
    arn, name = response._get_param("RoleArn"), response._get_param("RoleSessionName")
    seconds = response._get_int_param("DurationSeconds", 3600)
    _check_form(arn, name, seconds)
    caller, role = _caller(world, response.get_access_key()), world.identities.role(arn)
    assert role is not None, "a role that is not there trusts nobody"
    _check_duration(caller, role, seconds)
    expires = world.now() + dt.timedelta(seconds=seconds)
    session = world.identities.assume(role, name, expires, _session_policy(response))
    assumed = world.identities.assumed(session)
    return ActionResult(
        {
            "Credentials": {
                "AccessKeyId": session.access_key,
                "SecretAccessKey": "sandbox",
                "SessionToken": f"token-of-{session.access_key}",
                "Expiration": session.expires,
            },
            "AssumedRoleUser": {"AssumedRoleId": assumed.user_id, "Arn": assumed.arn},
        }
    )


def get_caller_identity(world: World, response: TokenResponse) -> ActionResult:
    """Say who the caller is; this needs no permission."""
    caller = _caller(world, response.get_access_key())
    return ActionResult({"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn})


def _caller(world: World, access_key: str) -> Caller:
    caller = world.identities.caller(access_key)
    assert caller is not None, "the gate lets no unknown key pass"
    return caller


def _check_form(arn: str, name: str, seconds: int) -> None:
    wrong = {
        f"'{arn}' at 'roleArn'": not _ARN.fullmatch(arn),
        f"'{name}' at 'roleSessionName'": not _NAME.fullmatch(name),
        f"'{seconds}' at 'durationSeconds'": not _SHORTEST <= seconds <= _LONGEST,
    }
    for value in (value for value, is_wrong in wrong.items() if is_wrong):
        message = f"1 validation error detected: Value {value} failed to satisfy constraint"
        raise AwsError("ValidationError", message)


def _check_duration(caller: Caller, role: Role, seconds: int) -> None:
    message = "The requested DurationSeconds exceeds the"
    if caller.session is not None and seconds > _CHAINED:
        limit = "1 hour session limit for roles assumed by role chaining."
        raise AwsError("ValidationError", f"{message} {limit}")
    if seconds > role.longest:
        raise AwsError("ValidationError", f"{message} MaxSessionDuration set for this role.")


def _session_policy(response: TokenResponse) -> Policy | None:
    text = response._get_param("Policy")
    if response._get_param("PolicyArns"):
        raise NotImplementedError("AssumeRole with PolicyArns is not simulated")
    try:
        return Policy.parse(text) if text else None
    except json.JSONDecodeError as error:
        raise AwsError("MalformedPolicyDocument", f"The policy is not JSON: {error}") from error


POINTS = (
    PatchPoint(
        TokenResponse,
        "assume_role",
        assume_role,
        "moto trusts everyone and its sessions never expire",
    ),
    PatchPoint(
        TokenResponse,
        "get_caller_identity",
        get_caller_identity,
        "moto does not know the sandbox's users and sessions",
    ),
)
