"""c7n-org runs every account and region in a process of its own: each knows the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from integration.install.conftest import OPTED_OUT, Done, Installation, matched

pytestmark = pytest.mark.xdist_group("wheel")

START = """
import multiprocessing
import os

multiprocessing.set_start_method(os.environ["START_METHOD"])
"""
"""Imported at start-up. A second call would raise: nothing after it can choose another method."""


def run(installed: Installation, *command: str, environ: Mapping[str, str]) -> Done:
    """Run the policy with c7n-org in one account and region, by one worker."""
    options = ["--config", "accounts.yml", "--output-dir", "out", "--use", "own.yml"]
    once = ["--region", "us-east-1", "--cache-period", "0"]
    few = {"C7N_ORG_PARALLEL": "1"}
    return installed.run(*command, "run", *options, *once, environ={**environ, **few})


@pytest.mark.parametrize(
    ("command", "switch", "method"),
    [
        (["c7n-org"], {}, "fork"),
        (["c7n-org"], {}, "forkserver"),
        (["certrenew", "c7n-org"], OPTED_OUT, "spawn"),
    ],
    ids=str,
)
def test_workers_find_it(
    installed: Installation,
    shop: Mapping[str, str],
    command: list[str],
    switch: Mapping[str, str],
    method: str,
) -> None:
    """However they are started, stock c7n-org and the explicit way find the same."""
    (installed.work / "sitecustomize.py").write_text(START)
    started = {"PYTHONPATH": str(installed.work), "START_METHOD": method}
    done = run(installed, *command, environ={**shop, **switch, **started})
    assert done.returncode == 0, done.stderr
    assert "sitecustomize" not in done.stderr
    assert matched(installed.work / "out") == ["shop"]


def test_without_either_way_it_finds_nothing(
    installed: Installation, shop: Mapping[str, str]
) -> None:
    """Stock c7n-org drops policies it cannot load and succeeds: why the explicit way matters."""
    done = run(installed, "c7n-org", environ={**shop, **OPTED_OUT})
    assert done.returncode == 0
    assert not list((installed.work / "out").rglob("resources.json"))
