"""`certrenew audit`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from c7n_certrenew.commands.exit_codes import exit_code
from c7n_certrenew.commands.options import Access, access_options, as_json
from c7n_certrenew.commands.screen import busy, put_json, put_parts

if TYPE_CHECKING:
    from c7n_certrenew.report.audit import Audit


@click.command(short_help="Show every certificate, when it expires, who serves it.")
@access_options
@click.option(
    "-s",
    "--output-dir",
    metavar="DIRECTORY",
    help="Keep what custodian writes, one folder a policy; nowhere by default.",
)
@click.option(
    "--fail-on",
    metavar="SEVERITY",
    type=click.Choice(["low", "medium", "high", "critical"]),
    default="high",
    show_default=True,
    help="Exit with 2 for findings of other rules from this severity: low, medium, high, critical.",
)
@as_json
def audit(access: Access, output_dir: str | None, fail_on: str, as_json: bool) -> int:
    """Show every server certificate in IAM, when it expires and who serves it.

    Runs the shipped detect policies with Custodian in this account. Nothing is changed.
    Exits with 2 if a certificate expires within 30 days or has expired, or a classic listener names
    one that is gone, or another rule has a finding as severe as --fail-on; with 3 if there is none
    but something could not be looked at.

    \b
    Examples:
      certrenew audit
      certrenew audit --profile production --json | jq '.Totals'
      certrenew audit --assume arn:aws:iam::123456789012:role/audit -s out
    """
    with busy("Reading certificates and the listeners of every region"):
        found = _look(access, output_dir)
    if as_json:
        put_json(found.shape)
    else:
        put_parts(found.parts())
    return exit_code(found.due or found.matters(fail_on), found.unread)


def _look(access: Access, output_dir: str | None) -> Audit:
    from datetime import datetime, timezone

    from c7n_certrenew.commands.account import one_line_errors, reach
    from c7n_certrenew.commands.auditing import CERTIFICATES, audited
    from c7n_certrenew.commands.closer import look_closer
    from c7n_certrenew.commands.gone import find_gone
    from c7n_certrenew.report.audit import Audit
    from c7n_certrenew.report.findings import findings
    from c7n_certrenew.report.rules import rules

    with one_line_errors(), _directory(output_dir) as output:
        account, now = reach(access), datetime.now(timezone.utc)
        run, not_run = audited()
        account.run_shipped(run, output)
        ours = [one.name for one in run if one.resource == CERTIFICATES]
        found = look_closer(account.clients, findings(output, ours, now))
        gone, unread = find_gone(account.clients, found)
        judged = rules(output, run)
    names = tuple(one.name for one in run)
    who = (account.account_id, account.partition, now)
    return Audit(*who, names, found, gone, unread, judged, not_run)


@contextmanager
def _directory(given: str | None) -> Iterator[Path]:
    """Give the directory for what custodian writes, one that is removed unless it is named."""
    from tempfile import TemporaryDirectory

    if given is None:
        with TemporaryDirectory(prefix="certrenew-") as made:
            yield Path(made)
    elif "://" in given or "{" in given:
        raise click.ClickException(f"--output-dir {given} is no plain directory: name one")
    else:
        yield Path(given)
