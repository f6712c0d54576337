"""What goes back to a client: an answer, a broken one, or none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core import errors as moto_errors
from moto.core.responses import ActionResult, BaseResponse

from .errors import AwsError
from .faults import Fault, Kind

if TYPE_CHECKING:
    from .request import Refusal

_ERROR_CODE = re.compile(r"<Code>([^<]+)</Code>|\"__type\": ?\"(?:[^\"#]*#)?([^\"]+)\"")
_GARBAGE = "<html><head>502 <br></body>"
_STATUS = {
    "AccessDenied": 403,
    "AuthFailure": 401,
    "ExpiredToken": 403,
    "InternalFailure": 500,
    "InvalidClientTokenId": 403,
    "RequestLimitExceeded": 503,
    "SandboxDefect": 501,
    "ServiceFailure": 500,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
    "UnauthorizedOperation": 403,
}


class ResetError(ConnectionClosedError, ConnectionResetError):
    """Be what a client in this process sees of a reset, and make a server send one."""


class TimedOutError(ReadTimeoutError, ConnectionAbortedError):
    """Be what a client in this process sees of a time-out, and make a server keep silent."""


_SILENCE: dict[Kind, type[ResetError | TimedOutError]] = {
    Kind.RESET: ResetError,
    Kind.TIMED_OUT: TimedOutError,
}


@dataclass(frozen=True)
class Answer:
    """Hold the status, headers and body of a response, and the fault that spoilt it."""

    status: int
    headers: dict[str, str]
    body: Any
    spoilt: Kind | None = None

    @property
    def error_code(self) -> str | None:
        """Return the error code on the wire, the fault of a spoilt answer, None for a success."""
        if self.spoilt is not None:
            return self.spoilt.value
        if self.status < 400:
            return None
        text = self.body.decode() if isinstance(self.body, bytes) else str(self.body)
        found = _ERROR_CODE.search(text)
        if found:
            return found.group(1) or found.group(2)
        return self.headers.get("X-Amzn-Errortype", str(self.status))

    def sent(self, url: str) -> tuple[int, dict[str, str], Any]:
        """Return what moto expects; raises ResetError or TimedOutError where no answer goes out."""
        if self.spoilt in _SILENCE:
            raise _SILENCE[self.spoilt](endpoint_url=url)
        return self.status, self.headers, self.body


def refused(response: BaseResponse, refusal: Refusal) -> Answer:
    """Return an error answer in the protocol of the service."""
    code = refusal.code
    if code not in moto_errors.COMMON_ERROR_CODES:
        moto_errors.COMMON_ERROR_CODES.append(code)
    result = ActionResult(AwsError(code, refusal.message))
    status, headers, body = response.serialized(result)
    status = _STATUS.get(code, status)
    headers, body = BaseResponse._enrich_response({**headers, "status": str(status)}, body)
    return Answer(status, headers, body)


def faulty(response: BaseResponse, fault: Fault, answer: Answer | None = None) -> Answer:
    """Return what a fault makes of an answer, or of a call that was never processed."""
    refusal = fault.refusal(response.boto3_service_name)
    if answer is None or fault.kind is Kind.ERROR:
        answer = refused(response, refusal)
    if fault.kind is Kind.GARBLED:
        headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
        return Answer(200, headers, _GARBAGE, fault.kind)
    if fault.kind is Kind.CUT_SHORT:
        cut = answer.body[: len(answer.body) // 2]
        return replace(answer, status=200, body=cut, spoilt=fault.kind)
    return replace(answer, spoilt=fault.kind) if fault.kind in _SILENCE else answer
