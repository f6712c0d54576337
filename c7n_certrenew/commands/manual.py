"""The page on renewals that fail, as it is shipped: all of it, or what it says of a word."""

from __future__ import annotations

import re
from pathlib import Path

import click

import c7n_certrenew
from c7n_certrenew.commands.near import suggestion
from c7n_certrenew.core.page import PAGE

_ID = re.compile(r'<a id="([^"]+)"></a>')
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_SECTION = re.compile(r"^### (.+)\n\n((?:(?!^##).*\n)*)", re.MULTILINE)


def explanation(word: str) -> str:
    """Return what the page says of a state or a reason's code. Raises ClickException."""
    text = _page()
    sections = {head.lower(): f"{head}\n\n{body}" for head, body in _SECTION.findall(text)}
    rows = {key: row for row in text.splitlines() for key in _ID.findall(row)}
    known = sections | {key: _row(row) for key, row in rows.items()}
    wanted = word.rpartition("#")[2].lower()
    if word and wanted not in known:
        raise click.ClickException(suggestion(word, known, "state or reason"))
    return _plain(known[wanted] if word else text)


def _page() -> str:
    """Read the page: inside the installed package, or beside it in a checkout."""
    package = Path(c7n_certrenew.__file__).parent
    installed = package / PAGE
    return (installed if installed.is_file() else package.parent / PAGE).read_text("utf-8")


def _row(row: str) -> str:
    codes, means, do = (cell.strip() for cell in row.strip("| ").split(" | "))
    return f"{codes}\n\n{means}\n\nWhat to do: {do}\n"


def _plain(text: str) -> str:
    """Return Markdown without what only a browser needs."""
    return _LINK.sub(r"\1", _ID.sub("", text)).rstrip() + "\n"
