"""The page on renewals that fail, on a terminal."""

from __future__ import annotations

import re

import pytest

from c7n_certrenew.cli import main
from c7n_certrenew.core.page import PAGE


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("INCOMPLETE", r"\AINCOMPLETE\n\nSome listeners could not be changed"),
        ("undone", r"\AUNDONE\n\nThe new certificate was shown bad"),
        (f"{PAGE}#quota", r"\A`quota`\n\nIAM has no room\n\nWhat to do: clean up: the line"),
        ("retired-key", r"\A`retired-key`\n\nan earlier re-keying"),
        ("", r"\A# When a renewal fails\n"),
    ],
)
def test_explained(word: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A state, a code, the place that a failure names, or everything: as plain text."""
    assert main(["explain", word] if word else ["explain"]) == 0
    shown = capsys.readouterr().out
    assert re.search(said, shown)
    assert "<a id" not in shown
    assert not word or len(shown.splitlines()) < 15


def test_a_word_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what was perhaps meant."""
    assert main(["explain", "incomplet"]) == 1
    shown = capsys.readouterr()
    assert shown.err.startswith("Error: no state or reason incomplet: did you mean incomplete")
