"""Where commands write: data to standard output, all else to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType


def put(text: str) -> None:
    """Write data. A reader that has left, as head does, is no error."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def put_json(shape: Mapping[str, Any] | list[Any]) -> None:
    """Write data as JSON."""
    from c7n_certrenew.report.plain import as_json

    put(as_json(shape))


def put_parts(parts: Iterable[RenderableType]) -> None:
    """Write data for a person to read."""
    from c7n_certrenew.report.terminal import make_console, rendered

    put(rendered(make_console(), *parts))


@contextmanager
def busy(doing: str) -> Iterator[None]:
    """Show on a terminal that something takes its time."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(doing, spinner="line"):
        yield
