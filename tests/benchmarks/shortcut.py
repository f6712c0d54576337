"""A short way into moto for ELB's calls: what moto's server takes per call is not what is measured.

moto looks through its folders and routes through Flask at each call, which would make the server
slower than what asks it. Everything the sandbox adds is past this point and stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moto.core.request import Request
from moto.elb.urls import api_version_elb_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.wrappers import Response

_ELB = "/elasticloadbalancing/"
_stock = DomainDispatcherApplication.__call__


def install() -> None:
    """Answer ELB's calls without Flask, from now on."""
    DomainDispatcherApplication.__call__ = _call  # type: ignore[assignment,method-assign]


def _call(
    application: DomainDispatcherApplication, environ: dict[str, Any], start_response: Any
) -> Iterable[bytes]:
    if _ELB not in environ.get("HTTP_AUTHORIZATION", ""):
        return _stock(application, environ, start_response)  # type: ignore[no-any-return]
    request = Request(environ)
    status, headers, body = api_version_elb_backend(request, request.raw_url, request.headers)
    return Response(body, status, headers)(environ, start_response)
