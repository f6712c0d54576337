"""Say in one line what AWS, or the way to it, refused."""

from __future__ import annotations

from textwrap import shorten

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from c7n_certrenew.core.text import plain

_LEGIBLE = 300
"""Characters of what an exception says: those of an unreadable answer end with all of it."""

FAULTS = (ClientError, BotoCoreError, ResponseParserError)
"""What a call can raise: an error answer, no answer, or an answer that is no answer."""

ANSWERS = (ClientError, ResponseParserError)
"""Those of FAULTS that say something of one resource; the others, that nothing answers."""

THROTTLED = frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded"})
"""Codes of an answer to calls that come too often (ELB's user guide, botocore's retries)."""

NOT_PROPAGATED = "CertificateNotFound"
"""ELB's code while a new server certificate has not reached its region (AWS row 1)."""

_NOT_YET = {
    NOT_PROPAGATED: "",
    "IllegalUpdate": "in progress",
    "InvalidViewerCertificate": "doesn't exist",
}
"""Codes that a later attempt may not get, and by what their message is told from lasting ones.

CloudFront says with the last one that it does not know a certificate (yet), or cannot use it.
"""

_GONE = frozenset(
    {"LoadBalancerNotFound", "ListenerNotFound", "NoSuchDistribution", "NotFoundException"}
)
_REJECTED = frozenset(
    {
        "InvalidConfigurationRequest",
        "UnsupportedCertificate",
        "InvalidCertificate",
        "InvalidViewerCertificate",
    }
)


def code(fault: Exception) -> str:
    """Return the error code of an answer, or the exception's name where there was none."""
    if isinstance(fault, ClientError):
        return str(fault.response.get("Error", {}).get("Code", "Unknown"))
    return type(fault).__name__


def explain(fault: Exception) -> str:
    """Return what went wrong in one legible line: operation, code, and AWS's message.

    What others called things stands in it, and does nothing.
    """
    if isinstance(fault, ClientError):
        message = str(fault.response.get("Error", {}).get("Message", ""))
        return plain(" ".join(f"{fault.operation_name} answered {code(fault)}: {message}".split()))
    return plain(shorten(f"{code(fault)}: {fault}", _LEGIBLE, placeholder=" …"))


def is_gone(fault: Exception) -> bool:
    """Say whether the load balancer, listener, distribution or domain name no longer exists."""
    return code(fault) in _GONE


def is_full(fault: Exception) -> bool:
    """Say whether a list has no room for one more certificate (AWS row 5)."""
    return code(fault) == "TooManyCertificates"


def is_transient_refusal(fault: Exception) -> bool:
    """Say whether waiting may help: what is new is not known yet, an earlier change not done.

    A certificate has not reached its region or the edge (AWS rows 1 and 12), or a distribution
    is still deploying another one. Such a refusal does not show a certificate bad.
    """
    said = _NOT_YET.get(code(fault))
    return said is not None and said in explain(fault)


def is_rejection(fault: Exception) -> bool:
    """Say whether the consumer rejects the certificate itself (models elb, elbv2, cloudfront)."""
    return code(fault) in _REJECTED and not is_transient_refusal(fault)


def is_ambiguous(fault: Exception) -> bool:
    """Say whether a change may have happened though its answer was lost."""
    if not isinstance(fault, ClientError):
        return True
    return int(fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
