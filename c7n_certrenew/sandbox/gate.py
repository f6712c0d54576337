"""The one place every API call passes: regions, faults, the lock, the journal.

S3, DynamoDB and autoscaling have dispatchers of their own in moto and do not come by here.
"""

from __future__ import annotations

import copy
import json
import logging
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core import errors as moto_errors
from moto.core.responses import ActionResult, BaseResponse

from .errors import AwsError
from .patching import PatchPoint
from .request import Refusal, Request
from .throttle import too_often
from .world import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .world import World

_log = logging.getLogger(__name__)
_stock_call_action = BaseResponse.call_action

_ERROR_CODE = re.compile(r"<Code>([^<]+)</Code>")
_STATUS = {
    "AccessDenied": 403,
    "AuthFailure": 401,
    "InternalFailure": 500,
    "InvalidClientTokenId": 403,
    "RequestLimitExceeded": 503,
    "SandboxDefect": 501,
    "ServiceFailure": 500,
    "ServiceUnavailable": 503,
    "UnauthorizedOperation": 403,
}
_GLOBAL_SERVICES = frozenset({"cloudfront", "iam", "organizations", "route53", "sts"})
_REGION_IS_OFF = {
    "ec2": "AuthFailure",
    "elb": "InvalidClientTokenId",
    "elbv2": "InvalidClientTokenId",
}


@dataclass(frozen=True)
class Answer:
    """Hold the status, headers and body of a response."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error_code(self) -> str | None:
        """Return the error code on the wire, None for a success."""
        if self.status < 400:
            return None
        text = self.body.decode() if isinstance(self.body, bytes) else str(self.body)
        found = _ERROR_CODE.search(text)
        return found.group(1) if found else self.headers.get("X-Amzn-Errortype", str(self.status))


def call_action(world: World, response: BaseResponse) -> tuple[int, dict[str, str], Any]:
    """Answer a call as the world decides, write it to the journal, and wait the latency."""
    request = _request(response)
    with world.lock:
        answer = _answer(world, response, request)
        world.journal.append(
            Call(
                account_id=request.account_id,
                region=request.region,
                service=request.service,
                operation=request.operation,
                parameters=request.parameters,
                error_code=answer.error_code,
            )
        )
    if world.latency:
        time.sleep(world.latency)
    return answer.status, answer.headers, answer.body


def _request(response: BaseResponse) -> Request:
    return Request(
        account_id=response.current_account,
        region=response.region,
        service=response.boto3_service_name,
        operation=response._get_action() or "",
        parameters=_parameters(response),
        access_key=response.get_access_key(),
    )


def _answer(world: World, response: BaseResponse, request: Request) -> Answer:
    fault = world.faults.take(request.service, request.operation, request.region)
    for check in CHECKS:
        refusal = check(world, request)
        if refusal is not None:
            return _error(response, refusal.code, refusal.message)
    if fault is not None and not fault.after_effect:
        return _error(response, fault.code, fault.message)
    answer = _effect(response)
    return _error(response, fault.code, fault.message) if fault is not None else answer


def region_is_on(world: World, request: Request) -> Refusal | None:
    """Refuse a call to a region that is not opted in, spelled as its service does (AWS row 14)."""
    if request.service in _GLOBAL_SERVICES or request.region in world.regions:
        return None
    code = _REGION_IS_OFF.get(request.service, "UnrecognizedClientException")
    return Refusal(code, "The security token included in the request is invalid.")


CHECKS: tuple[Callable[[World, Request], Refusal | None], ...] = (region_is_on, too_often)
"""What a call must pass before it has its effect, in AWS's order."""


def _effect(response: BaseResponse) -> Answer:
    try:
        status, headers, body = _stock_call_action(response)
    except Exception as error:  # a defect of moto or of the sandbox must reach the client
        _log.exception("%s failed", response._get_action())
        return _error(response, "SandboxDefect", f"{type(error).__name__}: {error}")
    return Answer(status, headers, body)


@contextmanager
def any_error_code() -> Iterator[None]:
    """Let moto serialise codes that botocore's models leave out, without a warning each."""
    stock = list(moto_errors.COMMON_ERROR_CODES)
    try:
        yield
    finally:
        moto_errors.COMMON_ERROR_CODES[:] = stock


def _error(response: BaseResponse, code: str, message: str) -> Answer:
    if code not in moto_errors.COMMON_ERROR_CODES:
        moto_errors.COMMON_ERROR_CODES.append(code)
    result = ActionResult(AwsError(code, message))
    status, headers, body = response.serialized(result)
    status = _STATUS.get(code, status)
    headers, body = BaseResponse._enrich_response({**headers, "status": str(status)}, body)
    return Answer(status, headers, body)


def _parameters(response: BaseResponse) -> Mapping[str, Any]:
    """Return the request's parameters without the protocol's own (Action, Version)."""
    if response.automated_parameter_parsing:
        parsed = response.params
        plain = parsed.original_dict() if hasattr(parsed, "original_dict") else dict(parsed)
        return copy.deepcopy(plain)
    if response.body and str(response.body).startswith("{"):
        return dict(json.loads(response.body))
    return {name: values[0] for name, values in response.querystring.items()}


POINTS = (
    PatchPoint(
        BaseResponse,
        "call_action",
        call_action,
        "moto has no locks, no journal, no faults and answers in every region",
    ),
)
