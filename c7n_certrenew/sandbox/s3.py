"""Bring S3's calls to the gate: moto dispatches them by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from moto.s3.responses import S3Response
from werkzeug.exceptions import HTTPException

from .gate import Sent, through
from .patching import PatchPoint
from .request import Request
from .routers import router_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .world import World

_HEADERS = {"x-amz-acl": "ACL", "x-amz-tagging": "Tagging"}
"""Headers that are parameters which need an action of their own."""
_ARGUMENTS = {"versionId": "VersionId"}
"""Arguments of the address that the model spells in another way."""
_stock_bucket_response = S3Response.bucket_response
_stock_key_response = S3Response.key_response


def bucket_response(
    world: World, response: S3Response, request: Any, full_url: str, headers: Any
) -> Sent:
    """Answer a call about a bucket, or about all of them, as the world decides."""
    effect = partial(_stock_bucket_response, response, request, full_url, headers)
    return _answer(world, response, request, effect)


def key_response(
    world: World, response: S3Response, request: Any, full_url: str, headers: Any
) -> Sent:
    """Answer a call about an object as the world decides."""
    effect = partial(_stock_key_response, response, request, full_url, headers)
    return _answer(world, response, request, effect)


def _answer(world: World, response: S3Response, request: Any, effect: Callable[[], Sent]) -> Sent:
    response.setup_class(request)
    status, headers, body = through(world, response, _request(response), effect)
    return status, headers, "" if response.method == "HEAD" else body


def _request(response: S3Response) -> Request:
    operation, parameters = _call(response)
    return Request(
        account_id=response.current_account,
        region=response.region,
        service="s3",
        operation=operation,
        parameters=parameters,
        access_key=response.get_access_key(),
    )


def _call(response: S3Response) -> tuple[str, dict[str, Any]]:
    """Return operation and parameters; the HTTP method for what is no operation."""
    try:
        operation, named = router_of("s3").match(response.request)
    except HTTPException:
        return response.method, {}
    sent = response.request.headers
    given = {name: sent[header] for header, name in _HEADERS.items() if header in sent}
    arguments = response.request.args.to_dict()
    spelled = {_ARGUMENTS.get(name, name): value for name, value in arguments.items()}
    return str(operation.name), {**named, **spelled, **given}


POINTS = (
    PatchPoint(
        S3Response,
        "bucket_response",
        bucket_response,
        "moto answers for buckets without the gate",
    ),
    PatchPoint(
        S3Response,
        "key_response",
        key_response,
        "moto answers for objects without the gate",
    ),
)
