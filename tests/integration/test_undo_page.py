"""The commands of `docs/how-to/undo-a-renewal.md`, carried out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.conftest import NAMES, Engine, renewing

from c7n_certrenew.cli import main
from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

PAGE = Path(__file__).parents[2] / "docs/how-to/undo-a-renewal.md"
REGION = "us-east-1"


def block(language: str, number: int = 0) -> str:
    """Return a code block of the page."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return str(found[number])


@pytest.fixture(scope="module")
def first(authority: Authority) -> Issued:
    """Give what is served before the renewal."""
    return authority.issue(*NAMES, days=29, age=60, key="p256")


def test_undo_a_renewal(
    near: Sandbox,
    engine: Engine,
    first: Issued,
    new: Issued,
    certs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first block puts back what was served; the policy of the page does by name."""
    web = near.upload("web", first)
    near.application(REGION, "shop", Listener(443, "HTTPS", web))
    new.write(certs)
    name = generated_name("web", new.not_after, new.fingerprint)
    assert engine(renewing()).returncode == 0

    _, made, planned, carried_out = block("console").splitlines()
    assert planned == "$ custodian run --dryrun -s plan undo.yml && certrenew plan plan"
    assert carried_out == "$ custodian run -s undo undo.yml"
    line = made.removeprefix("$ ").replace("NEW", name)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    subprocess.run(line, shell=True, cwd=tmp_path, check=True, env={"PATH": path})
    [undo] = yaml.safe_load((tmp_path / "undo.yml").read_text())["policies"]
    assert engine(undo, arguments=("--dryrun",), out="plan").returncode == 0
    capsys.readouterr()
    assert main(["plan", "plan"]) == 0
    assert re.search(rf"{name}: ready\n.*replaced by +web", capsys.readouterr().out, re.DOTALL)
    ran = engine(undo, out="undo")
    assert (ran.returncode, near.bound("shop", REGION, 443)[0]) == (0, web), ran.text

    assert engine(renewing(retry=True)).returncode == 0
    assert near.bound("shop", REGION, 443)[0] != web
    text = block("yaml").replace("shop-20270221-6c52e3c2", name)
    named: Any
    [named] = yaml.safe_load(text.replace("shop-20261206-b901a20f", "web"))["policies"]
    ran = engine(named)
    assert (ran.returncode, near.bound("shop", REGION, 443)[0]) == (0, web), ran.text
