"""The page on the command line has every command and every exit code."""

from __future__ import annotations

import re
from pathlib import Path

from c7n_certrenew.cli import certrenew
from c7n_certrenew.commands.exit_codes import ExitCode

PAGE = (Path(__file__).parents[2] / "docs/reference/command-line.md").read_text("utf-8")
SHOWN = re.findall(r"^\$ certrenew ([^\n]*) --help$", PAGE, re.M)


def test_every_command_is_on_the_page() -> None:
    """No command of ours goes without its help; the stock ones have their own."""
    ours = set(certrenew.commands) - {"custodian", "c7n-org"}
    assert ours == {words.split()[0] for words in SHOWN}


def test_exit_codes_are_those_of_the_code() -> None:
    """The table has a row for each code, and no other."""
    table = PAGE.partition("## Exit codes")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (\d) \|", table, re.M) == [str(int(code)) for code in ExitCode]
