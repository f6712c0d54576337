"""Answer the same more quickly: what moto works out anew for each call, worked out once."""

from __future__ import annotations

import base64
import os
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from moto.core import responses
from moto.core.base_backend import BaseBackend
from moto.core.responses import ActionResult, BaseResponse
from moto.core.serialize import XFormedAttributePicker
from moto.core.utils import method_names_from_class
from moto.elbv2.models import ELBv2Backend

from .patching import PatchPoint

if TYPE_CHECKING:
    from moto.core.request import Request
    from moto.core.responses import ActionContext
    from moto.core.serialize import AttributePickerContext
    from moto.elbv2.models import FakeListener

    from .world import World

_method_names = cache(method_names_from_class)
_stock_possible_keys = XFormedAttributePicker.get_possible_keys
_stock_describe_listeners = ELBv2Backend.describe_listeners
_stock_execute = ActionResult.execute_result
_stock_action = BaseResponse._get_action_from_method_and_request_uri
_stock_urls = BaseBackend.urls.fget  # type: ignore[attr-defined]  # a property
_known: dict[tuple[Any, ...], tuple[str, ...]] = {}
_LISTINGS = {"elb": "LoadBalancerDescriptions", "elbv2": "LoadBalancers"}
_MOST = 100
_kept: dict[bytes, tuple[int, dict[str, str], Any]] = {}
_urls: dict[tuple[type[Any], tuple[str, ...]], Any] = {}


def method_names(_world: World, cls: type[Any]) -> list[str]:
    """Return the names of what a class of responses can do."""
    return _method_names(cls)  # type: ignore[arg-type]  # a class is hashable


def possible_keys(
    _world: World, picker: XFormedAttributePicker, context: AttributePickerContext
) -> tuple[str, ...]:
    """Return the names under which an object may hold a member, worked out once for its class."""
    shape = context.shape
    inside = getattr(getattr(shape, "parent", None), "name", None)
    service = context.service_model and context.service_model.service_name
    place = (type(context.obj), context.key, service, inside, shape.name)
    if place not in _known:
        _known[place] = tuple(_stock_possible_keys(picker, context))
    return _known[place]


def execute_result(
    _world: World, result: ActionResult, context: ActionContext
) -> tuple[int, dict[str, str], Any]:
    """Serialise a long listing of load balancers once, for as long as none of it changes."""
    listing = _LISTINGS.get(context.service_model.service_name)
    shown: Any = result.result
    named = context.operation_model.name == "DescribeLoadBalancers" and isinstance(shown, dict)
    if not named or listing not in shown:
        return _stock_execute(result, context)
    told = repr((listing, shown.get("NextMarker"), [vars(entry) for entry in shown[listing]]))
    key = sha256(told.encode()).digest()
    if key not in _kept:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[key] = _stock_execute(result, context)
    status, headers, body = _kept[key]
    return status, dict(headers), body


def describe_listeners(
    _world: World, backend: ELBv2Backend, load_balancer_arn: str | None, listener_arns: list[str]
) -> list[FakeListener]:
    """Return listeners; one that is asked for alone is looked up by the ARN of what it is on."""
    if not load_balancer_arn and len(listener_arns) == 1:
        listener_arn = listener_arns[0]
        on = listener_arn.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
        balancer = backend.load_balancers.get(on)
        if balancer is not None and listener_arn in balancer.listeners:
            return [balancer.listeners[listener_arn]]
    return _stock_describe_listeners(backend, load_balancer_arn, listener_arns)


def action(_world: World, response: BaseResponse, request: Request) -> Any:
    """Return the operation that a path belongs to, looked up once for each request."""
    if "action" not in vars(request):
        found = _stock_action(response, request)
        vars(request)["action"] = found, response.uri_match
    found, response.uri_match = vars(request)["action"]
    return found


def urls(_world: World, backend: BaseBackend) -> Any:
    """Return the patterns of a service's addresses, made once."""
    key = type(backend), tuple(backend.url_bases)
    if key not in _urls:
        _urls[key] = _stock_urls(backend)
    return _urls[key]


def request_id(_world: World, headers: dict[str, Any]) -> str:
    """Return a new id of 52 capitals and digits, and name it in the headers."""
    made = base64.b32encode(os.urandom(32)).decode()[:52]
    headers["x-amzn-requestid"] = made
    return made


POINTS = (
    PatchPoint(
        responses,
        "method_names_from_class",
        method_names,
        "moto looks at every attribute of a class for each call",
    ),
    PatchPoint(
        XFormedAttributePicker,
        "get_possible_keys",
        possible_keys,
        "moto spends most of a long listing on the names of attributes",
    ),
    PatchPoint(
        ActionResult,
        "execute_result",
        execute_result,
        "moto takes half a second for a page of 400 load balancers",
    ),
    PatchPoint(
        ELBv2Backend,
        "describe_listeners",
        describe_listeners,
        "moto looks for one listener on every load balancer",
    ),
    PatchPoint(
        BaseResponse,
        "_get_action_from_method_and_request_uri",
        action,
        "moto looks five times a call for the operation of a path",
    ),
    PatchPoint(
        BaseBackend,
        "urls",
        urls,
        "moto makes the patterns of a service's addresses for each call",
    ),
    PatchPoint(
        responses,
        "gen_amzn_requestid_long",
        request_id,
        "moto draws each character of a request id apart",
    ),
)
