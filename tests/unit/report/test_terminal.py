"""What comes out where there is no terminal: a build server reads it too."""

from __future__ import annotations

import pytest
from rich.console import Console

from c7n_certrenew.report.terminal import block, lines, rendered, text

PIPED = Console(highlight=False, force_terminal=False, no_color=True, width=10_000)


@pytest.mark.parametrize(
    ("values", "end"),
    [
        (["::error::x"], "  refused  ::error::x"),
        (["a", "::error::x/key.pem: no such file"], r"\x3a:error::x/key.pem: no such file"),
    ],
)
def test_no_line_begins_as_a_command_does(values: list[str], end: str) -> None:
    """GitHub's runner looks for `::` after the blanks at the beginning of a line alone."""
    printed = rendered(PIPED, block([("refused", lines(values))])).splitlines()
    assert not [line for line in printed if line.lstrip().startswith("::")]
    assert printed[-1].endswith(end)


def test_a_line_of_its_own_is_no_command() -> None:
    """A name at the beginning is shown all the same."""
    assert rendered(PIPED, text("::add-mask::web")) == "\\x3a:add-mask::web\n"
