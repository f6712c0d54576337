"""The command line `certrenew`.

Importing this module makes Custodian know this package's filters and actions, with or without the
autoload: worker processes that are spawned import it again and so know them too. Nothing heavy is
imported before a command needs it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence

import click

from c7n_certrenew import __version__
from c7n_certrenew._autoload import install
from c7n_certrenew.commands.audit import audit
from c7n_certrenew.commands.demo import demo
from c7n_certrenew.commands.explain import explain
from c7n_certrenew.commands.permissions import permissions
from c7n_certrenew.commands.plan import plan
from c7n_certrenew.commands.policies import policies
from c7n_certrenew.commands.sandbox import sandbox
from c7n_certrenew.commands.status import status
from c7n_certrenew.commands.stock import c7n_org, custodian

install()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; a usage error is 1, since 2 means findings."""
    _write_what_cannot_be_encoded()
    try:
        code = certrenew.main(arguments, prog_name="certrenew", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 1
    except click.Abort:
        click.echo("Aborted.", err=True)
        return 1
    return code if isinstance(code, int) else 0


@click.group()
@click.version_option(__version__, message="%(prog)s %(version)s")
def certrenew() -> None:
    """Renew the server certificates of AWS IAM in place, with Cloud Custodian.

    The stock commands custodian and c7n-org know the same filters and actions wherever this package
    is installed; certrenew adds what they have no command for.

    \b
    Examples:
      certrenew audit
      certrenew status shop-example-com
      custodian run --dryrun -s plan renew.yml && certrenew plan plan
      certrenew demo

    \b
    Exit codes:
      0  nothing needs attention, and everything was looked at
      1  the command could not do its work
      2  something needs attention
      3  nothing needs attention, but something could not be looked at
    """


def _write_what_cannot_be_encoded() -> None:
    """Escape what a terminal or file has no character for, where Python would raise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


_OURS = (audit, status, plan, explain, permissions, policies, demo, sandbox)
for _command in (*_OURS, custodian, c7n_org):
    certrenew.add_command(_command)
