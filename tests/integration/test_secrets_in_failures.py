"""A private key is in nothing that is written or said, whatever call of a renewal fails."""

from __future__ import annotations

import base64
import io
import json
import logging
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from canary import Canary, der, with_locals
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from integration.conftest import Engine, Ran, renewing

from c7n_certrenew.aws import acm_import, iam
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.elements.replace_certificate import ReplaceCertificate
from c7n_certrenew.renewal.run import Run
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox, answers
from c7n_certrenew.sandbox.faults import Fault, Kind
from c7n_certrenew.sources.files import Files

REGION = "eu-west-1"
CALLS = (
    ("appsync", "ListDomainNames"),
    ("cloudfront", "ListDistributions"),
    ("ec2", "DescribeRegions"),
    ("elb", "DescribeLoadBalancers"),
    ("elb", "DescribeTags"),
    ("elb", "SetLoadBalancerListenerSSLCertificate"),
    ("elbv2", "AddListenerCertificates"),
    ("elbv2", "DescribeListenerCertificates"),
    ("elbv2", "DescribeListeners"),
    ("elbv2", "DescribeLoadBalancers"),
    ("elbv2", "DescribeTags"),
    ("elbv2", "ModifyListener"),
    ("elbv2", "RemoveListenerCertificates"),
    ("iam", "GetAccountSummary"),
    ("iam", "GetServerCertificate"),
    ("iam", "ListServerCertificates"),
    ("iam", "TagServerCertificate"),
    ("iam", "UploadServerCertificate"),
    ("sts", "GetCallerIdentity"),
)
"""Each API call of a renewal."""
UPLOAD, IMPORT = ("iam", "UploadServerCertificate"), ("acm", "ImportCertificate")
SWEEP = {
    ("appsync", "ListDomainNames"),
    ("cloudfront", "ListDistributions"),
    ("elb", "DescribeLoadBalancers"),
    ("elbv2", "DescribeListenerCertificates"),
}
"""Reads of which none waits for another: they fail in one run, each in its own way."""
TAGS = {("elb", "DescribeTags"), ("elbv2", "DescribeTags")}
KINDS = (Kind.DENIED, Kind.ERROR, Kind.RESET, Kind.GARBLED, Kind.CUT_SHORT)
"""What botocore and Custodian print each in their own way."""
FAILING = dict(zip([call for call in CALLS if call != UPLOAD], cycle(KINDS)))

pytestmark = [
    pytest.mark.parametrize("near", [{"regions": (REGION,)}], indirect=True),
    pytest.mark.usefixtures("clock"),
]


