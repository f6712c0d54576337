"""The stock command, run as a user would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
import time
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OTHER_AWS = ("AWS_", "C7N_", "BOTO")
_LOOPBACK = "127.0.0.1,localhost"


@dataclass(frozen=True)
class Run:
    """One finished command: as it was typed, its exit code, the seconds it took, its output."""

    typed: str
    code: int
    seconds: float
    output: str


@dataclass(frozen=True)
class Shell:
    """Runs commands in a directory, with the sandbox as their AWS and nobody else's settings."""

    directory: Path
    environ: Mapping[str, str]

    def run(self, typed: str, heard: Callable[[str], object] = len) -> Run:
        """Run a command line of plain words and braces; `heard` gets each line it writes."""
        words = [word for part in typed.split() for word in expanded(part)]
        began, lines = time.monotonic(), []
        process = subprocess.Popen(  # noqa: S603 (our own words)
            [_executable(words[0]), *words[1:]],
            cwd=self.directory,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process, _killed_on_error(process):
            for line in process.stdout or ():
                lines.append(line)
                heard(line.rstrip())
        return Run(typed, process.returncode, time.monotonic() - began, "".join(lines))

    def _environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(_OTHER_AWS)}
        return {**kept, **apart(), **self.environ}


def apart() -> dict[str, str]:
    """Return the variables that keep a user's AWS configuration and proxy out of the sandbox."""
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    direct = f"{given},{_LOOPBACK}" if given else _LOOPBACK
    return {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }


def expanded(word: str) -> list[str]:
    """Expand braces as a shell does.

    >>> expanded("policies/{a,b}.yml")
    ['policies/a.yml', 'policies/b.yml']
    """
    parts = [part.split(",") for part in re.split(r"[{}]", word)]
    return ["".join(choice) for choice in product(*parts)]


def _executable(name: str) -> str:
    """Prefer the command of this environment over another on the PATH."""
    ours = Path(sysconfig.get_path("scripts"), name)
    return str(ours) if ours.exists() else name


@contextmanager
def _killed_on_error(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        process.kill()
        raise
