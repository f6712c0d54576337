"""Application and network load balancers, and their listeners, as AWS answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeAction
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES

from .certificates import require_known
from .errors import AwsError
from .pages import page
from .patching import PatchPoint
from .world import Bound

if TYPE_CHECKING:
    from moto.elbv2.models import FakeListener, FakeLoadBalancer

    from .world import World

SECURE = frozenset({"HTTPS", "TLS"})
_stock_create_balancer = ELBv2Backend.create_load_balancer
_stock_create_listener = ELBV2Response.create_listener


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
    chosen = [b for b in existing if b.arn in arns or b.name in names]
    if len(chosen) < len({*arns, *names}):
        raise AwsError("LoadBalancerNotFound", "One or more load balancers not found")
    chosen = chosen if arns or names else existing
    marker = response._get_param("Marker")
    cut = page(chosen, lambda balancer: balancer.arn, marker, page_size(world, response))
    return ActionResult({"LoadBalancers": cut.entries, "NextMarker": cut.marker})


def create_listener(world: World, response: ELBV2Response) -> ActionResult:
    """Create a listener on a free port; HTTPS and TLS take exactly one known certificate."""
    balancer = response.elbv2_backend.load_balancers.get(response._get_param("LoadBalancerArn"))
    port, protocol = response._get_param("Port"), response._get_param("Protocol")
    if balancer and any(listener.port == port for listener in balancer.listeners.values()):
        raise AwsError("DuplicateListener", f"A listener already exists on port {port}")
    certificates = _certificate_arns(response)
    if protocol in SECURE and not certificates:
        message = f"A certificate must be specified for {protocol} listeners"
        raise AwsError("ValidationError", message)
    _check_default(world, response, certificates)
    return _stock_create_listener(response)


def describe_listeners(world: World, response: ELBV2Response) -> ActionResult:
    """Describe listeners with their default certificate only, in pages (AWS row 3)."""
    backend = response.elbv2_backend
    arns = response._get_param("ListenerArns", [])
    balancer_arn = response._get_param("LoadBalancerArn")
    if not arns and not balancer_arn:
        message = "You must specify either listener ARNs or a load balancer ARN"
        raise AwsError("ValidationError", message)
    found = backend.describe_listeners(balancer_arn, arns)
    if arns and len(found) < len(set(arns)):
        raise AwsError("ListenerNotFound", "One or more listeners not found")
    marker = response._get_param("Marker")
    cut = page(found, lambda listener: listener.arn, marker, page_size(world, response))
    return ActionResult({"Listeners": cut.entries, "NextMarker": cut.marker})


def modify_listener(world: World, response: ELBV2Response) -> ActionResult:
    """Change what is given; the SNI list stays as it is (AWS row 2)."""
    listener = listener_of(response)
    certificates = _certificate_arns(response)
    protocol = response._get_param("Protocol") or listener.protocol
    if protocol in SECURE and not (certificates or listener.certificates):
        message = f"A certificate must be specified for {protocol} listeners"
        raise AwsError("ValidationError", message)
    _check_policy(response)
    _check_default(world, response, certificates)
    before = bound(world, listener)
    _modify(response, listener, protocol, certificates)
    world.changed(_dns_name(response, listener), int(listener.port), before)
    return ActionResult({"Listeners": [listener]})


def _modify(
    response: ELBV2Response, listener: FakeListener, protocol: str, certificates: list[str]
) -> None:
    listener.port = response._get_param("Port") or listener.port
    listener.protocol = protocol
    listener.ssl_policy = response._get_param("SslPolicy") or listener.ssl_policy
    if certificates:
        listener.certificate, listener.certificates = certificates[0], certificates
    if actions := response._get_param("DefaultActions", []):
        listener.default_actions = [FakeAction(action) for action in actions]
        listener._default_rule[0].actions = listener.default_actions


def _certificate_arns(response: ELBV2Response) -> list[str]:
    return [c["CertificateArn"] for c in response._get_param("Certificates", [])]


def _check_default(world: World, response: ELBV2Response, certificates: list[str]) -> None:
    if len(certificates) > 1:
        message = (
            f"Up to '1' certificate ARNs can be specified, but '{len(certificates)}' were specified"
        )
        raise AwsError("TooManyCertificates", message)
    for arn in certificates:
        require_known(world, response.current_account, response.region, arn)


def _check_policy(response: ELBV2Response) -> None:
    policy = response._get_param("SslPolicy")
    if policy is not None and policy not in SSL_POLICIES:
        raise AwsError("SSLPolicyNotFound", f"Policy {policy} not found")


def listener_of(response: ELBV2Response) -> FakeListener:
    """Return the listener a request names; raises ListenerNotFound."""
    arn = response._get_param("ListenerArn")
    return response.elbv2_backend.describe_listeners(None, [arn])[0]


def bound(world: World, listener: FakeListener) -> Bound:
    """Return what a listener serves now; the sandbox keeps the SNI list apart from moto."""
    return Bound(listener.certificate, world.sni.get(listener.arn, ()))


def page_size(world: World, response: ELBV2Response) -> int:
    """Return the size of a page: what was asked, at most what the sandbox gives."""
    return min(response._get_int_param("PageSize", 400), world.page_size)


def _dns_name(response: ELBV2Response, listener: FakeListener) -> str:
    return response.elbv2_backend.load_balancers[listener.load_balancer_arn].dns_name


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
        ELBV2Response, "create_listener", create_listener, "moto accepts any certificate and port"
    ),
    PatchPoint(
        ELBV2Response,
        "describe_listeners",
        describe_listeners,
        "moto shows SNI certificates and has no pages",
    ),
    PatchPoint(
        ELBV2Response,
        "modify_listener",
        modify_listener,
        "moto wipes the SNI list and refuses TLS listeners",
    ),
)