class Ears(logging.Handler):
    """Hears every record as each kind of formatter would write it, and each exception."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []
        self.stream = io.StringIO()
        self._levels: dict[logging.Logger, int] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's text, its attributes, and the locals behind its exception."""
        self.heard += [self.format(record), json.dumps(vars(record), default=repr)]
        if record.exc_info and record.exc_info[1]:
            self.heard.append(with_locals(record.exc_info[1]))

    def open(self) -> None:
        """Set every logger there is to DEBUG, as a user may whose code runs after all else."""
        names = [None, *logging.root.manager.loggerDict]
        for logger in map(logging.getLogger, names):
            self._levels.setdefault(logger, logger.level)
            logger.setLevel(logging.DEBUG)
        logging.getLogger().addHandler(self)

    def close(self) -> None:
        """Leave the loggers as they were."""
        logging.getLogger().removeHandler(self)
        for logger, level in self._levels.items():
            logger.setLevel(level)
        super().close()

    def overhear(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a function that hears what passes through it, and what it raises."""

        def overheard(*arguments: Any, **named: Any) -> Any:
            self.open()
            try:
                return function(*arguments, **named)
            except Exception as error:
                self.heard.append(with_locals(error))
                raise

        return overheard


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ears]:
    """Hear everything from the moment on when the key is read."""
    ears = Ears()
    for owner, name in (
        (ReplaceCertificate, "process"),
        (Run, "carry_out"),
        (Files, "fetch"),
        (iam, "upload"),
        (acm_import, "import_new"),
    ):
        monkeypatch.setattr(owner, name, ears.overhear(getattr(owner, name)))
    yield ears
    ears.close()


@pytest.fixture(scope="module")
def public(new: Issued, authority: Authority) -> tuple[str, ...]:
    """Give what everybody may see: the certificate, and what all keys of its kind have alike."""
    return new.certificate, authority.issue("else", key="p256").private_key


@pytest.fixture(scope="module")
def canary(new: Issued, public: tuple[str, ...]) -> Canary:
    """Give what must not be found: the key of the renewed certificate."""
    return Canary.of(new.private_key, public=public)


@pytest.fixture(autouse=True)
def web(near: Sandbox, old: Issued, new: Issued, certs: Path) -> None:
    """Have a certificate served by both kinds of load balancers, and its renewal in files."""
    web = near.upload("web", old)
    near.classic(REGION, "legacy", Listener(443, "HTTPS", web))
    near.application(REGION, "alb", Listener(443, "HTTPS", web, sni=(web,)))
    new.write(certs)


@pytest.fixture
def run(engine: Engine, ears: Ears, tmp_path: Path) -> Callable[..., tuple[Ran, bytes]]:
    """Renew; return how it ended and all that a user, a log or a disk could have seen."""

    def run(**options: Any) -> tuple[Ran, bytes]:
        ran = engine(renewing(**{"verify": "api", **options}), arguments=("-v", "--debug"))
        files = [f for f in tmp_path.rglob("*") if f.is_file() and "certs" not in f.parts]
        left = [file.read_bytes() for file in files]
        said = "\0".join([ran.text, ears.stream.getvalue(), *ears.heard])
        return ran, b"\0".join([said.encode("utf-8", "surrogateescape"), *left])

    return run


def test_these_are_the_calls_of_a_renewal(
    near: Sandbox, run: Any, canary: Canary, new: Issued
) -> None:
    """The calls that fail here are all, and the key is in the upload alone (AWS row 16)."""
    ran, everything = run()
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert {(c.service, c.operation) for c in near.journal} == set(CALLS)
    sent = {
        c.operation for c in near.journal if canary.leaks(json.dumps(dict(c.parameters)).encode())
    }
    assert sent == {"UploadServerCertificate"}
    assert canary.leaks(everything) == []
    assert b"Making request for OperationModel(name=UploadServerCertificate)" in everything
    assert b"[private key]" in everything


@pytest.mark.parametrize(
    "failing",
    [
        *({UPLOAD: kind} for kind in KINDS),
        *({call: kind} for call, kind in FAILING.items() if call not in SWEEP | TAGS),
        *({call: FAILING[call] for call in together} for together in (SWEEP, TAGS)),
    ],
    ids=lambda failing: " ".join(f"{call[1]}-{kind}" for call, kind in sorted(failing.items())),
)
def test_failed_call_says_nothing_of_the_key(
    near: Sandbox, run: Any, canary: Canary, failing: dict[tuple[str, str], Kind]
) -> None:
    """Whatever goes wrong with whatever call, at DEBUG and with the locals of all frames."""
    near.inject(*(Fault(*call, kind, times=None) for call, kind in failing.items()))
    _, everything = run()
    assert {(c.service, c.operation) for c in near.journal if c.error_code} >= set(failing)
    assert canary.leaks(everything) == []


IN_ACM = {"store": "acm", "services": ["elbv2"]}
"""Options of a renewal that imports."""


@pytest.mark.parametrize("kind", [None, Kind.DENIED, Kind.RESET, Kind.GARBLED], ids=str)
def test_import_says_nothing_of_the_key(
    near: Sandbox, run: Any, canary: Canary, kind: Kind | None
) -> None:
    """The body of an import is JSON, with the key as base64 of its PEM: it is not shown either."""
    if kind:
        near.inject(Fault(*IMPORT, kind, times=None))
    ran, everything = run(**IN_ACM)
    sent = {
        c.operation for c in near.journal if canary.leaks(json.dumps(dict(c.parameters)).encode())
    }
    assert sent == {"ImportCertificate"}
    assert (ran.returncode == 0) is (kind is None), ran.text
    assert b"Making request for OperationModel(name=ImportCertificate)" in everything
    assert canary.leaks(everything) == []


@pytest.mark.parametrize("quoted", ["as it is", "as the body has it"])
def test_refusal_that_quotes_an_import(
    near: Sandbox, run: Any, canary: Canary, new: Issued, quoted: str
) -> None:
    """ACM may say which value it does not like, as PEM or as it was sent: the value is not told."""
    sent = base64.b64encode(new.private_key.encode()).decode()
    value = new.private_key if quoted == "as it is" else sent
    message = f"1 validation error detected: Value '{value}' at 'privateKey' failed"
    near.inject(Fault(*IMPORT, code="ValidationException", message=message, times=None))
    ran, everything = run(**IN_ACM)
    assert canary.leaks(everything) == []
    [reason] = ran.outcome["Reasons"]
    assert reason["Message"].endswith("' at 'privateKey' failed")
    assert "[private key]" in reason["Message"]


def test_failure_below_botocore_of_an_import(
    near: Sandbox, run: Any, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No frame of what botocore logs of it shows the body."""
    stock = acm_import.in_secret

    def spoilt(client: Any, *given: Any) -> Any:
        client.meta.events.register_first("before-send.acm", below_botocore)
        try:
            return stock(client, *given)
        finally:
            client.meta.events.unregister("before-send.acm", below_botocore)

    monkeypatch.setattr(acm_import, "in_secret", spoilt)
    _, everything = run(**IN_ACM)
    assert b"UnexpectedError" in everything
    assert canary.leaks(everything) == []


QUOTED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "on one line": lambda pem: "".join(pem.split()),
    "URL-encoded": quote_plus,
    "as a repr": repr,
    "cut off": lambda pem: pem[:150] + "...",
}


