"""The page on the command line shows what the commands say of themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from c7n_certrenew.cli import certrenew
from c7n_certrenew.commands.exit_codes import ExitCode

PAGE = (Path(__file__).parents[2] / "docs/reference/command-line.md").read_text("utf-8")
SHOWN = re.findall(r"^```console\n\$ certrenew ([^\n]*) --help\n(.*?)^```", PAGE, re.DOTALL | re.M)


@pytest.mark.parametrize(("words", "text"), SHOWN, ids=[words for words, _ in SHOWN])
def test_help_is_what_the_command_prints(
    words: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page shows the help of each command as it is on a terminal of 80 columns."""
    certrenew.main(
        [*words.split(), "--help"],
        prog_name="certrenew",
        standalone_mode=False,
        terminal_width=80,
    )
    assert text == capsys.readouterr().out


def test_every_command_is_on_the_page() -> None:
    """No command of ours goes without its help; the stock ones have their own."""
    ours = set(certrenew.commands) - {"custodian", "c7n-org"}
    assert ours == {words.split()[0] for words, _ in SHOWN}


def test_exit_codes_are_those_of_the_code() -> None:
    """The table has a row for each code, and no other."""
    table = PAGE.partition("## Exit codes")[2].partition("\n## ")[0]
    assert re.findall(r"^\| (\d) \|", table, re.M) == [str(int(code)) for code in ExitCode]
