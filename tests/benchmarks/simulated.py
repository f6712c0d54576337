"""The simulated AWS as the benchmark uses it: a server in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Count:
    """What the server saw since it was asked to forget; see `Control.count`."""

    calls: int
    operations: dict[str, int]
    throttled: int
    connections: int
    connections_in_region: int
    writes: int
    writing: float


class SimulatedAws:
    """Start the server and talk to it. Clients never share its process: moto slows imports."""

    def __init__(self) -> None:
        self.environ: dict[str, str] = {}
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> SimulatedAws:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.server"],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.communicate()

    def open(self, world: str, throttled: bool = False) -> None:
        """Begin a world anew: full buckets, nothing counted."""
        self.environ = self._ask("open", name=world, throttled=throttled)

    def renewed(self, directory: Path) -> None:
        """Have a renewed certificate written."""
        self._ask("renewed", directory=str(directory))

    def deny(self, region: str) -> None:
        """Refuse to list load balancers in a region."""
        self._ask("deny", region=region)

    def clear(self) -> None:
        """Forget what was counted."""
        self._ask("clear")

    def count(self) -> Count:
        """Return what was counted."""
        return Count(**self._ask("count"))

    def _ask(self, do: str, **arguments: Any) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"the simulated AWS ended while it was asked to {do}")
        return json.loads(answer)
