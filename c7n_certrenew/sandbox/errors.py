"""The error answers of the sandbox."""

from __future__ import annotations

from moto.core import errors as moto_errors
from moto.core.exceptions import ServiceException


class AwsError(ServiceException):
    """Answer a call with an AWS error code and a message.

    moto takes an exception defined in one of its own modules for one of that module's service and
    fails on the way; this one is nobody's, so any code can be answered by any service.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        if code not in moto_errors.COMMON_ERROR_CODES:
            moto_errors.COMMON_ERROR_CODES.append(code)
