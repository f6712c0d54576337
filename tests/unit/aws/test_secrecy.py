"""What is said about the call that sends a private key."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter
from canary import with_locals

from c7n_certrenew.aws.secrecy import forget_frames, in_secret
from c7n_certrenew.core.secret import PrivateKey

LABEL = "PRIVATE KEY"
KEY = PrivateKey(f"-----BEGIN {LABEL}-----\nc2VjcmV0IGtleQ==\n-----END {LABEL}-----\n")
EVENT = "before-parse.iam.UploadServerCertificate"


@pytest.fixture
def client() -> Any:
    """Give what of a client is used: its events."""
    return SimpleNamespace(meta=SimpleNamespace(events=HierarchicalEmitter()))


def sent(error: BaseException) -> None:
    """Fail as deep down as the body is plain, while something else is being handled."""
    body = KEY.encode()
    try:
        raise OSError("first")
    except OSError:
        raise error from ValueError(len(body))


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_leaves_without_its_frames(client: Any, error: BaseException) -> None:
    """Whatever ends the call is raised as it is, with causes, and no frame that has the body."""
    with pytest.raises(type(error)) as caught:
        in_secret(client, KEY, lambda: sent(error))
    assert caught.value is error
    assert isinstance(error.__cause__, ValueError)
    assert isinstance(error.__context__, OSError)
    shown = with_locals(error)
    assert "c2Vjc" not in shown
    assert "in_secret" in shown


def test_causes_in_a_circle_have_an_end() -> None:
    """Exceptions may be each other's causes."""
    one, two = ValueError("1"), ValueError("2")
    one.__cause__, two.__context__ = two, one
    assert forget_frames(one) is one


def test_an_answer_is_cleared_while_the_call_lasts(client: Any) -> None:
    """The answer's body has the placeholder, and nothing is left behind afterwards."""
    answer = {"body": b"<Message>" + KEY.encode() + b"</Message>"}
    events = client.meta.events
    in_secret(client, KEY, lambda: events.emit(EVENT, response_dict=answer))
    assert answer["body"].count(b"[private key]") == 1
    assert b"c2Vjc" not in answer["body"]
    assert events.emit(EVENT, response_dict={}) == []
    for name in ("botocore.endpoint", "botocore.httpsession"):
        assert logging.getLogger(name).filters == []


@pytest.mark.parametrize("name", ["botocore.endpoint", "botocore.httpsession"])
def test_what_botocore_logs_of_an_exception_has_no_frames(
    client: Any, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Type and message are logged; the traceback, whose locals hold the body, is not."""
    caplog.set_level(logging.DEBUG, name)

    def call() -> None:
        try:
            sent(RuntimeError("unexpected"))
        except RuntimeError:
            logging.getLogger(name).debug("Exception received", exc_info=True)

    in_secret(client, KEY, call)
    [record] = caplog.records
    assert record.exc_info
    assert record.exc_info[1:] == (record.exc_info[1], None)
    assert "RuntimeError: unexpected" in caplog.text
    assert record.exc_info[1]
    assert "c2Vjc" not in with_locals(record.exc_info[1])
