"""`certrenew custodian` and `certrenew c7n-org`: the stock commands, loading this package."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from c7n_certrenew.commands.optional import optional


class Verbatim(click.Command):
    """Give a command every argument after its name as it was typed, `--help` and `--` included."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse nothing."""
        ctx.params["arguments"] = tuple(args)
        return []


@click.command(cls=Verbatim)
def custodian(arguments: tuple[str, ...]) -> None:
    """Run custodian, loading this package explicitly.

    All arguments are custodian's own. Use this where C7N_CERTRENEW_AUTOLOAD=0 is set or startup
    files are not wanted.
    """
    sys.argv = ["certrenew custodian", *arguments]
    import_module("c7n.cli").main(list(arguments))


@click.command("c7n-org", cls=Verbatim)
def c7n_org(arguments: tuple[str, ...]) -> None:
    """Run c7n-org, loading this package explicitly.

    All arguments are c7n-org's own; its worker processes load this package too.
    """
    org = optional("c7n_org.cli", "c7n-org is not installed: pip install 'c7n-certrenew[org]'")
    sys.argv = ["certrenew c7n-org", *arguments]
    org.cli.main(list(arguments), prog_name="certrenew c7n-org")
