"""Create and modify listeners of application and network load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.elbv2.models import ELBv2Backend, FakeAction
from moto.elbv2.responses import ELBV2Response
from moto.elbv2.ssl_policies import SSL_POLICIES

from .elbv2 import SECURE, bound, listener_of, rebound
from .elbv2_certificates import one_certificate, require_servable
from .errors import AwsError
from .patching import PatchPoint

if TYPE_CHECKING:
    from moto.elbv2.models import FakeListener

    from .world import World

_HTTP = frozenset({"HTTP", "HTTPS"})
_stock_create_backend = ELBv2Backend.create_listener
_stock_create = ELBV2Response.create_listener


def create_backend_listener(_world: World, backend: ELBv2Backend, **kwargs: Any) -> FakeListener:
    """Create a listener that has the settings of its protocol and no others."""
    kwargs["certificate"], certificate = None, kwargs["certificate"]
    listener = _stock_create_backend(backend, **kwargs)
    listener.alpn_policy = listener.alpn_policy or None  # type: ignore[assignment]
    if listener.protocol in _HTTP:
        listener.attributes = {"routing.http.response.server.enabled": "true"}
    if listener.protocol in SECURE:
        _set_default(listener, certificate)
    else:
        listener.ssl_policy = None  # type: ignore[assignment]
    return listener


def create_listener(world: World, response: ELBV2Response) -> ActionResult:
    """Create a listener on a free port; HTTPS and TLS take exactly one known certificate.

    One that is there with the same settings is the answer; with others, DuplicateListener.
    """
    balancer = response.elbv2_backend.load_balancers.get(response._get_param("LoadBalancerArn"))
    for listener in balancer.listeners.values() if balancer else ():
        if listener.port == response._get_param("Port"):
            return ActionResult({"Listeners": [_same(response, listener)]})
    certificate = one_certificate(response)
    _check_secure(response._get_param("Protocol"), certificate, bool(certificate))
    _check_policy(response)
    if certificate and balancer:
        require_servable(world, response, balancer, certificate)
    result = _stock_create(response)
    created: Any = response.elbv2_backend.describe_listeners(
        response._get_param("LoadBalancerArn"), []
    )[-1]
    created.mutual_authentication = response._get_param("MutualAuthentication")
    return result


def modify_listener(world: World, response: ELBV2Response) -> ActionResult:
    """Change what is given; the SNI list stays as it is (AWS row 2)."""
    listener = listener_of(response)
    balancer = response.elbv2_backend.load_balancers[listener.load_balancer_arn]
    certificate = one_certificate(response)
    protocol = response._get_param("Protocol") or listener.protocol
    port = response._get_param("Port")
    if any(one.port == port and one is not listener for one in balancer.listeners.values()):
        raise _duplicate(port)
    given = certificate or "Certificates" not in response._get_params()
    _check_secure(protocol, certificate, bool(given and (certificate or listener.certificate)))
    _check_policy(response)
    if certificate:
        require_servable(world, response, balancer, certificate)
    before = bound(world, listener)
    _modify(response, listener, protocol, certificate)
    if protocol not in SECURE:
        world.sni.pop(listener.arn, None)
    rebound(world, response, listener, before)
    return ActionResult({"Listeners": [listener]})


def _modify(response: ELBV2Response, listener: Any, protocol: str, certificate: str | None) -> None:
    given = response._get_param
    listener.port, listener.protocol = given("Port") or listener.port, protocol
    if protocol in SECURE:
        _set_default(listener, certificate or listener.certificate)
        listener.ssl_policy = given("SslPolicy") or listener.ssl_policy
    else:
        _set_default(listener, None)
        listener.ssl_policy = None
    listener.alpn_policy = given("AlpnPolicy") or listener.alpn_policy
    kept = getattr(listener, "mutual_authentication", None)
    listener.mutual_authentication = given("MutualAuthentication") or kept
    if actions := given("DefaultActions", []):
        listener.default_actions = [FakeAction(action) for action in actions]
        listener._default_rule[0].actions = listener.default_actions


def _set_default(listener: FakeListener, certificate: str | None) -> None:
    listener.certificate = certificate
    listener.certificates = [certificate] if certificate else []


def _same(response: ELBV2Response, listener: FakeListener) -> FakeListener:
    actions = [FakeAction(action).data for action in response._get_param("DefaultActions", [])]
    asked = response._get_param("Protocol"), one_certificate(response), actions
    present = [action.data for action in listener.default_actions]
    if asked != (listener.protocol, listener.certificate, present):
        raise _duplicate(listener.port)
    return listener


def _duplicate(port: str) -> AwsError:
    return AwsError("DuplicateListener", f"A listener already exists on port {port}")


def _check_secure(protocol: str, certificate: str | None, has_one: bool) -> None:
    if protocol in SECURE and not has_one:
        message = f"A certificate must be specified for {protocol} listeners"
        raise AwsError("ValidationError", message)
    if protocol not in SECURE and certificate:
        message = f"A certificate cannot be specified for {protocol} listeners"
        raise AwsError("ValidationError", message)


def _check_policy(response: ELBV2Response) -> None:
    policy = response._get_param("SslPolicy")
    if policy is not None and policy not in SSL_POLICIES:
        raise AwsError("SSLPolicyNotFound", f"Policy {policy} not found")


POINTS = (
    PatchPoint(
        ELBv2Backend,
        "create_listener",
        create_backend_listener,
        "moto gives every listener a security policy and a TCP time-out",
    ),
    PatchPoint(
        ELBV2Response, "create_listener", create_listener, "moto accepts any certificate and port"
    ),
    PatchPoint(
        ELBV2Response,
        "modify_listener",
        modify_listener,
        "moto wipes the SNI list and refuses TLS listeners",
    ),
)
