"""Measurements beside the runs: what is unread, a second scan, rebinding, the start-up hook."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from . import measure, reading
from .candidates import BIN, CANDIDATES, PEERS, STOCK, custodian
from .simulated import SimulatedAws
from .worlds import world

PAIRS = 15


@dataclass(frozen=True)
class Blind:
    """A region that could not be read: the scopes named as unread, and the audit's exit code."""

    denied: str
    named: tuple[str, ...]
    exit_code: int


@dataclass(frozen=True)
class Scans:
    """The calls of two scans in one process, and the bindings that each found."""

    calls: tuple[int, int]
    bindings: tuple[int, int]


@dataclass(frozen=True)
class Rebinding:
    """One certificate replaced on many load balancers under the throttle.

    `seconds` from the first to the last change, `wall` of the whole run; `writes` in the fullest
    region of an API.
    """

    writes: int
    seconds: float
    wall: float
    calls: int
    refused: int
    exit_code: int


@dataclass(frozen=True)
class Hook:
    """What the plugin adds, in milliseconds of CPU (it waits for nothing), medians of pairs.

    To `custodian version`, which takes `base` without it; to validating a policy on another
    resource, which loads it; to any start of Python.
    """

    base: float
    version: float
    other: float
    start: float


def blind(aws: SimulatedAws) -> Blind:
    """Refuse to list the load balancers of one region where nothing is due, and audit."""
    aws.open("calm")
    region = world("calm").regions[-1]
    aws.deny(region)
    with _directory() as directory:
        measure.run(CANDIDATES["ours"].command, directory, aws.environ)
        named = sorted(f"{service} {where}" for service, where in reading.unread(directory))
        audit = measure.run((BIN / "certrenew", "audit"), directory, aws.environ)
    return Blind(region, tuple(named), audit.exit_code)


def scan_twice(aws: SimulatedAws) -> Scans:
    """Read the inventory of the medium world twice in one process."""
    aws.open("medium")
    process = subprocess.Popen(
        [sys.executable, PEERS / "scan_twice.py"],
        env={"PATH": os.environ["PATH"], **aws.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first, calls = process.stdout.readline(), aws.count().calls
    second, _ = process.communicate("\n")
    return Scans((calls, aws.count().calls - calls), (int(first), int(second)))


def rebind(aws: SimulatedAws) -> Rebinding:
    """Renew the one certificate of the world `renewal` under the throttle."""
    aws.open("renewal", throttled=True)
    with _directory() as directory:
        aws.renewed(directory / "certs" / "www")
        usage = measure.run(custodian(PEERS / "renew.yml"), directory, aws.environ)
    seen = aws.count()
    return Rebinding(
        seen.writes, seen.writing, usage.wall, seen.calls, seen.throttled, usage.exit_code
    )


def hook() -> Hook:
    """Compare commands that have nothing to do with certificates, alternating."""
    base, version = _pairs(BIN / "custodian", "version")
    _, other = _pairs(BIN / "custodian", "validate", PEERS / "other.yml")
    return Hook(base, version, other, _start())


def _pairs(*command: str | Path) -> tuple[float, float]:
    """Return the milliseconds of a command without the plugin, and what it adds."""
    with _directory() as directory:
        pairs = [
            (measure.run(command, directory, STOCK).cpu, measure.run(command, directory, {}).cpu)
            for _ in range(PAIRS)
        ]
    base = median(without for without, _ in pairs)
    return base * 1000, median(with_it - without for without, with_it in pairs) * 1000


def _start() -> float:
    """Return the milliseconds of the .pth file's line in a Python that has just started."""
    spec = find_spec("c7n_certrenew")
    assert spec is not None
    assert spec.origin is not None
    line = (
        "import os, sys, time; sys.path.append(sys.argv[1]); begun = time.process_time();"
        "import c7n_certrenew._autoload; c7n_certrenew._autoload.autoload();"
        "print((time.process_time() - begun) * 1000)"
    )
    command = (sys.executable, "-S", "-c", line, Path(spec.origin).parents[1])
    with _directory() as directory:
        took = []
        for _ in range(PAIRS):
            measure.run(command, directory, {})
            took.append(float((directory / "stdout").read_text()))
    return median(took)


@contextmanager
def _directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)
