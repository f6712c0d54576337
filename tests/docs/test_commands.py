"""Every command that a page shows exists and takes what it is given."""

from __future__ import annotations

import pytest
from pages import commands, shell
from pages.blocks import blocks


def faults(line: str) -> list[str]:
    """Return what is wrong with the commands of a line."""
    return [fault for words in shell.commands(line) if (fault := commands.fault(words))]


def test_console_blocks_can_be_typed() -> None:
    """Our commands, the stock ones, AWS's, targets of make, extras; the rest is a short list."""
    lines = [(block.place, line) for block in blocks("console") for line in shell.typed(block.text)]
    assert len(lines) > 80
    assert {place: wrong for place, line in lines if (wrong := faults(line))} == {}


def test_console_blocks_begin_with_a_prompt() -> None:
    """What is to be typed stands behind a prompt, or nothing of the block is checked."""
    for block in blocks("console"):
        assert block.text.startswith("$ "), block.place


@pytest.mark.parametrize(
    "line",
    [
        "certrenew no-such",
        "certrenew plan",
        "certrenew audit --no-such",
        "custodian run --no-such renew.yml",
        "certrenew custodian no-such",
        "c7n-org run --no-such",
        "aws iam no-such",
        "aws no-such list",
        "aws iam list-server-certificates --no-such",
        "make no-such",
        "pip install '.[no-such]'",
        "no-such",
        "cd out && no-such | jq .",
    ],
)
def test_what_cannot_be_typed_is_noticed(line: str) -> None:
    """One of each kind."""
    assert len(faults(line)) == 1
