"""Tables and blocks on a terminal; plain text in full width wherever else they go."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from c7n_certrenew.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import ConsoleOptions, RenderableType, RenderResult
    from rich.padding import Padding

_UNCUT = 10_000
"""Columns where there is no terminal: nothing is cut or wrapped."""

_COMMAND = re.compile(r"^(\s*)::")

_COLOURS = {
    **dict.fromkeys(("healthy", "ready", "serving"), "green"),
    **dict.fromkeys(("expiring", "waiting", "unused", "unread", "medium", "low"), "yellow"),
}


def make_console() -> Console:
    """Return a console that neither cuts nor colours when its output is piped."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, force_terminal=False, no_color=True, width=_UNCUT)


def rendered(console: Console, *parts: RenderableType) -> str:
    """Return what the console makes of them, without blanks at the ends of lines.

    No line begins, after blanks, with `::`, by which GitHub's runner knows a command.
    """
    with console.capture() as captured:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))
    shown = (_COMMAND.sub(r"\1\\x3a:", line.rstrip()) for line in captured.get().splitlines())
    return "".join(f"{line}\n" for line in shown)


def text(value: object, style: str = "") -> Text:
    """Return a value as it is: its brackets are no markup, its control characters escaped."""
    return Text(plain(value), style=style)


def command(line: str) -> Text:
    """Return a command to copy: one line, however narrow the terminal is."""
    made = text(f"  {line}", "cyan")
    made.no_wrap = True
    return made


def coloured(verdict: str) -> Text:
    """Return a verdict in the colour of its first word; what is not known to be good is red."""
    word = verdict.partition(",")[0].partition(";")[0]
    return text(verdict, _COLOURS.get(word, "red"))


def lines(values: Iterable[object], empty: str = "") -> Text:
    """Return values one below the other, or what to say where there are none."""
    return Text("\n").join([text(value) for value in values] or [text(empty)])


def table(*headers: str) -> Table:
    """Make an empty table; a column whose header ends in > is aligned to the right.

    The first column and the last give way on a narrow terminal, and lose nothing.
    """
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for header in headers:
        right = header.endswith(">")
        made.add_column(
            header.rstrip(">"),
            justify="right" if right else "left",
            no_wrap=header not in (headers[0], headers[-1]),
            overflow="fold",
        )
    return made


@dataclass(frozen=True)
class Fitting:
    """A table where it fits, elsewhere the same in blocks: folded cells are hard to read.

    `wraps` says that its cells may be wrapped at blanks.
    """

    table: Table | Padding
    blocks: tuple[RenderableType, ...]
    wraps: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        free = options.update(max_width=_UNCUT)
        needs = Measurement.get(console, free, self.table)
        wide = needs.minimum if self.wraps else needs.maximum
        yield Group(*apart(self.blocks)) if wide > options.max_width else self.table


def headed(name: object, verdict: str, rows: Iterable[tuple[str, RenderableType]]) -> Group:
    """Make a block under a name and a verdict."""
    return Group(Text.assemble(text(name, "bold"), ": ", coloured(verdict)), block(rows))


def apart(parts: Iterable[RenderableType]) -> Iterator[RenderableType]:
    """Yield parts with an empty line between each two."""
    for number, part in enumerate(parts):
        yield from ("", part) if number else (part,)


def block(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """Make a block of labels and what they say, one below the other."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for label, value in rows:
        made.add_row(text(f"  {label}", "dim"), value)
    return made
