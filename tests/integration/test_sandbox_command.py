"""`certrenew sandbox` as a user runs it: stock commands, openssl, renewals in a row."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from forked import commands

from c7n_certrenew.cli import main
from c7n_certrenew.sandbox import Authority
from c7n_certrenew.sandbox.command import AUTHORITY, READY
from c7n_certrenew.sandbox.demo_directory import prepare
from c7n_certrenew.sandbox.demo_world import EXPIRING_IN_USE, LINES, PAY

BIN = Path(sys.executable).parent
RENEW = "policies/renew/iam-certificate-expiring-renew.yml"
POLICY = "iam-certificate-expiring-renew"
SHOP = EXPIRING_IN_USE - {PAY.lineage}


@dataclass
class Lab:
    """A sandbox that runs, what it printed, and a shell that has sourced its variables."""

    process: subprocess.Popen[str]
    directory: Path
    printed: str

    def run(self, command: str, *, code: int = 0) -> str:
        """Run a command line in the sandbox's directory, as a user's shell would."""
        script = f". ../lab.env && PATH={shlex.quote(str(commands()))}:$PATH && {command}"
        run = subprocess.run(
            ["bash", "-c", script], cwd=self.directory, capture_output=True, text=True, timeout=120
        )
        assert run.returncode == code, run.stdout + run.stderr
        return run.stdout

    def renew(self, output: str) -> dict[str, str]:
        """Run the shipped policy with the stock command; return how each lineage ended."""
        self.run(f"custodian run -s {output} {RENEW}")
        record = json.loads((self.directory / output / POLICY / "certrenew.json").read_text())
        lineages = {plan["Arn"]: plan["Lineage"] for plan in record["Plans"]}
        return {lineages[one["Arn"]]: one["State"] for one in record["Outcomes"]}

    def certificates(self) -> set[str]:
        """Name the server certificates in IAM, as its API lists them to a client of its own."""
        lines = (self.directory.parent / "lab.env").read_text()
        set_to = dict(word.split("=", 1) for word in shlex.split(lines) if "=" in word)
        iam = boto3.client(
            "iam",
            region_name=set_to["AWS_DEFAULT_REGION"],
            endpoint_url=set_to["AWS_ENDPOINT_URL"],
            aws_access_key_id=set_to["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=set_to["AWS_SECRET_ACCESS_KEY"],
        )
        listed = iam.list_server_certificates()["ServerCertificateMetadataList"]
        return {one["ServerCertificateName"] for one in listed}

    def served(self, server_name: str) -> list[str]:
        """Return the SHA-256 of what every listener serves for a name, each seen as it printed."""
        shown = rf"^ +(openssl s_client -connect \S+ -servername {re.escape(server_name)}) "
        look = self.by_openssl if shutil.which("openssl") else self.by_ssl
        return [look(command) for command in re.findall(shown, self.printed, re.MULTILINE)]

    def by_openssl(self, command: str) -> str:
        """Run the printed command, checking the chain."""
        seen = self.run(f"{command} -CAfile ca.pem -verify_return_error </dev/null 2>/dev/null")
        leaf = x509.load_pem_x509_certificate(seen.encode())
        return leaf.fingerprint(hashes.SHA256()).hex()

    def by_ssl(self, command: str) -> str:
        """Do what the printed command does where there is no openssl."""
        *_, address, _, name = command.split()
        context = ssl.create_default_context(cafile=str(self.directory / "ca.pem"))
        host, port = address.split(":")
        with (
            socket.create_connection((host, int(port)), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as tls,
        ):
            return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()

    def waiting(self, lineage: str) -> str:
        """Return the SHA-256 of the certificate that waits in certs/."""
        pem = (self.directory / "certs" / lineage / "cert.pem").read_bytes()
        return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()


@contextmanager
def running(directory: Path, *options: str, where: Path = BIN) -> Iterator[Lab]:
    """Start a sandbox and wait until it says that it is ready."""
    process = subprocess.Popen(
        [where / "certrenew", "sandbox", "--directory", "lab", "--env-file", "lab.env", *options],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Lab(process, directory / "lab", _until_ready(process))
        finally:
            process.terminate()


def _until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(READY):
            return "".join(lines)
    raise AssertionError(process.stderr.read() if process.stderr else "")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Give a sandbox with a short delay."""
    directory = tmp_path_factory.mktemp("sandbox")
    with running(directory, "--propagation", "0.5", where=commands()) as lab:
        yield lab


