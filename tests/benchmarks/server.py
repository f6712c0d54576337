"""The process that simulates AWS: `python -m benchmarks.server`. It alone imports moto.

JSON lines in, a JSON line out for each. `do` is one of the methods of :class:`Control`, the other
keys are its arguments. It ends with its standard input.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c7n_certrenew.sandbox import Authority, Sandbox, Throttle, gate
from c7n_certrenew.sandbox.throttle import READS

from . import shortcut
from .connections import Connections
from .filling import fill
from .worlds import world

if TYPE_CHECKING:
    from c7n_certrenew.sandbox.request import Request

LATENCY = 0.06
"""Seconds that every answer waits."""


class Control:
    """Carry out what the benchmark asks for, on one sandbox at a time."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._sandbox: Any = None
        self._authority = Authority()
        self._connections = Connections()
        self._connections.install()
        shortcut.install()
        self._writes: list[float] = []
        gate.CHECKS = (self._note, *gate.CHECKS)

    def open(self, name: str, throttled: bool = False) -> dict[str, str]:
        """Begin a world anew; return the variables by which a process reaches it."""
        self._stack.close()
        account = world(name)
        throttle = Throttle() if throttled else None
        self._sandbox = self._stack.enter_context(
            Sandbox(account.regions, latency=LATENCY, throttle=throttle)
        )
        environ: dict[str, str] = self._sandbox.environ  # while nothing listens: no front end opens
        fill(self._sandbox, account, self._authority)
        self._warm_up(throttle)
        return environ

    def _warm_up(self, throttle: Throttle | None) -> None:
        """Make moto read its models and build its applications before anything is measured."""
        self._sandbox.client("iam").list_server_certificates()
        self._sandbox.client("ec2").describe_regions()
        self._sandbox.client("sts").get_caller_identity()
        self._sandbox.client("elb").describe_load_balancers(PageSize=1)
        self._sandbox.client("elbv2").describe_load_balancers(PageSize=1)
        self._sandbox.client("resourcegroupstaggingapi").get_resources()
        self._sandbox.throttle = throttle  # its buckets are full again
        self.clear()

    def close(self) -> None:
        """End the sandbox."""
        self._stack.close()

    def renewed(self, directory: str) -> None:
        """Write a renewed certificate to where a policy looks for it."""
        self._authority.issue("www.example.com", days=90, key="p256").write(Path(directory))

    def deny(self, region: str) -> None:
        """Refuse to list load balancers in a region."""
        for service in ("elb", "elbv2"):
            self._sandbox.deny(service, "DescribeLoadBalancers", region)

    def clear(self) -> None:
        """Forget what was counted."""
        self._sandbox.clear_journal()
        self._connections.clear()
        self._writes.clear()

    def count(self) -> dict[str, Any]:
        """Return the calls so far, and what else can be seen from this side.

        `writes` is the number that changed something in the fullest region of an API, `writing`
        the seconds from the first to the last.
        """
        calls = self._sandbox.journal
        changes = Counter((c.service, c.region) for c in calls if _changes(c) and not c.error_code)
        return {
            "calls": len(calls),
            "operations": Counter(f"{call.service}:{call.operation}" for call in calls),
            "throttled": sum(call.error_code == "Throttling" for call in calls),
            "connections": self._connections.most,
            "connections_in_region": self._connections.most_in_region,
            "writes": max(changes.values(), default=0),
            "writing": self._writes[-1] - self._writes[0] if self._writes else 0.0,
        }

    def _note(self, _world: object, request: Request) -> None:
        """Let a call pass, and remember when something was asked to be changed."""
        if _changes(request):
            self._writes.append(time.monotonic())


def _changes(call: Any) -> bool:
    return call.service in ("elb", "elbv2") and not call.operation.startswith(READS)


def main() -> None:
    """Answer each line of standard input until there are no more."""
    control = Control()
    for line in sys.stdin:
        arguments = json.loads(line)
        answer = getattr(control, arguments.pop("do"))(**arguments)
        print(json.dumps(answer), flush=True)
    control.close()


if __name__ == "__main__":
    main()
