"""`certrenew demo`."""

from __future__ import annotations

from pathlib import Path

import click

from c7n_certrenew.commands.optional import sandbox_module
from c7n_certrenew.commands.options import DIRECTORY


@click.command(short_help="Watch certificates being renewed in a simulated AWS.")
@click.option(
    "--directory",
    type=DIRECTORY,
    default="certrenew-demo",
    show_default=True,
    help="Where to write policies, certificates and results.",
)
@click.option("--fast", is_flag=True, help="Do not wait as AWS would.")
def demo(directory: Path, fast: bool) -> int:
    """Watch certificates being renewed in a simulated AWS on this machine.

    No AWS account, no network and no root needed; it takes less than a minute.
    """
    return int(sandbox_module("demo").run_demo(directory=directory, fast=fast))
