"""Where figures were taken: they mean little without."""

from __future__ import annotations

import datetime as dt
import os
import platform
from importlib.metadata import version
from pathlib import Path

_SHOWN = ("c7n-certrenew", "c7n", "boto3", "botocore", "moto")


def describe(aws_cli: str | None) -> dict[str, str]:
    """Return the machine, the versions, the day and how busy it was when this was called."""
    versions = {name: version(name) for name in _SHOWN}
    if aws_cli:
        versions["aws-cli"] = aws_cli
    return {
        "Taken": f"{dt.datetime.now(dt.timezone.utc):%Y-%m-%d %H:%M} UTC",
        "Cores": str(os.cpu_count()),
        "Processor": _processor(),
        "System": platform.system(),
        "Python": platform.python_version(),
        **versions,
        "Load before": f"{os.getloadavg()[0]:.2f}",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    named = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())
