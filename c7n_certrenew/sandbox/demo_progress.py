"""What is shown while a command of the demonstration runs, and when all have ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from .clients import Clients

_LOGGED = re.compile(r"\S+ (?P<time>[\d:]+),\d+: (custodian\.[\w.]+|c7n_org):\w+ (?P<text>.*)")
_KNOWN = re.compile(r"^policy:\S+ ")


@dataclass(frozen=True)
class _Counter:
    clients: Clients

    def __rich__(self) -> str:
        made, failed = self.clients.made, len(self.clients.failures)
        return f"c7n-org is running; {made:,} TLS connections made, {failed} failed"


@contextmanager
def busy(console: Console, clients: Clients) -> Iterator[None]:
    """Show a spinner with the clients' counts on a terminal, nothing elsewhere."""
    if not console.is_terminal:
        yield
        return
    with console.status(_Counter(clients), spinner="line"):
        yield


def log_line(line: str) -> str:
    """Return a line of Custodian's log as a person reads it, with the time and without its origin.

    >>> log_line("2026-01-31 12:00:01,500: custodian.certrenew:INFO policy:a certificate:b RENEWED")
    '12:00:01 certificate:b RENEWED'
    """
    found = _LOGGED.match(line)
    if found is None:
        return line
    return f"{found['time']} {_KNOWN.sub('', found['text'])}"


def closing(directory: Path) -> str:
    """Say where everything is and what to try next."""
    rows = {
        "policies/": "the policies, as they are shipped; audit.yml has three of them",
        "accounts.yml": "the accounts, for c7n-org",
        "certs/": "the renewed certificates they took",
        "audit/ plan/ renew/ again/": "what each command wrote, by account, region and policy",
        "renew/*/*/*/certrenew.json": "plan and outcome of every binding",
    }
    width = max(map(len, rows)) + 2
    lines = [f"  {place:{width}}{what}" for place, what in rows.items()]
    return "\n".join(
        [
            f"\nIn {directory}:",
            *lines,
            "\nThe same accounts, left running for you to try: certrenew sandbox",
        ]
    )
