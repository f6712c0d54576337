"""Draw the README's pictures from what the commands print: `python docs/images/draw.py`.

Runs `certrenew demo`, and `certrenew audit` against `certrenew sandbox`, each on a terminal.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).parent
CERTRENEW = str(Path(sys.executable).with_name("certrenew"))
COLUMNS = 104
_CURSOR = re.compile(r"\r|\x1b\[(?:\?25[lh]|\d*[AK])")
_LOGGED = re.compile(r"(?:\x1b\[\d+m)*\d\d:\d\d:\d\d ")
_SPINNER = "c7n-org is running;"


def main() -> None:
    """Write both pictures."""
    with tempfile.TemporaryDirectory() as directory:
        told = on_a_terminal(["demo", "--directory", f"{directory}/demo"], {})
        draw("demo", "certrenew demo", excerpt(told))
        with sandbox(Path(directory)) as variables:
            audit = on_a_terminal(["audit"], variables)
            draw("audit", "certrenew audit", ["\x1b[1;36m$ certrenew audit\x1b[0m", *audit])


def on_a_terminal(words: list[str], variables: Mapping[str, str]) -> list[str]:
    """Run `certrenew` on a terminal and return the lines that it leaves there."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, **variables, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    quiet = subprocess.DEVNULL  # where spinners go
    with subprocess.Popen([CERTRENEW, *words], stdout=theirs, stderr=quiet, env=environ):  # noqa: S603
        os.close(theirs)
        text = b"".join(_read(ours)).decode()
    lines = (_CURSOR.sub("", line) for line in text.split("\n"))
    return [line for line in lines if _SPINNER not in line]


def _read(terminal: int) -> Iterator[bytes]:
    try:
        while chunk := os.read(terminal, 65536):
            yield chunk
    except OSError:  # so does a terminal end on Linux
        return


def excerpt(lines: Iterable[str]) -> Iterator[str]:
    """Yield the renewal and the result, without what c7n-org logs."""
    shown = False
    for line in lines:
        if shown and "4. Somebody" in line:
            yield "…\n"
        shown = (shown or "3. Renew" in line or "Result" in line) and "4. Somebody" not in line
        if "In " in line and "/demo:" in line:
            return
        if shown and not _LOGGED.match(line):
            yield line


@contextmanager
def sandbox(directory: Path) -> Iterator[dict[str, str]]:
    """Give the variables of a sandbox that runs meanwhile."""
    file = directory / "lab.env"
    words = [CERTRENEW, "sandbox", "--directory", str(directory / "lab"), "--env-file", str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            next(line for line in process.stdout or () if line.startswith("Ready."))
            found = re.findall(r"^export (\w+)='?([^'\n]*)", file.read_text(), re.MULTILINE)
            yield dict(found)
        finally:
            process.terminate()


def draw(name: str, title: str, lines: Iterable[str]) -> None:
    """Write the lines, with their colours, as an SVG."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    text = "\n".join(lines).strip("\n")
    console.print(Text.from_ansi(text), soft_wrap=True)
    picture = console.export_svg(title=title, theme=MONOKAI, unique_id=name)
    (HERE / f"{name}.svg").write_text(_offline(picture), "utf-8")


def _offline(picture: str) -> str:
    """Take out the fonts that a reader would have to fetch; any of fixed width will do."""
    return re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)


if __name__ == "__main__":
    main()
