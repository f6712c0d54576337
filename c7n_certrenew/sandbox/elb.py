"""Classic load balancers as AWS answers them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.elb.models import ELBBackend, elb_backends
from moto.elb.responses import ELBResponse

from .certificates import is_known, let_go, material
from .elb_listeners import SECURE as SECURE, ClassicListener
from .errors import AwsError
from .pages import page, size_of
from .patching import PatchPoint
from .world import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moto.elb.models import LoadBalancer

    from .certificates import ServerCertificate
    from .world import Use, World

INVALID = "Invalid-Certificate"
"""What a listener shows in place of the ARN of a certificate that is gone (AWS row 10)."""
_stock_create_balancer = ELBBackend.create_load_balancer
_stock_create = ELBResponse.create_load_balancer
_stock_delete = ELBResponse.delete_load_balancer
_stock_describe_tags = ELBResponse.describe_tags


def create_backend_balancer(
    _world: World, backend: ELBBackend, name: str, *, ports: list[dict[str, Any]], **kwargs: Any
) -> LoadBalancer:
    """Create a load balancer whose DNS name tells its region and scheme."""
    unbound = [{**port, "SSLCertificateId": None} for port in ports]
    balancer: Any = _stock_create_balancer(backend, name, ports=unbound, **kwargs)
    balancer.listeners = [ClassicListener.of(port) for port in ports]
    prefix = "internal-" if balancer.scheme == "internal" else ""
    number = zlib.crc32(f"{backend.account_id}/{name}".encode())
    balancer.dns_name = f"{prefix}{name}-{number}.{backend.region_name}.elb.amazonaws.com"
    return cast("LoadBalancer", balancer)


def create_load_balancer(world: World, response: ELBResponse) -> ActionResult:
    """Create a load balancer whose listeners' certificates are known."""
    _asked_for(world, response)
    return _stock_create(response)


def create_load_balancer_listeners(world: World, response: ELBResponse) -> ActionResult:
    """Create listeners on a load balancer that exists; one that is there alike stays."""
    balancer = _balancer(response)
    present = {listener.load_balancer_port: listener for listener in balancer.listeners}
    asked = _asked_for(world, response)
    for listener in asked:
        if present.get(listener.load_balancer_port, listener) != listener:
            message = (
                f"A listener already exists for {balancer.name} with LoadBalancerPort "
                f"{listener.load_balancer_port}, but with a different InstancePort, Protocol, "
                "or SSLCertificateId"
            )
            raise AwsError("DuplicateListener", message)
    balancer.listeners += [one for one in asked if one.load_balancer_port not in present]
    return EmptyResult()


def delete_load_balancer_listeners(world: World, response: ELBResponse) -> ActionResult:
    """Delete the listeners on the given ports and no others."""
    balancer = _balancer(response)
    ports = {int(port) for port in response._get_param("LoadBalancerPorts", [])}
    gone = [one for one in balancer.listeners if one.load_balancer_port in ports]
    balancer.listeners = [one for one in balancer.listeners if one not in gone]
    for listener in gone:
        let_go(world, _arn(response, balancer.name), Bound(listener.ssl_certificate_id))
    return EmptyResult()


def delete_load_balancer(world: World, response: ELBResponse) -> ActionResult:
    """Delete a load balancer with its listeners; one that is not there does not matter."""
    name = response._get_param("LoadBalancerName")
    balancer = response.elb_backend.load_balancers.get(name)
    for listener in balancer.listeners if balancer else ():
        let_go(world, _arn(response, name), Bound(listener.ssl_certificate_id))
    return _stock_delete(response)


def set_load_balancer_listener_ssl_certificate(world: World, response: ELBResponse) -> ActionResult:
    """Replace the certificate of an HTTPS or SSL listener in place (AWS row 11)."""
    balancer = _balancer(response)
    listener = _listener(balancer, response._get_int_param("LoadBalancerPort"))
    if listener.protocol not in SECURE:
        message = f"The listener's protocol {listener.protocol} takes no certificate"
        raise AwsError("InvalidConfigurationRequest", message)
    arn = response._get_param("SSLCertificateId")
    _require_known(world, response, arn)
    before = Bound(listener.ssl_certificate_id)
    listener.ssl_certificate_id = arn
    world.changed(balancer.dns_name, listener.load_balancer_port, before)
    let_go(world, _arn(response, balancer.name), before, Bound(arn))
    return EmptyResult()


