"""The page of the command line: its text is written by hand, the `--help` in it is printed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from c7n_certrenew.cli import certrenew

PLACE = "docs/reference/command-line.md"
_SHOWN = re.compile(r"^```console\n\$ certrenew ([^\n]*) --help\n(.*?)^```", re.DOTALL | re.M)


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of the page."""
    page = (Path(__file__).parents[2] / PLACE).read_text("utf-8")
    yield PLACE, _SHOWN.sub(lambda found: _block(found[1]), page)


def _block(words: str) -> str:
    return f"```console\n$ certrenew {words} --help\n{help_of(words)}```"


def help_of(words: str) -> str:
    """Return the help of a command as a terminal of 80 columns shows it."""
    with redirect_stdout(StringIO()) as printed:
        certrenew.main(
            [*shlex.split(words), "--help"],
            prog_name="certrenew",
            standalone_mode=False,
            terminal_width=80,
        )
    return printed.getvalue()
