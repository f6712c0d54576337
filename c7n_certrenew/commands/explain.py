"""`certrenew explain`."""

from __future__ import annotations

import click

from c7n_certrenew.commands.exit_codes import ExitCode
from c7n_certrenew.commands.screen import put


@click.command(short_help="Explain how a renewal failed, and what to do.")
@click.argument("word", default="")
def explain(word: str) -> int:
    """Explain how a renewal failed, and what to do.

    WORD is a state such as INCOMPLETE, the code of a reason, or the place that a failure names.
    Without it the whole page is printed. No AWS is asked.

    \b
    Examples:
      certrenew explain
      certrenew explain incomplete
      certrenew explain docs/how-to/when-a-renewal-fails.md#expires-sooner
    """
    from c7n_certrenew.commands.manual import explanation

    put(explanation(word))
    return ExitCode.CLEAN
