"""Keep a private key out of all that is said about the call that sends it, or brings it."""

from __future__ import annotations

import base64
import json
import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from botocore import xform_name
from botocore.parsers import ResponseParserError

from c7n_certrenew.core.secret import REDACTED, PrivateKey, without

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_Answer = TypeVar("_Answer")

UPLOAD = "iam.UploadServerCertificate"
_LOGGERS = ("botocore.endpoint", "botocore.httpsession", "botocore.response")
"""Those that log exceptions from below, where the frames hold the body that is sent or came."""
_ONE_AT_A_TIME = threading.Lock()
"""Handlers are those of a client, which threads share: no call takes the answer of another."""


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
    return _handled(client, handlers, call)


def take_unseen(client: Any, operation: str, **parameters: Any) -> dict[str, Any]:
    """Return the JSON answer of a call that brings a secret, as it is on the wire.

    It is taken away before botocore parses and logs it: to botocore the answer is empty.
    Exceptions are as with `in_secret`. Raises what botocore raises.
    """
    taken = _Taken()
    service = client.meta.service_model.service_id.hyphenize()
    call = partial(getattr(client, xform_name(operation)), **parameters)
    with _ONE_AT_A_TIME:
        _handled(client, {f"before-parse.{service}.{operation}": taken}, call)
    if taken.answer is None:
        raise ResponseParserError(f"{operation} answered what is no JSON object")
    return taken.answer


def hide_answer(client: Any, operation: str) -> None:
    """Have botocore log, and quote in errors, a placeholder for what a call answers."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}.{operation}", _hide_body)


def without_frames(call: Callable[[], _Answer]) -> _Answer:
    """Return what a function returns that has a secret in its frames. Raises what it raises."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_without_frames)
    try:
        return call()
    except BaseException as fault:
        raise forget_frames(fault)  # noqa: B904 (its own cause and context stay)
    finally:
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(_without_frames)


def _handled(
    client: Any, handlers: Mapping[str, Callable[..., None]], call: Callable[[], _Answer]
) -> _Answer:
    events = client.meta.events
    for event, handler in handlers.items():
        events.register(event, handler)
    try:
        return without_frames(call)
    finally:
        for event, handler in handlers.items():
            events.unregister(event, handler)


class _Taken:
    """Takes the body of a success; `answer` is None where that is no JSON object."""

    answer: dict[str, Any] | None = None

    def __call__(self, response_dict: dict[str, Any], **_: object) -> None:
        if response_dict["status_code"] < 300:
            self.answer = _object(response_dict["body"])
            response_dict["body"] = b"{}"


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):  # whose errors quote all of the body
        return None
    return found if isinstance(found, dict) else None


class _Hidden(bytes):
    """A body that is sent, or came, and is not shown."""

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__


def _hide(params: dict[str, Any], **_: object) -> None:
    if isinstance(params["body"], bytes):
        params["body"] = _Hidden(params["body"])


def _hide_body(response_dict: dict[str, Any], **_: object) -> None:
    response_dict["body"] = _Hidden(response_dict["body"])


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
