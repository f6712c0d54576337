"""Whole policies: Custodian's own `run` in this process against the sandbox, and its results."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import logging
import socket
import ssl
import threading
import traceback
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import botocore.endpoint
import pytest
from c7n import cli
from c7n.utils import reset_session_cache

from c7n_certrenew.aws import breaker, bucket, budget, pacing
from c7n_certrenew.aws.inventory import forget_everything
from c7n_certrenew.renewal import convergence, putting_back, rebinding, reimport, verification
from c7n_certrenew.sandbox import Authority, Issued, LoadBalancer, Sandbox
from c7n_certrenew.sandbox.clock import Clock

REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")
NAMES = ("www.example.com", "api.example.com")
FOLDER = "certs/<lineage>"
SOURCE = {
    "type": "files",
    "certificate": f"{FOLDER}/cert.pem",
    "private-key": f"{FOLDER}/key.pem",
    "chain": f"{FOLDER}/chain.pem",
}
READS = ("Describe", "Get", "List", "Assume")
"""How the names of operations begin that change nothing."""

Policy = dict[str, Any]


def filtering(*filters: Any, name: str = "find") -> Policy:
    """Return a policy that only filters."""
    return {"name": name, "resource": "aws.iam-certificate", "filters": list(filters)}


def renewing(source: Mapping[str, Any] = SOURCE, **options: Any) -> Policy:
    """Return a policy that renews from files; underscores in `options` stand for hyphens."""
    options = {"propagation_timeout": 5, **options}
    action = {key.replace("_", "-"): value for key, value in options.items()}
    return {
        **filtering({"type": "expires-within", "days": 30}, {"type": "listener"}, name="renew"),
        "actions": [{"type": "replace-certificate", "source": dict(source), **action}],
    }


@dataclass(frozen=True)
class Ran:
    """What one policy's run left: exit code, directory, and every line a user could read."""

    returncode: int
    output: Path
    text: str

    @property
    def resources(self) -> list[dict[str, Any]]:
        """Return what the filters matched."""
        return list(json.loads((self.output / "resources.json").read_text()))

    @property
    def found(self) -> list[str]:
        """Return the names of what the filters matched."""
        return sorted(r["ServerCertificateName"] for r in self.resources)

    @property
    def record(self) -> dict[str, Any]:
        """Return certrenew.json."""
        return dict(json.loads((self.output / "certrenew.json").read_text()))

    @property
    def outcome(self) -> dict[str, Any]:
        """Return how the one certificate of the run ended."""
        [outcome] = self.record["Outcomes"]
        return dict(outcome)

    @property
    def codes(self) -> list[str]:
        """Return the codes of the reasons why the one certificate was refused."""
        return [reason["Code"] for reason in self.outcome.get("Reasons", [])]

    @property
    def states(self) -> dict[str, str]:
        """Return the end of each binding, by load balancer, port and role."""
        return {
            f"{b['LoadBalancerName']}:{b['Port']} {b['Role']}": b["State"]
            for b in self.outcome.get("Bindings", [])
        }

    def reason(self, binding: str) -> str:
        """Return why the binding of a load balancer ended as it did."""
        bindings = self.outcome["Bindings"]
        return str(next(b["Reason"] for b in bindings if b["LoadBalancerName"] == binding))


Engine = Callable[..., Ran]


