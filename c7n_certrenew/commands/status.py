"""`certrenew status`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from c7n_certrenew.commands.exit_codes import exit_code
from c7n_certrenew.commands.options import DIRECTORY, Access, access_options, as_json
from c7n_certrenew.commands.screen import busy, put_json, put_parts

if TYPE_CHECKING:
    from c7n_certrenew.report.next_step import NextStep
    from c7n_certrenew.report.status import Status


@click.command(short_help="Show who serves a certificate now, and what to do next.")
@click.argument("name")
@access_options
@click.option(
    "-s",
    "--output-dir",
    type=DIRECTORY,
    help="Where renewals wrote their output: the newest record of this certificate is shown.",
)
@as_json
def status(name: str, access: Access, output_dir: Path | None, as_json: bool) -> int:
    """Show who serves a certificate now, how its renewal ended, and what to do next.

    NAME is a server certificate or a lineage; all certificates of the lineage are shown, read
    from AWS now. Exits with 2 if one that is served expires within 30 days or has expired, or was
    replaced and is served again; with 3 if none is but something could not be looked at.

    \b
    Examples:
      certrenew status shop-example-com
      certrenew status shop-example-com --output-dir renew
      certrenew status shop-example-com --json | jq -r '.Next.Command'
    """
    with busy("Reading certificates and the listeners of every region"):
        found, step = _look(name, access, output_dir)
    if as_json:
        put_json(found.shape | {"Next": step.shape})
    else:
        from c7n_certrenew.report.status_terminal import status_parts

        put_parts(status_parts(found, step))
    return exit_code(found.due or found.reverted, found.unread)


def _look(name: str, access: Access, output_dir: Path | None) -> tuple[Status, NextStep]:
    from datetime import datetime, timezone

    from c7n_certrenew import pack
    from c7n_certrenew.commands.account import one_line_errors, reach
    from c7n_certrenew.commands.closer import with_owners
    from c7n_certrenew.commands.live import read_status
    from c7n_certrenew.report.findings import RENEW
    from c7n_certrenew.report.next_step import next_step

    with one_line_errors():
        clients = reach(access).clients
        found = with_owners(clients, read_status(clients, name, datetime.now(timezone.utc)))
        if output_dir is not None:
            found = _with_record(found, output_dir)
    [renew] = [one for one in pack.shipped("renew") if one.name == RENEW]
    return found, next_step(found, renew.path)


def _with_record(found: Status, output_dir: Path) -> Status:
    from dataclasses import replace

    from c7n_certrenew.report.outcomes import last_outcome

    last, unreadable = last_outcome(output_dir, [m.certificate.arn for m in found.members])
    for line in unreadable:
        click.echo(f"Warning: {line}", err=True)
    return replace(found, last=last)
