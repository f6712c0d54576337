"""How services spell that credentials are not good enough; it goes with their protocol."""

from __future__ import annotations

from dataclasses import dataclass

from moto.core.utils import get_service_model


@dataclass(frozen=True)
class Codes:
    """Hold the error codes of one family of services."""

    denied: str
    expired: str
    unknown: str


_XML = Codes("AccessDenied", "ExpiredToken", "InvalidClientTokenId")
_EC2 = Codes("UnauthorizedOperation", "RequestExpired", "AuthFailure")
_JSON = Codes("AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException")
_BY_PROTOCOL = {"ec2": _EC2, "query": _XML, "rest-xml": _XML}


def codes(service: str) -> Codes:
    """Return the codes of a service, named as boto3 names it."""
    return _BY_PROTOCOL.get(get_service_model(service).protocol, _JSON)
