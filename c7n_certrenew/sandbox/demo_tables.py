"""The tables and words of the demonstration, on a terminal and as plain text."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from .clients import Client, Served
    from .demo_findings import Finding

_PLAIN_WIDTH = 120
_COLOURS = {"expired": "red", "expiring": "yellow", "healthy": "green", "ready": "green"}


def make_console() -> Console:
    """Return a console that is wide enough and free of escape codes when it is piped."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    columns = os.environ.get("COLUMNS", "")
    width = max(_PLAIN_WIDTH, int(columns) if columns.isdecimal() else 0)
    return Console(highlight=False, force_terminal=False, no_color=True, width=width)


def show(console: Console, table: Table) -> None:
    """Print a table without blanks at the ends of its lines."""
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        console.file.write(f"{line.rstrip()}\n")
    console.file.flush()


def audit_table(found: Iterable[Finding]) -> Table:
    """Show every certificate, what the policies say of it, and who serves it."""
    table = _table("Certificate", "Expires", "Days left>", "Verdict", "Served by")
    for one in found:
        table.add_row(
            one.name,
            f"{one.expiration:%Y-%m-%d}",
            str(one.days_left),
            _coloured(one.verdict),
            "\n".join(one.served_by) or "nobody",
        )
    return table


def plan_table(plans: Iterable[Mapping[str, Any]]) -> Table:
    """Show what a renewal would do, or every reason against it."""
    table = _table("Certificate", "Replaced by", "Valid until", "Bindings>", "Verdict")
    for plan in plans:
        candidate = plan.get("Candidate", {})
        table.add_row(
            plan["ServerCertificateName"],
            plan.get("NewName", ""),
            candidate.get("NotAfter", "")[:10],
            str(len(plan.get("Bindings", ()))),
            _coloured("; ".join([plan["Verdict"], *map(_message, plan.get("Refusals", ()))])),
        )
    return table


def notes(plans: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what the plans remark, each remark once."""
    found = {_message(note): None for plan in plans for note in plan.get("Notes", ())}
    return tuple(found)


def clients_table(clients: Iterable[Client]) -> Table:
    """Show for each listener what its client was served first and last, and how often."""
    table = _table("Listener", "Client asks for", "Before", "After", "Made>", "Failed>")
    for client in clients:
        front = client.front
        changed = len(client.served) > 1
        table.add_row(
            str(front),
            front.server_name,
            _served(client.served[:1]),
            Text(_served(client.served[-1:]), style="green") if changed else "unchanged",
            f"{client.made:,}",
            Text(str(len(client.failures)), style="bold red" if client.failures else ""),
        )
    return table


def _served(one: Sequence[Served]) -> str:
    return f"{one[0].short} {one[0].not_after:%Y-%m-%d}" if one else "nothing"


def _message(reason: Mapping[str, str]) -> str:
    return reason["Message"]


def _coloured(verdict: str) -> Text:
    word = verdict.partition(",")[0].partition(";")[0]
    return Text(verdict, style=_COLOURS.get(word, "red"))


def _table(*headers: str) -> Table:
    """Make an empty table; a column whose header ends in > is aligned to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for header in headers:
        right = header.endswith(">")
        table.add_column(header.rstrip(">"), justify="right" if right else "left", no_wrap=True)
    table.columns[-1].no_wrap = False
    return table
