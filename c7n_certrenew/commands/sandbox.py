"""`certrenew sandbox`."""

from __future__ import annotations

from pathlib import Path

import click

from c7n_certrenew.commands.optional import sandbox_module
from c7n_certrenew.commands.options import DIRECTORY


@click.group(
    invoke_without_command=True, short_help="Keep a simulated AWS running, to try policies against."
)
@click.option(
    "--directory",
    type=DIRECTORY,
    default="certrenew-sandbox",
    show_default=True,
    help="Where to keep certificates and state.",
)
@click.option("--port", default=0, help="The port of its AWS endpoint; any free one by default.")
@click.option(
    "--env-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the variables to export into this file.",
)
@click.option(
    "--propagation",
    type=click.FloatRange(min=0),
    default=3.0,
    show_default=True,
    help="How many seconds a new certificate stays unknown to load balancers.",
)
@click.pass_context
def sandbox(
    ctx: click.Context, directory: Path, port: int, env_file: Path | None, propagation: float
) -> int:
    """Keep a simulated AWS running on this machine, to try policies against.

    It prints the variables to export and, once it is ready, a line that begins with Ready; it
    runs until it is interrupted.

    \b
    Examples:
      certrenew sandbox --directory lab --env-file lab.env
      certrenew sandbox issue shop-example-com --days 20 --directory lab
    """
    ctx.obj = directory
    if ctx.invoked_subcommand is not None:
        return 0
    serve = sandbox_module("command").serve
    return int(serve(directory=directory, port=port, env_file=env_file, propagation=propagation))


@sandbox.command()
@click.argument("lineage")
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True)
@click.option("--directory", type=DIRECTORY, help="The directory of the sandbox.")
@click.pass_obj
def issue(chosen: Path, lineage: str, days: int, directory: Path | None) -> int:
    """Write a newer certificate for a lineage, say shop-example-com.

    The authority of the sandbox signs it, with the names of the one that is there. It goes where
    the shipped policy looks for it: certs/LINEAGE in the directory of the sandbox.
    """
    run = sandbox_module("command").issue
    return int(run(directory=directory or chosen, lineage=lineage, days=days))
