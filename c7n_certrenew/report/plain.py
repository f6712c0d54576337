"""Names, tags and subjects are hostile input: they are shown, and never do anything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from c7n_certrenew.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_json", "cell", "code", "plain"]


def code(text: object) -> str:
    r"""Return text as a code span of Markdown, whatever it contains. Not for cells of tables.

    >>> code("a`b <script> @team")
    '``a`b <script> @team``'
    """
    shown = plain(text) or " "
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(text: object) -> str:
    r"""Return text as a code span for a cell of a table, where a bar would end the cell.

    >>> cell("a|b")
    '`a\\|b`'
    """
    return code(text).replace("|", r"\|")


def as_json(shape: Mapping[str, Any] | list[Any]) -> str:
    """Return JSON in ASCII, so that no name can do anything to a terminal either."""
    return json.dumps(shape, indent=2).replace("##", r"#\u0023") + "\n"
