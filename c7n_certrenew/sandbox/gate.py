"""The one place every API call passes: regions, faults, the lock, the journal."""

from __future__ import annotations

import copy
import json
import logging
import time
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.core import errors as moto_errors
from moto.core.responses import BaseResponse

from .answers import Answer, faulty, refused
from .authentication import is_authenticated
from .authorization import is_authorized
from .foreign import is_at_home
from .patching import PatchPoint
from .request import Refusal, Request
from .sts import is_trusted
from .throttle import too_often
from .world import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .world import World

Sent = tuple[int, dict[str, str], Any]
"""Status, headers and body, as moto hands them on."""

_log = logging.getLogger(__name__)
_stock_call_action = BaseResponse.call_action

_GLOBAL_SERVICES = frozenset({"cloudfront", "iam", "organizations", "route53", "sts"})
_REGION_IS_OFF = {
    "ec2": "AuthFailure",
    "elb": "InvalidClientTokenId",
    "elbv2": "InvalidClientTokenId",
}


def call_action(world: World, response: BaseResponse) -> Sent:
    """Answer a call as the world decides."""
    return through(world, response, _request(response), partial(_stock_call_action, response))


def through(
    world: World, response: BaseResponse, request: Request, effect: Callable[[], Sent]
) -> Sent:
    """Let a call have its effect or not, write it to the journal, and wait the latency.

    Raises ResetError or TimedOutError where no answer is to go out.
    """
    with world.lock:
        scripted = world.script.is_playing
        answer = _answer(world, response, request, lambda: _answered(response, effect))
        world.journal.append(_call(request, answer, scripted))
    if world.latency and not scripted:
        time.sleep(world.latency)
    return answer.sent(response.uri)


def _call(request: Request, answer: Answer, scripted: bool) -> Call:
    return Call(
        account_id=request.account_id,
        region=request.region,
        service=request.service,
        operation=request.operation,
        parameters=request.parameters,
        error_code=answer.error_code,
        scripted=scripted,
    )


def _request(response: BaseResponse) -> Request:
    return Request(
        account_id=response.current_account,
        region=response.region,
        service=response.boto3_service_name,
        operation=response._get_action() or "",
        parameters=_parameters(response),
        access_key=response.get_access_key(),
    )


def _answer(
    world: World, response: BaseResponse, request: Request, effect: Callable[[], Answer]
) -> Answer:
    if world.script.is_playing:
        return effect()
    for check in CHECKS:
        refusal = check(world, request)
        if refusal is not None:
            return refused(response, refusal)
    try:
        world.script.play(request)
    except Exception as error:  # what a change of the script gets wrong must reach the client
        return _defect(response, error)
    fault = world.faults.due(request)
    if fault is None:
        return effect()
    return faulty(response, fault, effect() if fault.after_effect else None)


def region_is_on(world: World, request: Request) -> Refusal | None:
    """Refuse a call to a region that is not opted in, spelled as its service does (AWS row 14)."""
    if request.service in _GLOBAL_SERVICES or request.region in world.regions:
        return None
    code = _REGION_IS_OFF.get(request.service, "UnrecognizedClientException")
    return Refusal(code, "The security token included in the request is invalid.")


CHECKS: tuple[Callable[[World, Request], Refusal | None], ...] = (
    region_is_on,
    is_authenticated,
    too_often,
    is_authorized,
    is_at_home,
    is_trusted,
)
"""What a call must pass before it has its effect, in AWS's order."""


def _answered(response: BaseResponse, effect: Callable[[], Sent]) -> Answer:
    try:
        status, headers, body = effect()
    except Exception as error:  # a defect of moto or of the sandbox must reach the client
        return _defect(response, error)
    return Answer(status, headers, body)


def _defect(response: BaseResponse, error: Exception) -> Answer:
    _log.exception("%s failed", response._get_action())
    return refused(response, Refusal("SandboxDefect", f"{type(error).__name__}: {error}"))


@contextmanager
def any_error_code() -> Iterator[None]:
    """Let moto serialise codes that botocore's models leave out, without a warning each."""
    stock = list(moto_errors.COMMON_ERROR_CODES)
    try:
        yield
    finally:
        moto_errors.COMMON_ERROR_CODES[:] = stock


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