@pytest.mark.xdist_group("lab")
def test_renewals_in_a_row_with_the_same_policy(lab: Lab) -> None:
    """openssl shows the newest each time; what was renewed waits; names do not grow."""
    old, at_first = lab.served("shop.example.com"), lab.certificates()
    new = lab.waiting("shop-example-com")
    assert len(old) == 3
    assert new not in old
    lab.run("certrenew sandbox issue api-example-com --days 15 --directory .")
    assert lab.renew("first") == dict.fromkeys(SHOP, "RENEWED")
    assert lab.served("shop.example.com") == [new] * 3
    assert lab.served("api.example.com") == [lab.waiting("api-example-com")]
    held = lab.certificates()
    again = ["issue", "api-example-com", "--days", "25", "--directory", str(lab.directory)]
    assert main(["sandbox", *again]) == 0
    waiting = dict.fromkeys(SHOP, "WAITING")
    assert lab.renew("second") == {**waiting, "api-example-com": "RENEWED"}
    assert lab.served("shop.example.com") == [new] * 3
    assert lab.served("api.example.com") == [lab.waiting("api-example-com")]
    [last] = lab.certificates() - held
    added = {name for name in held - at_first if name.startswith("api")} | {last}
    assert len(added) == 2
    assert all(re.fullmatch(r"api-example-com-\d{8}-[0-9a-f]{8}", name) for name in added)


@pytest.mark.xdist_group("lab")
def test_what_is_printed_can_be_sourced(lab: Lab) -> None:
    """The exports on the screen are those in the file, quoted for a shell."""
    written = (lab.directory.parent / "lab.env").read_text()
    assert written in lab.printed
    resolved = lab.run('printf %s "$CERTRENEW_RESOLVE"')
    assert resolved.count(" ") > 1
    assert f"export CERTRENEW_RESOLVE='{resolved}'\n" in written
    assert lab.run("certrenew custodian validate " + RENEW) == ""


def assert_ends_cleanly(lab: Lab, number: signal.Signals) -> None:
    """Hold that a signal ends it with 0 and without a traceback."""
    lab.process.send_signal(number)
    output, errors = lab.process.communicate(timeout=60)
    assert (lab.process.returncode, output, errors) == (0, "The sandbox has ended.\n", "")


@pytest.mark.xdist_group("lab")
def test_a_signal_ends_the_sandbox_cleanly(lab: Lab) -> None:
    """What a service manager sends ends it as Ctrl-C does: the last of what the lab shows."""
    assert_ends_cleanly(lab, signal.SIGTERM)


def test_the_port_is_the_users(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is taken as given until Ctrl-C; a port that is taken is one line and exit code 1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
        probe.listen()
        options = ["sandbox", "--directory", str(tmp_path / "other"), "--port", port]
        assert main(options) == 1
    assert f"Error: port {port} of 127.0.0.1: " in capsys.readouterr().err
    with running(tmp_path, "--port", port) as lab:
        assert f"export AWS_ENDPOINT_URL=http://127.0.0.1:{port}\n" in lab.printed
        assert_ends_cleanly(lab, signal.SIGINT)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The directory of a sandbox that ran once."""
    prepare(tmp_path / "lab", wiped=False)
    Authority("Kept").write(tmp_path / "lab" / AUTHORITY)
    return tmp_path / "lab"


Issue = Callable[..., x509.Certificate]


@pytest.fixture
def issue(kept: Path) -> Issue:
    """Issue a certificate of a lineage and return what was written."""

    def issued(lineage: str, days: int = 20) -> x509.Certificate:
        given = ["issue", lineage, "--days", str(days), "--directory", str(kept)]
        assert main(["sandbox", *given]) == 0
        return x509.load_pem_x509_certificate((kept / "certs" / lineage / "cert.pem").read_bytes())

    return issued


def names(leaf: x509.Certificate) -> list[str]:
    """Return the DNS names of a certificate."""
    extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def test_issue_takes_names_of_the_world_where_no_file_is(issue: Issue) -> None:
    """Every lineage of the sandbox can be issued anew, with its key type."""
    for line in LINES:
        assert names(issue(line.lineage)) == list(line.names)


def test_issue_takes_names_and_key_of_the_file_that_is_there(issue: Issue, kept: Path) -> None:
    """A user's own lineage is renewed as it is."""
    own = Authority().issue("a.example.org", "b.example.org", key="p384")
    own.write(kept / "certs" / "own")
    leaf = issue("own", days=3)
    assert names(leaf) == ["a.example.org", "b.example.org"]
    assert leaf.public_key().key_size == 384  # type: ignore[union-attr]
    assert leaf.fingerprint(hashes.SHA256()).hex() != own.fingerprint


def test_issue_signs_with_the_authority_of_the_sandbox(issue: Issue, kept: Path) -> None:
    """The chain ends at the root that the sandbox's clients trust."""
    leaf = issue("shop-example-com")
    intermediate = Authority.read(kept / AUTHORITY).intermediate
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(intermediate.encode()))
    assert (kept / AUTHORITY).stat().st_mode & 0o777 == 0o600
    assert (kept / "certs/shop-example-com/key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lineage", ["shop", "../lab", "..", ""])
def test_an_unknown_lineage_is_refused(
    kept: Path, lineage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line names those there are, and nothing is written."""
    before = sorted(kept.rglob("*"))
    assert main(["sandbox", "--directory", str(kept), "issue", lineage]) == 1
    assert "there are shop-example-com, " in capsys.readouterr().err
    assert sorted(kept.rglob("*")) == before


def test_issue_without_a_sandbox_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says how to name its directory."""
    assert main(["sandbox", "--directory", str(tmp_path), "issue", "shop-example-com"]) == 1
    assert "is not the directory of a sandbox" in capsys.readouterr().err
