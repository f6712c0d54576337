"""`certrenew demo` as a user runs it, and what it takes for a success."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from forked import commands

from c7n_certrenew.cli import main
from c7n_certrenew.sandbox.clients import Client, Served
from c7n_certrenew.sandbox.demo_commands import Run, Shell, expanded
from c7n_certrenew.sandbox.demo_directory import MARKER, prepare
from c7n_certrenew.sandbox.demo_outcomes import End
from c7n_certrenew.sandbox.demo_verdict import Evidence, unmet
from c7n_certrenew.sandbox.demo_world import (
    BLOG,
    EXPIRING_IN_USE,
    HALF_WAY,
    HELD_BACK,
    LINES,
    SHOP_LINES,
    Front,
    Line,
)

pytestmark = pytest.mark.xdist_group("demo")

COMMAND = Path(sys.executable).with_name("certrenew")
REGION_AND_POLICY = "us-east-1/iam-certificate-expiring-renew"
LOGGED = re.compile(r"\d\d:\d\d:\d\d ")
LATER = dt.datetime(2030, 1, 1, tzinfo=dt.timezone.utc)


def start(directory: Path, command: Path = COMMAND) -> subprocess.Popen[str]:
    """Start the demonstration in a directory, its output piped."""
    return subprocess.Popen(
        [command, "demo"],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_ctrl_c,
    )


def _heed_ctrl_c() -> None:
    """Have Ctrl-C heard also where the tests run in the background of a shell."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int, str, str]:
    """What a whole demonstration leaves behind: directory, exit code, output, errors."""
    directory = tmp_path_factory.mktemp("demo")
    process = start(directory, commands() / "certrenew")
    output, errors = process.communicate(timeout=240)
    return directory / "certrenew-demo", process.returncode, output, errors


def test_the_demo_succeeds_without_a_failed_connection(
    shown: tuple[Path, int, str, str],
) -> None:
    """It ends with 0 and counts connections, none of which failed."""
    _, code, output, errors = shown
    assert (code, errors) == (0, ""), output
    made, failed = re.search(r"TLS connections: ([\d,]+) made, (\d+) failed", output).groups()
    assert int(made.replace(",", "")) > 100
    assert failed == "0"
    assert re.findall(r"^exit code (\d)", output, re.MULTILINE) == ["1", "1", "1", "1"]
    assert output.count("Access denied api:AssumeRole") == 4
    assert "Not looked at: legacy." in output


def test_the_demo_is_run_by_one_worker(request: pytest.FixtureRequest) -> None:
    """What is slow to set up is set up once: groups hold (they do not with pytest 9.2)."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@demo") == grouped


def test_the_demo_is_plain_text_when_it_is_piped(
    shown: tuple[Path, int, str, str],
) -> None:
    """No escape codes, no cut or wrapped tables, no blanks at the ends of lines."""
    output = shown[2]
    assert "\x1b" not in output
    assert "\r" not in output
    assert "…" not in output
    lines = output.splitlines()
    assert max(len(line) for line in lines if not LOGGED.match(line)) <= 120
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_demo_shows_before_and_after(shown: tuple[Path, int, str, str]) -> None:
    """A renewed listener shows two certificates, the second with the name in IAM."""
    output = shown[2]
    before, after = re.search(
        r"CLB legacy:8443 +shop\.example\.com +(\w{8}) \S+ +(\w{8}) ", output
    ).groups()
    assert before != after
    assert re.search(rf"shop-example-com +shop-example-com-\d{{8}}-{after} ", output)
    assert re.search(r"NLB edge:443 +blog\.example\.com .* unchanged ", output)


def test_a_renewal_that_ends_half_way_keeps_what_is_finished(
    shown: tuple[Path, int, str, str],
) -> None:
    """A denied listener keeps the old certificate, the others the new; the next run completes."""
    first, again = (outcomes(shown[0] / out / "payments") for out in ("renew", "again"))
    assert first == {
        "pay-example-com": ("INCOMPLETE", ["VERIFIED", "VERIFIED", "FAILED"]),
    }
    assert [state for state, _ in again.values()] == ["RENEWED"]
    assert re.search(r"ALB checkout:443 +pay\.example\.com .* \w{8} \S+ +\d+ +0\n", shown[2])
    assert re.search(r"NLB terminals:443 +pay\.example\.com .* unchanged ", shown[2])


def outcomes(account: Path) -> dict[str, tuple[str, list[str]]]:
    """Return how each certificate of an account and its bindings ended."""
    record = json.loads((account / REGION_AND_POLICY / "certrenew.json").read_text())
    return {
        o["ServerCertificateName"]: (o["State"], [b["State"] for b in o["Bindings"]])
        for o in record["Outcomes"]
    }


def test_the_demo_leaves_its_outputs(shown: tuple[Path, int, str, str]) -> None:
    """Policies, certificates, resources and the record are there to be read."""
    directory = shown[0]
    assert (directory / "policies/renew/iam-certificate-expiring-renew.yml").is_file()
    assert (directory / "certs/shop-example-com/cert.pem").is_file()
    renewed = {name: state for name, (state, _) in outcomes(directory / "renew/shop").items()}
    in_shop = EXPIRING_IN_USE - {HALF_WAY.lineage}
    assert renewed == dict.fromkeys(in_shop, "RENEWED")
    audit = directory / "audit/shop/us-east-1/iam-certificate-inventory/resources.json"
    names = {found["ServerCertificateName"] for found in json.loads(audit.read_text())}
    assert names == {line.lineage for line in SHOP_LINES}
    seen = {path.parts[-4] for path in (directory / "audit").rglob("resources.json")}
    assert seen == {"shop", "payments"}


def test_the_messy_files_are_messy(shown: tuple[Path, int, str, str]) -> None:
    """One lineage's files have CRLF lines and the root before the intermediate."""
    chain = (shown[0] / "certs/shop-example-com/chain.pem").read_bytes()
    assert chain.count(b"BEGIN CERTIFICATE") == 2
    assert chain.count(b"\r\n") == chain.count(b"\n")


