"""Names, tags and subjects are hostile input: they are shown, and never do anything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def plain(text: object) -> str:
    r"""Return text on one line, in which nothing moves a cursor or turns the direction of reading.

    >>> plain("shop\x1b[2J\u202e")
    'shop\\x1b[2J\\u202e'
    """
    return "".join(c if c.isprintable() else _escaped(c) for c in str(text))


def code(text: object) -> str:
    r"""Return text as a code span of Markdown, whatever it contains. Not for cells of tables.

    >>> code("a`b <script> @team")
    '``a`b <script> @team``'
    """
    shown = plain(text) or " "
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def as_json(shape: Mapping[str, Any] | list[Any]) -> str:
    """Return JSON in ASCII, so that no name can do anything to a terminal either."""
    return json.dumps(shape, indent=2) + "\n"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
