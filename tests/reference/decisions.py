"""The index of decisions, by the headings of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from reference.markdown import GENERATED, heading

FOLDER = "docs/decisions"
_INTRO = """\
What was decided, why, what follows, and what would make us decide again. A decision is not
rewritten when it is overtaken: the later one says so.

"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of the index."""
    folder = Path(__file__).parents[2] / FOLDER
    lines = [heading("Decisions"), GENERATED, _INTRO]
    for path in sorted(folder.glob("[0-9]*.md")):
        title = path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
        lines += [f"- [{title}]({path.name})\n"]
    yield f"{FOLDER}/index.md", "".join(lines)
