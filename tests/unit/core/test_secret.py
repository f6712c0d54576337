"""A private key that cannot be shown."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import re
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, quote_plus, unquote, urlencode
from xml.sax.saxutils import escape

import botocore.session
import pytest
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator
from unit.core.certificates import Issued, block, leaf
from unit.core.test_candidate import BROKEN_KEYS, crlf

from c7n_certrenew.core import candidate
from c7n_certrenew.core.candidate import Candidate, CandidateError, Material, assemble
from c7n_certrenew.core.secret import REDACTED, PrivateKey, without

TEXT = block("PRIVATE KEY", b"secret" * 9).decode()
KEY = PrivateKey(TEXT)
HOLDER = dataclasses.make_dataclass("Holder", [("key", str)])(KEY)


def logged(key: PrivateKey) -> str:
    """Format a log line as the logging package does, with the key among its arguments."""
    return _record(key).getMessage()


def _record(key: PrivateKey) -> logging.LogRecord:
    return logging.LogRecord("n", logging.DEBUG, "p", 1, "%s %r", (key, {"k": key}), None)


def raised(key: PrivateKey) -> str:
    """Format an exception that carries the key, with the locals of the frame."""
    try:
        raise ValueError(key)
    except ValueError as error:
        return "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        format,
        ascii,
        logged,
        raised,
        pprint.pformat,
        lambda key: f"{key} {key!r} {key!s} {key:>90}",
        lambda key: "{} {!r} {:s}".format(key, key, key),  # noqa: UP032
        lambda key: "%s %r %a" % (key, key, key),  # noqa: UP031
        lambda key: f"{[key]} {(key,)} { {'k': key} } { {key} }",
        lambda key: json.dumps(repr({"PrivateKey": key})),
        lambda key: json.dumps(str(key)),
        lambda key: repr(HOLDER) + pprint.pformat(HOLDER),
        lambda key: repr(KeyError(key)) + str(KeyError(key)),
        lambda key: "".join(traceback.format_exception_only(TypeError("bad", key))),
        lambda key: repr(PrivateKey(key)) + str(PrivateKey(key)),
        lambda key: json.dumps({"PrivateKey": key}),
        lambda key: json.dumps(vars(_record(key)), default=repr),
        lambda key: "".join(key) + "".join([key]) + key[:] + (key + "") + key.strip(),
        lambda key: "".join(key.splitlines()) + key.lower() + key.replace("\n", ""),
        lambda key: str(bytes(key, "utf-8")) + str(str.encode(key)),
        lambda key: str({key: key}) + str(key.__dict__ if hasattr(key, "__dict__") else ""),
    ],
)
def test_nothing_shows_it(show: Callable[[PrivateKey], str]) -> None:
    """Whatever turns a value into text for people shows a placeholder."""
    shown = show(KEY)
    assert "private key" in shown
    assert "c2Vjc" not in shown
    assert "BEGIN" not in shown


def test_a_number_of_it_fails_without_it() -> None:
    """Python's own conversion errors quote their argument, but not this one."""
    with pytest.raises(ValueError, match=re.escape(REDACTED)) as caught:
        int(KEY)
    assert "c2Vjc" not in str(caught.value)


@pytest.mark.parametrize(
    "move",
    [
        copy.copy,
        copy.deepcopy,
        lambda key: copy.deepcopy({"k": [key]}),
        *(lambda key, protocol=p: pickle.dumps(key, protocol) for p in range(6)),
        lambda key: pickle.dumps({"k": key}),
        lambda key: dataclasses.asdict(HOLDER),
    ],
)
def test_it_is_not_copied_or_pickled(move: Callable[[PrivateKey], object]) -> None:
    """It reaches no cache and no other process: every way to serialize it fails."""
    with pytest.raises(TypeError, match="a private key is not pickled"):
        move(KEY)


def test_the_real_key_is_there_for_the_wire() -> None:
    """Encoding yields the key itself, and so does a form's body as botocore writes it."""
    assert KEY.encode() == TEXT.encode()
    assert parse_qs(urlencode({"k": KEY}, doseq=True)) == {"k": [TEXT]}


def test_wrapping_it_twice_keeps_it() -> None:
    """A key made of a key is the key, not its placeholder: that would be uploaded."""
    assert PrivateKey(KEY).encode() == TEXT.encode()
    assert type(PrivateKey(KEY)) is PrivateKey


def test_it_equals_what_is_the_same_key() -> None:
    """Two keys are equal if they are the same key, not because both read alike."""
    assert PrivateKey(TEXT) == PrivateKey(TEXT.encode())
    assert len({PrivateKey(TEXT), PrivateKey(TEXT.encode())}) == 1
    assert PrivateKey(TEXT) != PrivateKey(TEXT.lower())
    assert PrivateKey(TEXT) != REDACTED
    assert PrivateKey(TEXT) != TEXT


