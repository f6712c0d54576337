"""The command line `certrenew`.

Importing this module makes Custodian know this package's filters and actions, with or without the
autoload: worker processes that are spawned import it again and so know them too. Nothing heavy is
imported before a command needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from c7n_certrenew import __version__
from c7n_certrenew._autoload import install

install()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; a usage error is 1, since 2 means findings."""
    try:
        code = certrenew.main(arguments, prog_name="certrenew", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 1
    except click.Abort:
        click.echo("Aborted.", err=True)
        return 1
    return code if isinstance(code, int) else 0


class Verbatim(click.Command):
    """Give a command every argument after its name as it was typed, `--help` and `--` included."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse nothing."""
        ctx.params["arguments"] = tuple(args)
        return []


@click.group()
@click.version_option(__version__, message="%(prog)s %(version)s")
def certrenew() -> None:
    """Renew the server certificates of AWS IAM in place, with Cloud Custodian.

    The stock commands custodian and c7n-org know the same filters and actions wherever this package
    is installed; certrenew adds what they have no command for.

    \b
    Examples:
      certrenew demo
      certrenew sandbox --directory lab
      certrenew custodian run --dryrun --output-dir out renew.yml
      certrenew c7n-org run --config accounts.yml --output-dir out --use renew.yml
    """


@certrenew.command(cls=Verbatim)
def custodian(arguments: tuple[str, ...]) -> None:
    """Run custodian, loading this package explicitly.

    All arguments are custodian's own. Use this where C7N_CERTRENEW_AUTOLOAD=0 is set or startup
    files are not wanted.
    """
    sys.argv = ["certrenew custodian", *arguments]
    import_module("c7n.cli").main(list(arguments))


@certrenew.command("c7n-org", cls=Verbatim)
def c7n_org(arguments: tuple[str, ...]) -> None:
    """Run c7n-org, loading this package explicitly.

    All arguments are c7n-org's own; its worker processes load this package too.
    """
    org = _optional("c7n_org.cli", "c7n-org is not installed: pip install 'c7n-certrenew[org]'")
    sys.argv = ["certrenew c7n-org", *arguments]
    org.cli.main(list(arguments), prog_name="certrenew c7n-org")


_DIRECTORY = click.Path(file_okay=False, path_type=Path)


@certrenew.command()
@click.option(
    "--directory",
    type=_DIRECTORY,
    default="certrenew-demo",
    show_default=True,
    help="Where to write policies, certificates and results.",
)
@click.option("--fast", is_flag=True, help="Do not wait as AWS would.")
def demo(directory: Path, fast: bool) -> int:
    """Watch certificates being renewed in a simulated AWS on this machine.

    No AWS account, no network and no root needed; it takes less than a minute.
    """
    return int(_sandbox("demo").run_demo(directory=directory, fast=fast))


@certrenew.group(invoke_without_command=True)
@click.option(
    "--directory",
    type=_DIRECTORY,
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
    serve = _sandbox("command").serve
    return int(serve(directory=directory, port=port, env_file=env_file, propagation=propagation))


@sandbox.command()
@click.argument("lineage")
@click.option("--days", type=click.IntRange(min=1), default=90, show_default=True)
@click.option("--directory", type=_DIRECTORY, help="The directory of the sandbox.")
@click.pass_obj
def issue(chosen: Path, lineage: str, days: int, directory: Path | None) -> int:
    """Write a newer certificate for a lineage, say shop-example-com.

    The authority of the sandbox signs it, with the names of the one that is there. It goes where
    the shipped policy looks for it: certs/LINEAGE in the directory of the sandbox.
    """
    run = _sandbox("command").issue
    return int(run(directory=directory or chosen, lineage=lineage, days=days))


def _sandbox(module: str) -> ModuleType:
    return _optional(
        f"c7n_certrenew.sandbox.{module}", "the sandbox needs: pip install 'c7n-certrenew[sandbox]'"
    )


def _optional(module: str, hint: str) -> ModuleType:
    """Import a module; refuse with the hint where something outside this package is missing."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("c7n_certrenew"):
            raise
        raise click.ClickException(hint) from error
