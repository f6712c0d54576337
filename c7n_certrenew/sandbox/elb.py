"""Classic load balancers as AWS answers them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elb.models import ELBBackend
from moto.elb.responses import ELBResponse

from .certificates import require_known
from .errors import AwsError
from .pages import page
from .patching import PatchPoint
from .world import Bound

if TYPE_CHECKING:
    from moto.elb.models import FakeListener, LoadBalancer

    from .world import World

SECURE = frozenset({"HTTPS", "SSL"})
_stock_create_balancer = ELBBackend.create_load_balancer
_stock_create = ELBResponse.create_load_balancer
_stock_create_listeners = ELBResponse.create_load_balancer_listeners


def create_backend_balancer(
    _world: World, backend: ELBBackend, name: str, *args: Any, **kwargs: Any
) -> LoadBalancer:
    """Create a load balancer whose DNS name tells its region and scheme."""
    balancer = _stock_create_balancer(backend, name, *args, **kwargs)
    prefix = "internal-" if balancer.scheme == "internal" else ""
    number = zlib.crc32(f"{backend.account_id}/{name}".encode())
    balancer.dns_name = f"{prefix}{name}-{number}.{backend.region_name}.elb.amazonaws.com"
    return balancer


def create_load_balancer(world: World, response: ELBResponse) -> ActionResult:
    """Create a load balancer whose listeners' certificates are known."""
    _check_listeners(world, response)
    return _stock_create(response)


def create_load_balancer_listeners(world: World, response: ELBResponse) -> ActionResult:
    """Create listeners on a load balancer that exists, with known certificates."""
    _balancer(response)
    _check_listeners(world, response)
    return _stock_create_listeners(response)


def delete_load_balancer_listeners(_world: World, response: ELBResponse) -> ActionResult:
    """Delete the listeners on the given ports and no others."""
    balancer = _balancer(response)
    gone = {int(port) for port in response._get_param("LoadBalancerPorts", [])}
    balancer.listeners = [
        listener for listener in balancer.listeners if int(listener.load_balancer_port) not in gone
    ]
    return EmptyResult()


def set_load_balancer_listener_ssl_certificate(world: World, response: ELBResponse) -> ActionResult:
    """Replace the certificate of an HTTPS or SSL listener in place (AWS row 11)."""
    balancer = _balancer(response)
    listener = _listener(balancer, response._get_int_param("LoadBalancerPort"))
    if listener.protocol not in SECURE:
        message = f"The listener's protocol {listener.protocol} takes no certificate"
        raise AwsError("InvalidConfigurationRequest", message)
    arn = response._get_param("SSLCertificateId")
    require_known(world, response.current_account, response.region, arn)
    before = Bound(listener.ssl_certificate_id)
    listener.ssl_certificate_id = arn
    world.changed(balancer.dns_name, int(listener.load_balancer_port), before)
    return EmptyResult()


def describe_load_balancers(world: World, response: ELBResponse) -> ActionResult:
    """Describe load balancers in pages (default 400); an unknown name is an error."""
    balancers = response.elb_backend.load_balancers
    names = response._get_param("LoadBalancerNames", [])
    for name in names:
        _existing(response, name)
    chosen = [balancers[name] for name in names] or list(balancers.values())
    size = min(response._get_int_param("PageSize", 400), world.page_size)
    cut = page(chosen, lambda balancer: balancer.name, response._get_param("Marker"), size)
    return ActionResult({"LoadBalancerDescriptions": cut.entries, "NextMarker": cut.marker})


def _check_listeners(world: World, response: ELBResponse) -> None:
    for listener in response._get_param("Listeners", []):
        if listener["Protocol"].upper() not in SECURE:
            continue
        if not listener.get("SSLCertificateId"):
            message = "Secure Listeners need to specify a SSLCertificateId"
            raise AwsError("ValidationError", message)
        arn = listener["SSLCertificateId"]
        require_known(world, response.current_account, response.region, arn)


def _balancer(response: ELBResponse) -> LoadBalancer:
    return _existing(response, response._get_param("LoadBalancerName"))


def _existing(response: ELBResponse, name: str) -> LoadBalancer:
    balancer = response.elb_backend.load_balancers.get(name)
    if balancer is None:
        message = f"There is no ACTIVE Load Balancer named '{name}'"
        raise AwsError("LoadBalancerNotFound", message)
    return balancer


def _listener(balancer: LoadBalancer, port: int) -> FakeListener:
    for listener in balancer.listeners:
        if int(listener.load_balancer_port) == port:
            return listener
    message = f"Could not find a listener with port {port} on {balancer.name}"
    raise AwsError("ListenerNotFound", message)


POINTS = (
    PatchPoint(
        ELBBackend,
        "create_load_balancer",
        create_backend_balancer,
        "moto's DNS names are all in us-east-1",
    ),
    PatchPoint(
        ELBResponse, "create_load_balancer", create_load_balancer, "moto accepts any certificate"
    ),
    PatchPoint(
        ELBResponse,
        "create_load_balancer_listeners",
        create_load_balancer_listeners,
        "moto accepts any load balancer and certificate",
    ),
    PatchPoint(
        ELBResponse,
        "delete_load_balancer_listeners",
        delete_load_balancer_listeners,
        "moto corrupts the list when two of three ports are deleted",
    ),
    PatchPoint(
        ELBResponse,
        "set_load_balancer_listener_ssl_certificate",
        set_load_balancer_listener_ssl_certificate,
        "moto accepts any load balancer, port and certificate",
    ),
    PatchPoint(
        ELBResponse,
        "describe_load_balancers",
        describe_load_balancers,
        "moto's page size is 50, a wrong marker a 500",
    ),
)
