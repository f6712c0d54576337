"""Answer a client's call in its own thread: a change of the script holds the world's lock."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse
from werkzeug.test import Client

from .server import Application

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

    from .world import World


def answer_directly(world: World, client: Any) -> None:
    """Let a client of a server skip the socket while this thread plays the script."""

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        return _answer(request) if world.script.is_playing else None

    client.meta.events.register("before-send", send)


def _answer(request: AWSPreparedRequest) -> AWSResponse:
    url = urlsplit(request.url)
    answer = _application().open(
        path=url.path,
        query_string=url.query,
        base_url=f"{url.scheme}://{url.netloc}",
        method=request.method,
        headers={name: _text(value) for name, value in request.headers.items()},
        data=request.body,
    )
    headers = HTTPHeaders.from_pairs(answer.headers.items())
    raw: BytesIO = MockRawResponse(answer.data)
    return AWSResponse(request.url, answer.status_code, headers, raw)


@cache
def _application() -> Client:
    return Client(Application())


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
