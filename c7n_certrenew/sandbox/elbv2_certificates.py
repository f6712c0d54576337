"""The certificates of a listener: one default, and 25 for SNI a load balancer (AWS rows 2 to 5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.responses import ELBV2Response

from .certificates import is_known, material
from .elbv2 import SECURE, bound, listener_of, page_size, rebound
from .errors import AwsError
from .keys import suits_application
from .pages import page
from .patching import PatchPoint

if TYPE_CHECKING:
    from moto.elbv2.models import FakeListener, FakeLoadBalancer

    from .world import World

SNI_LIMIT = 25
_ARN = re.compile(r"arn:[\w-]+:(acm:[\w-]+:\d{12}:certificate/|iam::\d{12}:server-certificate/).+")


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
    """Add a known certificate to the SNI list; one that is there already is not added again."""
    listener, arn = _secure_listener(response), one_certificate(response)
    balancer = response.elbv2_backend.load_balancers[listener.load_balancer_arn]
    if arn is None:
        raise AwsError("ValidationError", "A certificate must be specified")
    require_servable(world, response, balancer, arn)
    before = bound(world, listener)
    if arn not in before.sni:
        if _on_lists(world, balancer) >= SNI_LIMIT:
            message = "You've reached the limit on the number of certificates per load balancer"
            raise AwsError("TooManyCertificates", message)
        world.sni[listener.arn] = (*before.sni, arn)
        rebound(world, response, listener, before)
    return ActionResult({"Certificates": [{"CertificateArn": arn, "IsDefault": False}]})


def remove_listener_certificates(world: World, response: ELBV2Response) -> ActionResult:
    """Remove a certificate from the SNI list; the default is never removed (AWS row 4)."""
    listener, arn = _secure_listener(response), one_certificate(response)
    before = bound(world, listener)
    if before.default == arn:
        message = "Default certificate cannot be removed"
        raise AwsError("OperationNotPermitted", message)
    world.sni[listener.arn] = tuple(one for one in before.sni if one != arn)
    rebound(world, response, listener, before)
    return EmptyResult()


def one_certificate(response: ELBV2Response) -> str | None:
    """Return the ARN of the certificate a request names, None where it names none.

    Raises TooManyCertificates for several, ValidationError for what is no certificate's ARN and
    for `IsDefault`, which is for answers only.
    """
    given = response._get_param("Certificates", [])
    if len(given) > 1:
        message = f"Up to '1' certificate ARNs can be specified, but '{len(given)}' were specified"
        raise AwsError("TooManyCertificates", message)
    for certificate in given:
        arn = str(certificate.get("CertificateArn"))
        if not _ARN.fullmatch(arn):
            raise AwsError("ValidationError", f"Certificate ARN '{arn}' is not valid")
        if "IsDefault" in certificate:
            raise AwsError("ValidationError", "You cannot set 'IsDefault' for a certificate")
        return arn
    return None


def require_servable(
    world: World, response: ELBV2Response, balancer: FakeLoadBalancer, arn: str
) -> None:
    """Let a certificate pass that a load balancer knows and, an application one, can serve.

    Raises CertificateNotFound and UnsupportedCertificate, which is also what ACM has not issued.
    A network load balancer takes every key, also those that break it (AWS row 6).
    """
    account, region = response.current_account, response.region
    if not is_known(world, account, region, arn):
        raise AwsError("CertificateNotFound", f"Certificate '{arn}' not found")
    found = material(world, account, region, arn)
    picky = balancer.type == "application"
    if found is None or (picky and not suits_application(found.certificate)):
        message = (
            f"The certificate '{arn}' must have a fully-qualified domain name, "
            "a supported signature, and a supported key size."
        )
        raise AwsError("UnsupportedCertificate", message)


def _on_lists(world: World, balancer: FakeLoadBalancer) -> int:
    return sum(len(world.sni.get(arn, ())) for arn in balancer.listeners)


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