@pytest.fixture
def near(request: pytest.FixtureRequest, sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process, with three regions; a parameter has other settings."""
    settings = {"regions": REGIONS, "server": False, **getattr(request, "param", {})}
    sandbox: Sandbox = sandboxes.open(**settings)
    return sandbox


@pytest.fixture
def clock(near: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let a renewal in this process wait on the sandbox's clock, so that it costs no time."""
    renewal = (convergence, putting_back, rebinding, reimport, verification)
    for module in (*renewal, breaker, budget, pacing, botocore.endpoint):
        monkeypatch.setattr(module, "time", near.clock)
    monkeypatch.setattr(pacing, "Bucket", partial(bucket.Bucket, clock=near.clock.monotonic))
    return near.clock


_make_client = boto3.Session.client
_clients: dict[str, Any] = {}


def _kept_client(session: Any, service: str, region_name: str | None = None, **given: Any) -> Any:
    """Return a client of an earlier run with the same settings: making one is slow.

    A role's credentials are of one run alone.
    """
    credentials = session.get_credentials()
    if credentials is None or credentials.method != "env":
        return _make_client(session, service, region_name, **given)
    config = getattr(given.get("config"), "_user_provided_options", None)
    region = region_name or session.region_name
    key = repr((service, region, sorted({**given, "config": config}.items())))
    if key not in _clients:
        _clients[key] = _make_client(session, service, region, **given)
    return _clients[key]


@pytest.fixture
def engine(
    near: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Engine:
    """Run policies as `custodian run` does, but in this process, as if it had just started."""
    monkeypatch.setattr(boto3.Session, "client", _kept_client)
    monkeypatch.setattr(cli, "setproctitle", lambda title: None)
    monkeypatch.setattr(verification, "_REFUSED_SECONDS", 0.3)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    caplog.set_level(logging.INFO, "custodian")

    def run(*policies: Policy, arguments: Sequence[str] = (), out: str = "out") -> Ran:
        (tmp_path / "policy.json").write_text(json.dumps({"policies": policies}))
        for name, value in near.environ.items():
            monkeypatch.setenv(name, value)
        reset_session_cache()
        forget_everything()
        command = ["run", "--cache-period", "0", "-s", out, *arguments, "policy.json"]
        returncode, text = _main(command)
        output = tmp_path / out / policies[-1]["name"]
        log = output / "custodian-run.log"
        return Ran(returncode, output, text + (log.read_text() if log.exists() else ""))

    return run


def _main(command: list[str]) -> tuple[int, str]:
    """Return the exit code and what the process would have shown."""
    shown = io.StringIO()
    handler = logging.StreamHandler(shown)
    handler.setFormatter(logging.Formatter("%(name)s:%(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    try:
        with redirect_stdout(shown), redirect_stderr(shown):
            cli.main(command)
    except SystemExit as end:
        return int(end.code or 0), shown.getvalue()
    except Exception:
        return 1, shown.getvalue() + traceback.format_exc()
    finally:
        logging.getLogger().removeHandler(handler)
    return 0, shown.getvalue()


def read_run(directory: Path, returncode: int, text: str) -> Ran:
    """Return what a run of the real command left in a policy's directory."""
    log = directory / "custodian-run.log"
    return Ran(returncode, directory, text + (log.read_text() if log.exists() else ""))


def let_server_end(url: str) -> None:
    """Wait for what a process that is gone has asked: AWS carries it out all the same.

    An answer to a later connection says that every earlier one has its thread.
    """
    urllib.request.urlopen(f"{url}/moto-api/config").close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=30)
            assert not thread.is_alive(), thread.name


def writes(sandbox: Sandbox) -> list[str]:
    """Return the operations that change something, in the order they were called."""
    return [c.operation for c in sandbox.journal if not c.operation.startswith(READS)]


def served(
    sandbox: Sandbox,
    balancer: LoadBalancer,
    issued: Issued,
    port: int = 443,
    name: str = NAMES[0],
    address: int = 0,
) -> str:
    """Return the fingerprint that a client is served which trusts the issuer of `issued`."""
    host = sandbox.front_ends.addresses(balancer.dns_name, port)[address]
    context = ssl.create_default_context(cadata=issued.root)
    with (
        socket.create_connection(host, timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        body = secure.getpeercert(binary_form=True)
    return fingerprint(body or b"")


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate in hex."""
    return hashlib.sha256(der).hexdigest()


def with_text(issued: Issued, **parts: str) -> Issued:
    """Return the certificate with other PEM texts in its files."""
    return dataclasses.replace(issued, **parts)


@pytest.fixture(scope="session")
def old(authority: Authority) -> Issued:
    """Give a certificate that expires in twelve days."""
    return authority.issue(*NAMES, days=12, age=78, key="p256")


@pytest.fixture(scope="session")
def new(authority: Authority) -> Issued:
    """Give its renewal."""
    return authority.issue(*NAMES, days=89, age=1, key="p256")


@pytest.fixture
def certs(tmp_path: Path) -> Path:
    """Name the folder where renewed certificates of the lineage `web` are looked for."""
    return tmp_path / "certs" / "web"
