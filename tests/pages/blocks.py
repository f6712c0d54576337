"""The blocks of code in the pages, each with what is said of it in a comment above."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
PAGES = (
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<said>[a-z]+: [^>]+?) -->\n\n?)?"
    r"^(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^ *```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """One block of code; `said` is a comment above it, such as "kind: mailer"."""

    page: Path
    line: int
    language: str
    text: str
    said: str

    @property
    def place(self) -> str:
        """Return where it begins, as an editor takes it."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def kind(self) -> str:
        """Return the kind that the comment above names, empty where it names none."""
        return self.said.removeprefix("kind: ") if self.said.startswith("kind: ") else ""


@cache
def blocks(*languages: str) -> tuple[Block, ...]:
    """Return the blocks of all pages in these languages, in all if none is named."""
    found = (block for page in PAGES for block in blocks_of(page, page.read_text("utf-8")))
    return tuple(block for block in found if not languages or block.language in languages)


def blocks_of(page: Path, text: str) -> tuple[Block, ...]:
    """Return the blocks of a page."""
    return tuple(
        Block(
            page,
            text[: found.start("indent")].count("\n") + 1,
            found["language"],
            dedent(found["text"]),
            found["said"] or "",
        )
        for found in _BLOCK.finditer(text)
    )


def prose(text: str) -> str:
    """Return a page without its blocks of code, line by line as before."""
    return _BLOCK.sub(lambda found: "\n" * found[0].count("\n"), text)
