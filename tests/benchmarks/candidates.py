"""What is compared: our policies, and what a user would pick instead."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import reading
from .worlds import Binding

_HERE = Path(__file__).parent
PEERS = _HERE / "peers"
_POLICIES = _HERE.parents[1] / "policies" / "detect"
_AWS_CLI = _HERE.parents[1] / ".cache" / "benchmark" / "aws-cli"
BIN = Path(sys.executable).parent
STOCK = {"C7N_CERTRENEW_AUTOLOAD": "0"}
"""The variable that makes Custodian what it is without this plugin."""


def custodian(*arguments: str | Path) -> tuple[str | Path, ...]:
    """Return a command of the stock program, with its output in `out`."""
    return (BIN / "custodian", "run", "--output-dir", "out", *arguments)


@dataclass(frozen=True)
class Candidate:
    """Name a command, and say how to read what it found."""

    title: str
    command: tuple[str | Path, ...]
    found: Callable[[Path], Iterator[Binding]]
    environ: Mapping[str, str] = field(default_factory=dict)


CANDIDATES = {
    "ours": Candidate(
        "iam-certificate-inventory of this rule pack",
        custodian(_POLICIES / "iam-certificate-inventory.yml"),
        reading.annotated,
    ),
    "in-use": Candidate(
        "iam-certificate-expiring-in-use of this rule pack",
        custodian(_POLICIES / "iam-certificate-expiring-in-use.yml"),
        reading.annotated,
    ),
    "start": Candidate(
        "stock Custodian, one policy on the certificates alone",
        custodian(PEERS / "start.yml"),
        reading.nothing,
        STOCK,
    ),
    "aws-cli": Candidate(
        "the published procedure with the AWS CLI",
        (PEERS / "published_procedure.sh",),
        reading.printed,
        {"PATH": f"{_AWS_CLI / 'bin'}:{os.environ['PATH']}"},
    ),
    "serial": Candidate(
        "the same as serial boto3",
        (sys.executable, PEERS / "serial_boto3.py"),
        reading.printed,
    ),
    "stock": Candidate(
        "stock Custodian on elb and app-elb (sees no SNI)",
        custodian("--region", "all", PEERS / "stock_c7n.yml"),
        reading.matched,
        STOCK,
    ),
    "pool": Candidate(
        "boto3 in one pool of 64 threads",
        (sys.executable, PEERS / "pool_boto3.py"),
        reading.printed,
    ),
}


def install_aws_cli() -> str:
    """Install the AWS CLI apart, once: its botocore is another. Return its version."""
    command = _AWS_CLI / "bin" / "aws"
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", _AWS_CLI], check=True)
        pip = (_AWS_CLI / "bin" / "python", "-m", "pip", "--disable-pip-version-check")
        subprocess.run([*pip, "install", "-qq", "awscli"], check=True)
    shown = subprocess.run([command, "--version"], check=True, capture_output=True, text=True)
    return shown.stdout.split()[0].removeprefix("aws-cli/")
