"""Keep a private key out of all that is said about the call that sends it."""

from __future__ import annotations

import base64
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from c7n_certrenew.core.secret import REDACTED, PrivateKey, without

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")

UPLOAD = "iam.UploadServerCertificate"
_LOGGERS = ("botocore.endpoint", "botocore.httpsession")
"""Those that log exceptions from below, where the frames hold the request's body."""


def in_secret(
    client: Any, key: PrivateKey, call: Callable[[], _Answer], operation: str = UPLOAD
) -> _Answer:
    """Return what a call of an operation answers that sends `key`. Raises what it raises.

    The parameters do not show the key themselves. A body that is JSON would, as it is made before
    botocore logs the request. The answer may, where it quotes the request: the key is taken out
    before botocore logs, parses or raises it. The frames of an exception do too, as the body is
    plain there: exceptions leave here, and are logged, without the frames below.
    """
    handlers = {f"before-call.{operation}": _hide, f"before-parse.{operation}": _redaction(key)}
    events = client.meta.events
    for event, handler in handlers.items():
        events.register(event, handler)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_without_frames)
    try:
        return call()
    except BaseException as fault:
        raise forget_frames(fault)  # noqa: B904 (its own cause and context stay)
    finally:
        for event, handler in handlers.items():
            events.unregister(event, handler)
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(_without_frames)


class _Hidden(bytes):
    """A body that is sent, and not shown."""

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__


def _hide(params: dict[str, Any], **_: object) -> None:
    if isinstance(params["body"], bytes):
        params["body"] = _Hidden(params["body"])


def _redaction(key: PrivateKey) -> Callable[..., None]:
    as_blob = PrivateKey(base64.b64encode(key.encode()))

    def redact(response_dict: dict[str, Any], **_: object) -> None:
        response_dict["body"] = without(as_blob, without(key, response_dict["body"]))

    return redact


def _without_frames(record: logging.LogRecord) -> bool:
    if record.exc_info and record.exc_info[1]:
        forget_frames(record.exc_info[1])
        record.exc_info = (record.exc_info[0], record.exc_info[1], None)
    return True


def forget_frames(fault: BaseException) -> BaseException:
    """Return an exception without the tracebacks that it, its causes and contexts have so far."""
    known: list[BaseException] = [fault]
    for one in known:
        one.__traceback__ = None
        behind = (one.__cause__, one.__context__)
        known += [other for other in behind if other is not None and other not in known]
    return fault
