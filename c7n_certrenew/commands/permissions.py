"""`certrenew permissions`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from c7n_certrenew.commands.exit_codes import ExitCode
from c7n_certrenew.commands.screen import put_json

PARTITIONS = ("aws", "aws-us-gov", "aws-cn")


@click.command(short_help="Print the IAM policy that policies need.")
@click.argument("policies", metavar="[POLICY]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--partition",
    type=click.Choice(PARTITIONS),
    default="aws",
    show_default=True,
    help="Where the account is.",
)
@click.option("--json", is_flag=True, expose_value=False, help="Print JSON, as it always does.")
def permissions(policies: Sequence[Path], partition: str) -> int:
    """Print the IAM policy that a role needs to run policies.

    POLICY is a file or a directory of them; the shipped policies if none is named. Each action is
    allowed on the kind of resource it works on, where AWS can tell; one statement a purpose.
    No AWS is asked. What deploying a policy to Lambda and output to S3 need is not in it.

    \b
    Examples:
      certrenew permissions renew.yml > role.json
      certrenew permissions --partition aws-us-gov
    """
    from c7n_certrenew.commands.account import one_line_errors
    from c7n_certrenew.commands.granting import document, needed

    with one_line_errors():
        put_json(document(needed(policies), partition))
    return ExitCode.CLEAN