@pytest.mark.parametrize(
    ("quoted", "code"),
    [*zip(QUOTED, cycle(["ValidationError", "MalformedCertificate", "KeyPairMismatch"]))],
)
def test_refusal_that_quotes_the_key(
    near: Sandbox, run: Any, canary: Canary, new: Issued, code: str, quoted: str
) -> None:
    """AWS may say which value it does not like: the reason is reported, the value is not."""
    value = QUOTED[quoted](new.private_key)
    message = f"1 validation error detected: Value '{value}' at 'privateKey' failed"
    near.inject(Fault(*UPLOAD, code=code, message=message, times=None))
    ran, everything = run()
    assert canary.leaks(everything) == []
    [reason] = ran.outcome["Reasons"]
    assert reason["Message"].endswith("' at 'privateKey' failed")
    assert f"UploadServerCertificate answered {code}: 1 validation error" in reason["Message"]
    assert "[private key]" in reason["Message"]


def test_answer_of_a_proxy_that_quotes_the_key(
    near: Sandbox, run: Any, canary: Canary, new: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no answer of AWS is quoted by botocore; of the key nothing is."""
    form = urlencode({"Action": "UploadServerCertificate", "PrivateKey": new.private_key})
    monkeypatch.setattr(answers, "_GARBAGE", f"<html><h1>502<br>{form}</h1>{new.private_key}")
    near.inject(Fault(*UPLOAD, Kind.GARBLED, times=None))
    ran, everything = run()
    assert "ResponseParserError" in ran.text
    assert canary.leaks(everything) == []


class UnexpectedError(Exception):
    """What nobody has thought of."""


def unexpected(*_: Any, **__: Any) -> Any:
    """Fail as code does that has a defect."""
    raise UnexpectedError("unexpected")


def below_botocore(request: Any, **_: Any) -> None:
    """Fail where the request is sent, as urllib3 does, with its body among the locals."""
    body = request.body
    assert body
    raise UnexpectedError("unexpected")


@pytest.mark.parametrize("name", ["_tag_list", "in_secret", "server_certificate", "tag"])
def test_defect_in_the_upload(
    near: Sandbox, run: Any, canary: Canary, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An exception that nobody expects is a traceback, without the key in any of its frames."""
    count = iter(range(99))
    stock = getattr(iam, name)
    late = name == "server_certificate"  # which is asked for certificates in IAM too

    def fail(*arguments: Any, **named: Any) -> Any:
        return stock(*arguments, **named) if late and next(count) < 3 else unexpected()

    monkeypatch.setattr(iam, name, fail)
    ran, everything = run()
    assert ran.returncode != 0
    assert b"UnexpectedError" in everything
    assert canary.leaks(everything) == []


def test_defect_of_a_consumer(
    near: Sandbox, run: Any, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer that fails in a way nobody expects says so, without the key."""
    monkeypatch.setattr(type(CONSUMERS["elb"]), "rebind", unexpected)
    ran, everything = run()
    assert "UnexpectedError" in ran.text
    assert canary.leaks(everything) == []


def test_parameters_that_botocore_refuses(
    near: Sandbox, run: Any, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore quotes parameters of a wrong type; the key among them is not quoted."""
    monkeypatch.setattr(iam, "_tag_list", lambda tags: [{"Key": 5}])
    ran, everything = run()
    assert "ParamValidationError" in ran.text
    assert canary.leaks(everything) == []


def test_failure_below_botocore(
    near: Sandbox, run: Any, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore logs what it does not know with its traceback; no frame of it shows the body."""
    stock = iam.in_secret

    def spoilt(client: Any, key: Any, call: Any) -> Any:
        client.meta.events.register_first("before-send.iam", below_botocore)
        try:
            return stock(client, key, call)
        finally:
            client.meta.events.unregister("before-send.iam", below_botocore)

    monkeypatch.setattr(iam, "in_secret", spoilt)
    _, everything = run()
    assert b"Exception received when sending HTTP request" in everything
    assert b"UnexpectedError" in everything
    assert canary.leaks(everything) == []


def encrypted(pem: str, form: PrivateFormat) -> bytes:
    """Return a key that only a passphrase opens."""
    key = load_pem_private_key(pem.encode(), None)
    return key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"passphrase"))


SPOILT: dict[str, tuple[Callable[[str], bytes], str]] = {
    "encrypted": (lambda pem: encrypted(pem, PrivateFormat.PKCS8), "is encrypted"),
    "encrypted by OpenSSL": (
        lambda pem: encrypted(pem, PrivateFormat.TraditionalOpenSSL),
        "is encrypted",
    ),
    "mixed with text": (
        lambda pem: pem.replace("\n", "\nlocalKeyID: 01\n", 2).encode(),
        "cannot be read",
    ),
    "mixed with bytes": (
        lambda pem: pem.encode().replace(b"\n", b"\n\xff\0", 2),
        "cannot be read",
    ),
    "in UTF-16": (lambda pem: pem.encode("utf-16"), "no private key in it"),
    "as DER": (lambda pem: der(pem), "no private key in it"),
    "labelled a certificate": (
        lambda pem: pem.replace("PRIVATE KEY", "CERTIFICATE").encode(),
        "no private key in it",
    ),
    "cut off": (lambda pem: pem[:150].encode(), "is cut off"),
    "endless": (lambda pem: (pem * 20_000).encode(), "larger than"),
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_key_that_cannot_be_taken(
    run: Any, canary: Canary, new: Issued, public: tuple[str, ...], certs: Path, spoilt: str
) -> None:
    """A key file is named with what is wrong with it, and without a word of what is in it."""
    spoil, message = SPOILT[spoilt]
    content = spoil(new.private_key)
    (certs / "key.pem").write_bytes(content)
    ran, everything = run()
    assert ran.codes == ["no-candidate"]
    assert "certs/web/key.pem: " in ran.text
    assert message in ran.text
    assert canary.leaks(everything) == []
    text = content[:999].decode("latin-1")
    assert Canary.of(text, public=public).leaks(everything) == []


@pytest.mark.parametrize("cut", [100, 160])
def test_bundle_that_ends_within_the_key(
    run: Any, canary: Canary, new: Issued, certs: Path, cut: int
) -> None:
    """A bundle whose last bytes are missing, so that the key is half there."""
    bundle = new.certificate + new.chain + new.private_key[:cut]
    (certs / "all.pem").write_text(bundle)
    ran, everything = run(source={"type": "files", "bundle": "certs/<lineage>/all.pem"})
    assert ran.codes == ["no-candidate"]
    assert "a PEM block in it is cut off" in ran.text
    assert canary.leaks(everything) == []


def test_key_of_another_certificate(
    run: Any, authority: Authority, canary: Canary, certs: Path
) -> None:
    """A key that is another's is refused without a word of it."""
    another = authority.issue("other.example.com", key="p384")
    (certs / "key.pem").write_text(another.private_key)
    ran, everything = run()
    assert ran.codes == ["key-mismatch"]
    assert Canary.of(another.private_key, public=[another.certificate]).leaks(everything) == []
