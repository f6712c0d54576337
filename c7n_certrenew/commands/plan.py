"""`certrenew plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from c7n_certrenew.commands.exit_codes import ExitCode, exit_code
from c7n_certrenew.commands.options import as_json
from c7n_certrenew.commands.screen import put, put_json, put_parts

if TYPE_CHECKING:
    from datetime import datetime

    from c7n_certrenew.report.plans import Planned


@click.command(short_help="Show the plan that a dry run left in a directory.")
@click.argument("out", type=click.Path(path_type=Path))
@as_json
@click.option("--markdown", is_flag=True, help="Print Markdown, say for a pull request.")
def plan(out: Path, as_json: bool, markdown: bool) -> int:
    """Show the plan that a dry run left in a directory, as a person reads it.

    OUT is the directory of `custodian run --dryrun` or any directory above policies' outputs.
    No AWS is asked. Exits with 2 if a renewal would be refused, would leave a listener as it is
    or finds one gone back, or waits though a served certificate has expired or `alarm-days` are
    reached; with 3 if all is well but something could not be looked at.

    \b
    Examples:
      custodian run --dryrun -s plan renew.yml && certrenew plan plan
      certrenew plan --markdown plan > comment.md
      certrenew plan --json plan | jq '.Policies[].Plans[].Verdict'
    """
    from datetime import datetime, timezone

    if as_json and markdown:
        raise click.UsageError("--json and --markdown exclude each other")
    found, now = _read(out), datetime.now(timezone.utc)
    _print(found, now, as_json, markdown)
    return _code(found, now)


def _read(out: Path) -> list[Planned]:
    from c7n_certrenew.report.output import OutputError
    from c7n_certrenew.report.plans import read_plans

    try:
        return read_plans(out)
    except OutputError as error:
        raise click.ClickException(str(error)) from error


def _print(found: list[Planned], now: datetime, as_json: bool, markdown: bool) -> None:
    from c7n_certrenew.report.plan_markdown import plan_markdown
    from c7n_certrenew.report.plan_terminal import plan_parts
    from c7n_certrenew.report.plans import plan_shape

    if as_json:
        put_json(plan_shape(found))
    elif markdown:
        put(plan_markdown(found, now))
    else:
        put_parts(plan_parts(found, now))
    for failure in (planned.failure for planned in found if planned.failure):
        click.echo(f"Error: {failure}", err=True)


def _code(found: list[Planned], now: datetime) -> int:
    from c7n_certrenew.report.plans import needs_attention

    if any(planned.failure for planned in found):
        return ExitCode.ERROR
    plans = [one for planned in found for one in planned.plans]
    attention = [one for one in plans if needs_attention(one, now)]
    return exit_code(attention, [one for one in plans if one.get("Unread")])
