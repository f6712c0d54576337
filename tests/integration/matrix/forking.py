"""Processes that run a policy and can be killed: forked from one that has everything loaded.

`python -m integration.matrix.forking` is that one. For each line on its standard input, the JSON
of an order, it prints the process id of a run, and then how it ended: the exit code, or the
signal as a negative number.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from c7n import cli
from integration import conftest
from integration.conftest import Ran, read_run, renewing
from integration.matrix.living import live_at
from once import work_out_once

from c7n_certrenew.aws.inventory import forget_everything
from c7n_certrenew.sandbox.clock import Clock

_PATIENCE = 60.0


class Forker:
    """Starts runs of the matrix's policy in processes of their own."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self._directory = directory
        self._pids: queue.Queue[int] = queue.Queue()
        paths = [str(Path(__file__).parents[2]), *os.environ.get("PYTHONPATH", "").split(":")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "integration.matrix.forking"],
            env={**os.environ, **environ, "PYTHONPATH": ":".join(filter(None, paths))},
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, out: str, ahead: float) -> Ran | None:
        """Run the policy, this many seconds ahead of the wall's clock; None if it was killed."""
        self._pids = queue.Queue()
        self._order(out=out, ahead=ahead)
        self._pids.put(self._answer())
        returncode = self._answer()
        if returncode == -signal.SIGKILL:
            return None
        text = (self._directory / f"{out}.log").read_text("utf-8")
        return read_run(self._directory / out / "renew", returncode, text)

    def kill(self) -> None:
        """Kill the run that is under way."""
        os.kill(self._pids.get(timeout=_PATIENCE), signal.SIGKILL)

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=_PATIENCE)

    def _order(self, **order: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def main() -> None:
    """Carry out orders: the first in this process, so that all is loaded, the others in forks."""
    Path("policy.json").write_text(json.dumps({"policies": [renewing(verify="api")]}))
    patch = pytest.MonkeyPatch()
    patch.setattr(boto3.Session, "client", conftest._kept_client)
    patch.setattr(cli, "setproctitle", lambda title: None)
    work_out_once(patch)
    print(os.getpid(), _run(**json.loads(sys.stdin.readline())), sep="\n", flush=True)
    gc.freeze()  # what is shared is not copied for being looked through
    for line in sys.stdin:
        for client in conftest._clients.values():
            client.close()  # a socket that two processes share answers neither
        pid = os.fork()
        if not pid:
            forget_everything()
            os._exit(_run(**json.loads(line), patch=patch))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _run(out: str, ahead: float, patch: pytest.MonkeyPatch | None = None) -> int:
    clock = Clock()
    clock.advance(ahead)
    if patch:
        live_at(clock, patch)
    command = ["run", "--cache-period", "0", "-s", out, "policy.json"]
    returncode, text = conftest._main(command)
    Path(f"{out}.log").write_text(text, encoding="utf-8")
    return returncode


if __name__ == "__main__":
    main()