def test_ctrl_c_ends_the_demo_cleanly(tmp_path: Path) -> None:
    """One word, no traceback, exit code 1."""
    process = start(tmp_path)
    assert process.stdout
    for line in process.stdout:
        if line.startswith("$ c7n-org"):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=240)
    assert process.returncode == 1
    assert errors.strip() == "Aborted."


def test_a_directory_of_someone_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says so and nothing in it is touched."""
    (tmp_path / "certrenew-demo").mkdir()
    (tmp_path / "certrenew-demo" / "thesis.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 1
    assert capsys.readouterr() == (
        "",
        "Error: certrenew-demo is not empty and not of a former run: "
        "name another with --directory\n",
    )
    assert (tmp_path / "certrenew-demo" / "thesis.txt").read_text() == "mine"


def test_a_former_directory_is_emptied_or_kept(tmp_path: Path) -> None:
    """The demonstration starts afresh; the sandbox keeps what its user put there."""
    prepare(tmp_path, wiped=True)
    (tmp_path / "out").mkdir()
    policy = tmp_path / "policies/renew/iam-certificate-expiring-renew.yml"
    policy.write_text("edited")
    prepare(tmp_path, wiped=False)
    assert (tmp_path / "out").is_dir()
    assert policy.read_text() == "edited"
    prepare(tmp_path, wiped=True)
    assert not (tmp_path / "out").exists()
    assert policy.read_text() != "edited"


def test_a_link_in_a_former_directory_is_not_followed(tmp_path: Path) -> None:
    """What a link points to is not emptied."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").touch()
    prepare(tmp_path / "demo", wiped=True)
    (tmp_path / "demo" / "link").symlink_to(elsewhere)
    prepare(tmp_path / "demo", wiped=True)
    assert (elsewhere / "kept").exists()
    assert (tmp_path / "demo" / MARKER).exists()


def front(line: Line, address: tuple[str, int] = ("127.0.0.1", 1)) -> Front:
    """One listener of a lineage."""
    return Front(line, "ALB", "us-east-1", line.lineage, 443, "default", line.names[0], address)


def client(line: Line, *fingerprints: str) -> Client:
    """A client that was served certificates of these fingerprints."""
    seen = [Served(fingerprint, LATER) for fingerprint in fingerprints]
    return Client(front(line), ssl.create_default_context(), made=9, served=seen)


@pytest.fixture
def good() -> Evidence:
    """A demonstration that went as promised."""
    renewed = {line.lineage: f"new of {line.lineage}" for line in LINES if line.renewed}
    clients = [
        client(line, "old", renewed[line.lineage]) if line.renewed else client(line, "old")
        for line in LINES[:4]
    ]
    return Evidence(
        runs=[RUN],
        clients=clients,
        found=EXPIRING_IN_USE,
        renewed=renewed,
        changed_early=(),
        first=(end("RENEWED", "shop-example-com"), HALF),
        again=(end("RENEWED", HALF_WAY.lineage, (HELD_BACK, "VERIFIED")),),
        changed_again=("ModifyListener",),
    )