@pytest.mark.parametrize(
    "quoted",
    [
        str,
        repr,
        json.dumps,
        quote_plus,
        lambda text: urlencode({"PrivateKey": text, "Path": "/"}),
        lambda text: json.dumps(json.dumps({"k": text})).replace("/", "\\/"),
        lambda text: escape(text).replace("\n", "&#xA;"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "".join(text.splitlines()[1:-1]),
        lambda text: "".join(text.splitlines()[1:-1])[50:80],
        lambda text: text[:200] + "...",
        lambda text: text[100:],
    ],
)
def test_an_answer_that_quotes_the_key_is_cleared(
    shop: Issued, quoted: Callable[[str], str]
) -> None:
    """Whatever of the key an answer quotes, and however, what is around it stays."""
    key = PrivateKey(shop.key_pem())
    answer = f"<Code>ValidationError</Code> Value '{quoted(shop.key_pem().decode())}' at 'key'"
    cleared = without(key, answer.encode()).decode()
    assert not _leaks(unquote(cleared).replace("\\", ""), shop)
    assert REDACTED in cleared
    assert cleared.startswith("<Code>ValidationError</Code> Value '")
    assert cleared.endswith("' at 'key'")


def test_short_pieces_between_escapes_are_cleared() -> None:
    """URL encoding cuts base64 into pieces that are too short to be known one by one."""
    key = PrivateKey(block("PRIVATE KEY", b"\xfb\xef\xbf" * 30))
    quoted = quote_plus(key.encode().decode())
    assert "%2B%2B%2F" in quoted
    assert "%2F" not in without(key, quoted.encode()).decode()


def test_an_answer_without_the_key_stays_as_it_is(shop: Issued) -> None:
    """The secret part of another's key and plain sentences are not touched."""
    tail = b"".join(leaf().key_pem().splitlines(keepends=True)[3:])  # what is before is alike
    error = b"<Code>MalformedCertificate</Code> Unable to parse \\n"
    other = tail + error + quote_plus(tail).encode()
    assert without(PrivateKey(shop.key_pem()), other) == other


def test_botocore_sends_the_real_key_and_logs_none() -> None:
    """UploadServerCertificate's request holds the key in its body, its parameters show none."""
    model = botocore.session.Session().get_service_model("iam")
    operation = model.operation_model("UploadServerCertificate")
    parameters = {"ServerCertificateName": "n", "CertificateBody": "b", "PrivateKey": KEY}
    assert operation.input_shape is not None
    assert not ParamValidator().validate(parameters, operation.input_shape).has_errors()
    request = create_serializer("query").serialize_to_request(parameters, operation)
    assert TEXT not in repr(request)
    assert "c2Vjc" not in repr(request)
    prepare_request_dict(request, "https://iam.amazonaws.com")
    body = _wire(request)
    assert parse_qs(body)["PrivateKey"] == [TEXT]


def _wire(request: dict[str, Any]) -> str:
    body = create_request_object(request).prepare().body
    return body.decode() if isinstance(body, bytes) else str(body)


def test_a_candidate_does_not_show_it(shop: Issued) -> None:
    """Neither a candidate nor what it was read from shows the key, printed or in a traceback."""
    key = Material("key.pem", shop.key_pem())
    found = assemble(Material("cert.pem", shop.pem), None, key)
    for value in (found, key, [found], {"c": found}):
        for shown in (repr(value), str(value), pprint.pformat(value), f"{value}"):
            assert not _leaks(shown, shop)
    assert REDACTED in repr(found)
    with pytest.raises(TypeError):
        pickle.dumps(found)
    with pytest.raises(TypeError):
        copy.deepcopy(found)


@pytest.mark.parametrize(
    "content",
    [
        *(content for content, _ in BROKEN_KEYS[3:]),
        lambda shop: shop.key_pem().replace(b"PRIVATE", b"EC PRIVATE"),
        lambda shop: shop.key_pem().replace(b"PRIVATE", b"RSA PRIVATE"),
        lambda shop: crlf(shop.key_pem()[:-45]),
        lambda shop: shop.key_pem().replace(b" PRIVATE KEY", b" CERTIFICATE"),
    ],
)
@pytest.mark.parametrize("bundled", [False, True])
def test_an_error_holds_no_byte_of_a_broken_key(  # type: ignore[no-untyped-def]
    shop: Issued, content, bundled: bool
) -> None:
    """No error about a key holds a piece of it: text, arguments, causes, locals of its frames."""
    broken = content(shop)
    with pytest.raises(CandidateError) as caught:
        _assemble(Material("cert.pem", shop.pem), Material("key.pem", broken), bundled)
    for error in _chain(caught.value):
        assert not _leaks(f"{error} {error!r} {error.args} {vars(error)}", shop)
        assert not isinstance(error, UnicodeError)  # it keeps what it could not decode
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    own = [frame.locals for frame in report.stack if frame.filename == candidate.__file__]
    assert own
    assert not _leaks(str(own), shop)


def _assemble(certificate: Material, key: Material, bundled: bool) -> Candidate:
    if bundled:
        return assemble(Material("bundle.pem", certificate.content + key.content))
    return assemble(certificate, None, key)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception with all its causes and contexts."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _leaks(text: str, shop: Issued) -> bool:
    """Say whether twelve characters of the key's base64 stand in a text."""
    encoded = "".join(shop.key_pem().decode().splitlines()[1:-1])
    return any(encoded[at : at + 12] in text for at in range(40, len(encoded) - 12))
