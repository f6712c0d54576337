"""The table of the demonstration's clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from c7n_certrenew.report.terminal import rendered, table, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.table import Table

    from .clients import Client, Served


def show(console: Console, part: Table) -> None:
    """Print a table without blanks at the ends of its lines."""
    console.file.write(rendered(console, part))
    console.file.flush()


def clients_table(clients: Iterable[Client]) -> Table:
    """Show for each listener what its client was served first and last, and how often."""
    made = table("Listener", "Client asks for", "Before", "After", "Made>", "Failed>")
    for client in clients:
        front = client.front
        changed = len(client.served) > 1
        made.add_row(
            text(front),
            text(front.server_name),
            _served(client.served[:1]),
            Text(_served(client.served[-1:]), style="green") if changed else "unchanged",
            f"{client.made:,}",
            Text(str(len(client.failures)), style="bold red" if client.failures else ""),
        )
    return made


def _served(one: Sequence[Served]) -> str:
    return f"{one[0].short} {one[0].not_after:%Y-%m-%d}" if one else "nothing"
