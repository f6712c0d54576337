"""Run one process and say what it took."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 3600.0
"""Seconds after which a process is killed."""


@dataclass(frozen=True)
class Usage:
    """Wall and CPU in seconds, the largest process's peak of resident memory in MB (10^6)."""

    wall: float
    cpu: float
    memory: float
    exit_code: int


def run(
    command: Sequence[str | Path],
    directory: Path,
    environ: Mapping[str, str],
    output: str = "stdout",
) -> Usage:
    """Run a command in a directory, its output in files there; return what it took with its own.

    It inherits PATH alone; HOME is the directory, so that no cache is found. Linux counts the
    memory of the process that starts another one to the other: keep this one small.
    """
    variables = {"PATH": os.environ["PATH"], "HOME": str(directory), **environ}
    with (directory / output).open("wb") as out, (directory / "stderr").open("wb") as err:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], cwd=directory, env=variables, stdout=out, stderr=err
        )
        limit = threading.Timer(TIMEOUT, process.kill)
        limit.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        limit.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Usage(wall, cpu, usage.ru_maxrss * 1024 / 1e6, process.returncode)
