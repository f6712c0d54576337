"""The certificate list of a listener: one default and up to 25 for SNI (AWS rows 2 to 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.responses import ELBV2Response

from .certificates import require_known
from .elbv2 import SECURE, bound, listener_of, page_size
from .errors import AwsError
from .pages import page
from .patching import PatchPoint

if TYPE_CHECKING:
    from moto.elbv2.models import FakeListener

    from .world import World

SNI_LIMIT = 25


def describe_listener_certificates(world: World, response: ELBV2Response) -> ActionResult:
    """List the default first, then the SNI list; one ARN may stand in both."""
    listener = _secure_listener(response)
    now = bound(world, listener)
    entries = [{"CertificateArn": now.default, "IsDefault": True}]
    entries += [{"CertificateArn": arn, "IsDefault": False} for arn in now.sni]
    marker, size = response._get_param("Marker"), page_size(world, response)
    cut = page(entries, lambda e: f"{e['CertificateArn']}#{e['IsDefault']}", marker, size)
    return ActionResult({"Certificates": cut.entries, "NextMarker": cut.marker})


def add_listener_certificates(world: World, response: ELBV2Response) -> ActionResult:
    """Add known certificates to the SNI list; one that is there already is not added again."""
    listener, arns = _secure_listener(response), _arns(response)
    for arn in arns:
        require_known(world, response.current_account, response.region, arn)
    before = bound(world, listener)
    after = tuple(dict.fromkeys((*before.sni, *arns)))
    if len(after) > SNI_LIMIT:
        message = "You've reached the limit on the number of certificates per listener"
        raise AwsError("TooManyCertificates", message)
    _change(world, response, listener, after)
    return ActionResult(
        {"Certificates": [{"CertificateArn": arn, "IsDefault": False} for arn in arns]}
    )


def remove_listener_certificates(world: World, response: ELBV2Response) -> ActionResult:
    """Remove certificates from the SNI list; the default is never removed (AWS row 4)."""
    listener, arns = _secure_listener(response), _arns(response)
    before = bound(world, listener)
    if before.default in arns:
        message = "Default certificate cannot be removed"
        raise AwsError("OperationNotPermitted", message)
    _change(world, response, listener, tuple(arn for arn in before.sni if arn not in arns))
    return EmptyResult()


def _change(
    world: World, response: ELBV2Response, listener: FakeListener, sni: tuple[str, ...]
) -> None:
    balancer = response.elbv2_backend.load_balancers[listener.load_balancer_arn]
    world.changed(balancer.dns_name, int(listener.port), bound(world, listener))
    world.sni[listener.arn] = sni


def _arns(response: ELBV2Response) -> list[str]:
    return [c["CertificateArn"] for c in response._get_param("Certificates", [])]


def _secure_listener(response: ELBV2Response) -> FakeListener:
    listener = listener_of(response)
    if listener.protocol not in SECURE:
        message = f"Certificates are not supported for {listener.protocol} listeners"
        raise AwsError("ValidationError", message)
    return listener


POINTS = (
    PatchPoint(
        ELBV2Response,
        "describe_listener_certificates",
        describe_listener_certificates,
        "moto takes the first of one list for the default, and answers on listeners without TLS",
    ),
    PatchPoint(
        ELBV2Response,
        "add_listener_certificates",
        add_listener_certificates,
        "moto accepts any certificate and repeats them",
    ),
    PatchPoint(
        ELBV2Response,
        "remove_listener_certificates",
        remove_listener_certificates,
        "moto removes the default",
    ),
)