RUN = Run("c7n-org run", 1, 1.0, "Access denied api:AssumeRole account:legacy")


def end(state: str, lineage: str, *bindings: tuple[str, str]) -> End:
    """Return how a certificate ended, and its bindings by load balancer."""
    shapes = tuple({"LoadBalancerName": name, "State": ended} for name, ended in bindings)
    return End("payments", lineage, state, shapes)


HALF = end("INCOMPLETE", HALF_WAY.lineage, ("checkout", "VERIFIED"), (HELD_BACK, "FAILED"))


def test_a_demo_as_promised_has_nothing_unmet(good: Evidence) -> None:
    """The base of the cases below is a success."""
    assert unmet(good) == ()


def failed(evidence: Evidence) -> Evidence:
    """One connection failed."""
    evidence.clients[0].failures.append("shop: refused")
    return evidence


def never_connected(evidence: Evidence) -> Evidence:
    """One client never made a connection."""
    evidence.clients[0].made = 0
    return evidence


def not_renewed(evidence: Evidence) -> Evidence:
    """One listener still serves the old certificate."""
    evidence.clients[0].served.pop()
    return evidence


def third_certificate(evidence: Evidence) -> Evidence:
    """One listener served something else on the way."""
    evidence.clients[0].served.insert(1, Served("other", LATER))
    return evidence


def touched(evidence: Evidence) -> Evidence:
    """A healthy listener was changed."""
    healthy = next(one for one in evidence.clients if one.front.line == BLOG)
    healthy.served.append(Served("other", LATER))
    return evidence


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (failed, "1 connections failed, the first: shop: refused"),
        (never_connected, "no connection was made"),
        (not_renewed, "does not serve the renewed certificate"),
        (third_certificate, "served 3 certificates, not the old and the new"),
        (touched, "should have been left alone"),
        (lambda e: replace(e, runs=[replace(RUN, code=0)]), "exit code 0, not 1"),
        (lambda e: replace(e, runs=[replace(RUN, output="")]), "does not say that legacy"),
        (lambda e: replace(e, found=frozenset()), "it found nothing"),
        (lambda e: replace(e, first=(end("REFUSED", "shop-example-com"),)), "it is REFUSED"),
        (lambda e: replace(e, first=(replace(HALF, bindings=()),)), "ended otherwise"),
        (lambda e: replace(e, again=()), "renew what was incomplete and nothing else"),
        (
            lambda e: replace(e, changed_again=("UploadServerCertificate", "ModifyListener")),
            "uploaded a certificate again",
        ),
        (lambda e: replace(e, changed_early=("ModifyListener",)), "dry run changed something"),
        (lambda e: replace(e, changed_again=()), "should change one listener"),
    ],
)
def test_each_broken_promise_is_said(
    good: Evidence, case: Callable[[Evidence], Evidence], said: str
) -> None:
    """One change of a success makes one line, and so the exit code 1."""
    line, *_ = unmet(case(good))
    assert said in line


def test_a_client_counts_what_fails() -> None:
    """Nobody listens there: no connection is made, and the failure has the listener's name."""
    one = Client(front(BLOG), ssl.create_default_context())
    one.connect()
    assert (one.made, one.served) == (0, [])
    assert one.failures[0].startswith("us-east-1 ALB blog-example-com:443: ")


def test_braces_are_expanded_as_a_shell_does() -> None:
    """What is printed can be typed."""
    typed = "policies/{detect,renew}/x-{1,2}.yml"
    shell = subprocess.run(["bash", "-c", f"echo {typed}"], capture_output=True, text=True)
    assert expanded(typed) == shell.stdout.split()


def test_a_command_of_the_demo_sees_no_aws_settings_of_its_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles, endpoints and opt-outs of the user's shell stay outside."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL_IAM", "C7N_CERTRENEW_AUTOLOAD"):
        monkeypatch.setenv(name, "0")
    run = Shell(tmp_path, {"AWS_REGION": "us-east-1"}).run("env")
    names = {line.partition("=")[0] for line in run.output.splitlines()}
    assert {name for name in names if name.startswith(("AWS", "C7N"))} == {
        "AWS_REGION",
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
    }
    assert os.environ["AWS_PROFILE"] == "0"
