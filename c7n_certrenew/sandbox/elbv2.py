"""Application and network load balancers, and their listeners, as AWS answers them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.models import ELBv2Backend, elbv2_backends
from moto.elbv2.responses import ELBV2Response

from .certificates import let_go
from .errors import AwsError
from .pages import page, size_of
from .patching import PatchPoint
from .world import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.elbv2.models import FakeListener, FakeLoadBalancer

    from .world import Use, World

SECURE = frozenset({"HTTPS", "TLS"})
_START = r"arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:"
_FORMS = {
    "load balancer": re.compile(_START + r"loadbalancer/(app|net|gwy)/[\w-]+/\w+"),
    "listener": re.compile(_START + r"listener/(app|net|gwy)/[\w-]+/\w+/\w+"),
}
AT_ONCE = 20
"""Load balancers that one call may name."""
_stock_create_balancer = ELBv2Backend.create_load_balancer
_stock_describe_tags = ELBV2Response.describe_tags


def create_load_balancer(
    _world: World, backend: ELBv2Backend, name: str, **kwargs: Any
) -> FakeLoadBalancer:
    """Create a load balancer with the ARN and DNS name of its type; names are unique."""
    if any(balancer.name == name for balancer in backend.load_balancers.values()):
        message = f"A load balancer with the name '{name}' already exists"
        raise AwsError("DuplicateLoadBalancerName", message)
    tags = kwargs.pop("tags", None)
    balancer = _stock_create_balancer(backend, name, **kwargs)
    del backend.load_balancers[balancer.arn]
    _name_by_type(balancer, backend.region_name)
    backend.load_balancers[balancer.arn] = balancer
    backend.tagging_service.tag_resource(balancer.arn, tags)
    return balancer


def _name_by_type(balancer: FakeLoadBalancer, region: str) -> None:
    prefix = "internal-" if balancer.scheme == "internal" else ""
    unique = balancer.arn.rsplit("/", 1)[1]
    if balancer.type == "network":
        balancer.arn = balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
        balancer.dns_name = f"{balancer.name}-{unique}.elb.{region}.amazonaws.com"
    else:
        number = int(unique[:8], 16)
        balancer.dns_name = f"{prefix}{balancer.name}-{number}.{region}.elb.amazonaws.com"


def describe_load_balancers(world: World, response: ELBV2Response) -> ActionResult:
    """Describe load balancers in pages (default 400); any unknown one is an error."""
    existing = response.elbv2_backend.describe_load_balancers(None, None)
    arns, names = response._get_param("LoadBalancerArns", []), response._get_param("Names", [])
    _check_form("load balancer", *arns)
    asked = {*arns, *names}
    if len(asked) > AT_ONCE:
        message = f"Up to {AT_ONCE} load balancers can be described at a time"
        raise AwsError("ValidationError", f"{message}, but {len(asked)} were specified")
    chosen = [b for b in existing if b.arn in arns or b.name in names]
    if len(chosen) < len(asked):
        raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
    chosen = chosen if asked else existing
    marker = response._get_param("Marker")
    cut = page(chosen, lambda balancer: balancer.arn, marker, page_size(world, response))
    return ActionResult({"LoadBalancers": cut.entries, "NextMarker": cut.marker})


def delete_load_balancer(world: World, response: ELBV2Response) -> ActionResult:
    """Delete a load balancer with its listeners; one that is not there does not matter."""
    arn = response._get_param("LoadBalancerArn")
    _check_form("load balancer", arn)
    balancer = response.elbv2_backend.load_balancers.get(arn)
    if balancer is None:
        return EmptyResult()
    if balancer.attrs.get("deletion_protection.enabled") == "true":
        message = f"Load balancer '{balancer.arn}' cannot be deleted because deletion protection"
        raise AwsError("OperationNotPermitted", f"{message} is enabled")
    for listener in list(balancer.listeners.values()):
        let_go(world, arn, bound(world, listener))
    response.elbv2_backend.delete_load_balancer(balancer.arn)
    return EmptyResult()


def describe_listeners(world: World, response: ELBV2Response) -> ActionResult:
    """Describe listeners with their default certificate only, in pages (AWS row 3)."""
    backend = response.elbv2_backend
    arns = response._get_param("ListenerArns", [])
    balancer_arn = response._get_param("LoadBalancerArn")
    if not arns and not balancer_arn:
        message = "You must specify either listener ARNs or a load balancer ARN"
        raise AwsError("ValidationError", message)
    _check_form("load balancer", *([balancer_arn] if balancer_arn else []))
    _check_form("listener", *arns)
    found = backend.describe_listeners(balancer_arn, arns)
    if arns and len(found) < len(set(arns)):
        raise AwsError("ListenerNotFound", "One or more listeners not found")
    marker = response._get_param("Marker")
    cut = page(found, lambda listener: listener.arn, marker, page_size(world, response))
    return ActionResult({"Listeners": cut.entries, "NextMarker": cut.marker})


def delete_listener(world: World, response: ELBV2Response) -> ActionResult:
    """Delete a listener with its certificate list."""
    listener = listener_of(response)
    let_go(world, listener.load_balancer_arn, bound(world, listener))
    response.elbv2_backend.delete_listener(listener.arn)
    return EmptyResult()


def describe_tags(_world: World, response: ELBV2Response) -> ActionResult:
    """Describe the tags of 20 resources at most; an unknown one is an error."""
    arns = response._get_param("ResourceArns", [])
    if len(arns) > AT_ONCE:
        message = f"Up to {AT_ONCE} resources can be described at a time"
        raise AwsError("ValidationError", f"{message}, but {len(arns)} were specified")
    for arn in arns:
        response.elbv2_backend._get_resource_by_arn(arn)
    return _stock_describe_tags(response)


def uses(world: World, account_id: str) -> Iterator[Use]:
    """Yield what the listeners of each load balancer hold."""
    for backend in list(elbv2_backends[account_id].values()):
        for balancer in list(backend.load_balancers.values()):
            held = [bound(world, listener) for listener in balancer.listeners.values()]
            yield balancer.arn, frozenset(arn for one in held for arn in (one.default, *one.sni))


def listener_of(response: ELBV2Response) -> FakeListener:
    """Return the listener a request names; raises ListenerNotFound and ValidationError."""
    arn = response._get_param("ListenerArn")
    _check_form("listener", arn)
    return response.elbv2_backend.describe_listeners(None, [arn])[0]


def bound(world: World, listener: FakeListener) -> Bound:
    """Return what a listener serves now; the sandbox keeps the SNI list apart from moto."""
    return Bound(listener.certificate, world.sni.get(listener.arn, ()))


def rebound(world: World, response: ELBV2Response, listener: FakeListener, before: Bound) -> None:
    """Tell the world that a listener serves something else from now on."""
    balancer = response.elbv2_backend.load_balancers[listener.load_balancer_arn]
    world.changed(balancer.dns_name, int(listener.port), before)
    let_go(world, balancer.arn, before, bound(world, listener))


def page_size(world: World, response: ELBV2Response) -> int:
    """Return the size of a page: what was asked, at most what the sandbox gives."""
    return size_of(world, response, "PageSize", 400, 400)


def _check_form(kind: str, *arns: str) -> None:
    for arn in arns:
        if not _FORMS[kind].fullmatch(arn):
            raise AwsError("ValidationError", f"'{arn}' is not a valid {kind} ARN")


POINTS = (
    PatchPoint(
        ELBv2Backend,
        "create_load_balancer",
        create_load_balancer,
        "moto's network load balancers say app/, and names may repeat",
    ),
    PatchPoint(
        ELBV2Response,
        "describe_load_balancers",
        describe_load_balancers,
        "moto's page size is 50, a wrong marker a 500, unknown names pass",
    ),
    PatchPoint(
        ELBV2Response,
        "delete_load_balancer",
        delete_load_balancer,
        "moto knows no SNI lists and no deletion protection",
    ),
    PatchPoint(
        ELBV2Response,
        "describe_listeners",
        describe_listeners,
        "moto shows SNI certificates and has no pages",
    ),
    PatchPoint(
        ELBV2Response,
        "delete_listener",
        delete_listener,
        "moto knows no certificates that were in use until now",
    ),
    PatchPoint(
        ELBV2Response, "describe_tags", describe_tags, "moto has no tags of what is not there"
    ),
)
