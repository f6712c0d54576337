"""The tutorial, carried out: each command ends as it says and prints what is shown."""

from __future__ import annotations

import contextlib
import html
import io
import logging
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from c7n import cli as stock
from c7n.utils import reset_session_cache
from integration.conftest import _kept_client, _main

from c7n_certrenew.aws.inventory import forget_everything
from c7n_certrenew.cli import main
from c7n_certrenew.renewal import verification
from c7n_certrenew.sandbox import Authority, Sandbox
from c7n_certrenew.sandbox.command import AUTHORITY
from c7n_certrenew.sandbox.demo_directory import prepare, write_renewed
from c7n_certrenew.sandbox.demo_world import REGIONS, build

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "tutorial/first-audit-and-renewal.md").read_text("utf-8")
STEP = re.compile(r"^\$ ([^\n]+)\n((?:(?!\$ )[^\n]*\n)*)", re.MULTILINE)
VARIES = {
    r"\d{8}-[0-9a-f]{8}": "EXPIRY-SHA",
    r"[0-9a-f]{8}(?= until)": "SHA",
    r"\d{4}-\d\d-\d\d": "DATE",
    r"\d\d:\d\d(?= UTC)": "TIME",
    r"(?<=notAfter=).*": "END",
}


def steps() -> Iterator[tuple[str, str]]:
    """Yield each command of the page's consoles with what it shows of its output."""
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        yield from STEP.findall(block)


def pattern(shown: str) -> str:
    """Return what an output must match: `…` stands for anything, dates and fingerprints vary."""
    return ".*".join(re.escape(part) for part in calm(shown).split("…"))


def calm(text: str) -> str:
    """Return a text without what is of its day."""
    for varying, word in VARIES.items():
        text = re.sub(varying, word, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


@pytest.fixture
def lab(sandboxes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Give what `certrenew sandbox` starts with, in this process and this directory."""
    sandbox: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    authority = Authority("Sandbox")
    prepare(tmp_path, wiped=False)
    authority.write(tmp_path / AUTHORITY)
    write_renewed(tmp_path, authority, days=lambda line: line.days + 4)
    build(sandbox, authority)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(boto3.Session, "client", _kept_client)
    monkeypatch.setattr(stock, "setproctitle", lambda title: None)
    monkeypatch.setattr(verification, "_REFUSED_SECONDS", 0.3)
    for name, value in sandbox.environ.items():
        monkeypatch.setenv(name, value)
    return sandbox


def run(command: str, assigned: list[str]) -> tuple[int, str]:
    """Run a line as a shell would: our own commands in this process, all else in bash."""
    name, *words = shlex.split(command)
    if name in ("certrenew", "custodian"):
        reset_session_cache()
        forget_everything()
    if name == "custodian":
        return _main(words)
    if name == "certrenew":
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            return main(words), shown.getvalue()
    if "=" in name:
        assigned.append(command)
    script = "\n".join(dict.fromkeys([*assigned, command]))
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=os.environ)
    return done.returncode, done.stdout


def test_every_step(lab: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """One after the other, in the directory of the sandbox, with the codes that the page names."""
    caplog.set_level(logging.INFO, "custodian")
    assigned, ends = list[str](), list[str]()
    told = list(steps())
    assert len(told) > 10
    for command, shown in told:
        code, printed = run(command, assigned)
        assert code == (2 if command == "certrenew audit" else 0), printed
        ends += re.findall("notAfter=.*", printed)
        if shown:
            assert re.fullmatch(pattern(shown), calm(printed), re.DOTALL), printed
    assert len(set(ends)) == 2, "the listener serves another certificate after the renewal"


def test_picture_of_the_audit() -> None:
    """What the README shows is what the first step prints, as it is carried out above."""
    picture = (DOCS / "images/audit.svg").read_text("utf-8")
    drawn = re.findall(r"<text [^>]*>([^<]*)</text>", picture)
    seen = html.unescape(" ".join(drawn)).replace("\xa0", " ")
    command, shown = next(steps())
    words = calm(shown.replace("…", "").replace("─", "")).split()
    assert f"$ {command}" in seen
    assert [word for word in words if word not in calm(seen).split()] == []
