"""Fixtures that all tests share: an authority, the sandbox, the stock command."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from forked import commands, serving
from integration.matrix.summary import pytest_terminal_summary as pytest_terminal_summary
from once import work_out_once

from c7n_certrenew.sandbox import Authority, Sandbox

REGIONS = ("us-east-1", "eu-west-1", "eu-central-1")

Custodian = Callable[..., "subprocess.CompletedProcess[str]"]

_PATHS = (str(Path(__file__).with_name("without")), os.environ.get("PYTHONPATH"))
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, _PATHS))


def pytest_configure(config: pytest.Config) -> None:
    """Have commands forked from one process for all workers."""
    stack = ExitStack()
    stack.enter_context(serving())
    config.add_cleanup(stack.close)


def pytest_collection_finish() -> None:
    """Keep the collector from looking through what stays until the end, and from looking often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def _the_same_is_worked_out_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        work_out_once(patch)
        yield


class Sandboxes:
    """Keep one sandbox open at a time, and the same one while its settings are asked for."""

    def __init__(self) -> None:
        self._open: Sandbox | None = None
        self._settings: dict[str, Any] = {}

    def open(self, **settings: Any) -> Sandbox:
        """Return an empty sandbox with these settings."""
        if self._open is None or settings != self._settings:
            self.close()
            self._open, self._settings = Sandbox(**settings).__enter__(), settings
        self._open.reset()
        return self._open

    def close(self) -> None:
        """Close the sandbox that is open, if any."""
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None


@pytest.fixture(scope="session")
def sandboxes() -> Iterator[Sandboxes]:
    """Give sandboxes with other settings than the usual ones."""
    kept = Sandboxes()
    yield kept
    kept.close()


@pytest.fixture
def sandbox(sandboxes: Sandboxes) -> Sandbox:
    """Give an empty, calm sandbox behind a server, with three regions."""
    return sandboxes.open(regions=REGIONS, server=True)


@pytest.fixture(scope="session", params=["in-process", "server"])
def mode(request: pytest.FixtureRequest) -> str:
    """Say how the sandbox of a test is reached."""
    return str(request.param)


@pytest.fixture
def aws(sandboxes: Sandboxes, mode: str) -> Sandbox:
    """Give an empty, calm sandbox, once in this process and once behind a server."""
    return sandboxes.open(regions=REGIONS, server=mode == "server")


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Give an authority that issues certificates for all tests."""
    return Authority()


@pytest.fixture
def custodian(sandbox: Sandbox, tmp_path: Path) -> Custodian:
    """Run the stock command in a directory of its own, with the sandbox as its AWS.

    Where Python is to look for modules elsewhere, it is started anew.
    """

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
        anew = "PYTHONPATH" in variables
        command = Path(sys.executable).parent if anew else commands()
        return subprocess.run(
            [str(command / "custodian"), *arguments],
            env={**inherited, "HOME": str(tmp_path), **sandbox.environ, **variables},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