def describe_load_balancers(world: World, response: ELBResponse) -> ActionResult:
    """Describe load balancers in pages (default 400); an unknown name is an error."""
    balancers = response.elb_backend.load_balancers
    names = response._get_param("LoadBalancerNames", [])
    for name in names:
        _existing(response, name)
    chosen = [balancers[name] for name in names] or list(balancers.values())
    size = size_of(world, response, "PageSize", 400, 400)
    cut = page(chosen, lambda balancer: balancer.name, response._get_param("Marker"), size)
    return ActionResult({"LoadBalancerDescriptions": cut.entries, "NextMarker": cut.marker})


def describe_tags(_world: World, response: ELBResponse) -> ActionResult:
    """Describe the tags of 20 load balancers at most."""
    names = response._get_param("LoadBalancerNames", [])
    if len(names) > 20:
        message = "'loadBalancerNames' must have length less than or equal to 20"
        raise AwsError("ValidationError", f"1 validation error detected: {message}")
    return _stock_describe_tags(response)


def uses(_world: World, account_id: str) -> Iterator[Use]:
    """Yield what the listeners of each load balancer hold."""
    for region, backend in list(elb_backends[account_id].items()):
        for balancer in list(backend.load_balancers.values()):
            held = frozenset(listener.ssl_certificate_id for listener in balancer.listeners)
            yield arn_of(account_id, region, backend.partition, balancer.name), held


def arn_of(account_id: str, region: str, partition: str, name: str) -> str:
    """Return the ARN of a classic load balancer, which its API does not show."""
    return f"arn:{partition}:elasticloadbalancing:{region}:{account_id}:loadbalancer/{name}"


def forget(account_id: str, certificate: ServerCertificate) -> None:
    """Show `Invalid-Certificate` wherever a certificate was that is gone (AWS row 10)."""
    for backend in list(elb_backends[account_id].values()):
        for balancer in list(backend.load_balancers.values()):
            for listener in balancer.listeners:
                if listener.ssl_certificate_id in certificate.references:
                    listener.ssl_certificate_id = INVALID


def _asked_for(world: World, response: ELBResponse) -> list[ClassicListener]:
    asked = [ClassicListener.of(listener) for listener in response._get_param("Listeners", [])]
    for listener in asked:
        listener.check()
        if listener.protocol in SECURE:
            _require_known(world, response, listener.ssl_certificate_id)
    return asked


def _require_known(world: World, response: ELBResponse, arn: str | None) -> None:
    place = response.current_account, response.region, arn or ""
    if not is_known(world, *place) or material(world, *place) is None:
        message = f"Server Certificate not found for the key: {arn}"
        raise AwsError("CertificateNotFound", message)


def _arn(response: ELBResponse, name: str) -> str:
    return arn_of(response.current_account, response.region, response.partition, name)


def _balancer(response: ELBResponse) -> Any:
    return _existing(response, response._get_param("LoadBalancerName"))


def _existing(response: ELBResponse, name: str) -> Any:
    balancer = response.elb_backend.load_balancers.get(name)
    if balancer is None:
        message = f"There is no ACTIVE Load Balancer named '{name}'"
        raise AwsError("LoadBalancerNotFound", message)
    return balancer


def _listener(balancer: Any, port: int) -> ClassicListener:
    listeners: list[ClassicListener] = balancer.listeners
    for listener in listeners:
        if listener.load_balancer_port == port:
            return listener
    message = f"Could not find a listener with port {port} on {balancer.name}"
    raise AwsError("ListenerNotFound", message)


POINTS = (
    PatchPoint(
        ELBBackend,
        "create_load_balancer",
        create_backend_balancer,
        "moto's DNS names are all in us-east-1, and instances speak what the listener speaks",
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
        "delete_load_balancer",
        delete_load_balancer,
        "moto knows no certificates that were in use until now",
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
    PatchPoint(
        ELBResponse, "describe_tags", describe_tags, "moto takes any number of load balancers"
    ),
)
