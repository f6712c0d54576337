"""`certrenew permissions`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from c7n_certrenew.commands.exit_codes import ExitCode
from c7n_certrenew.commands.screen import put_json
from c7n_certrenew.report.plain import plain

PARTITIONS = ("aws", "aws-us-gov", "aws-cn")
AUDIT, SOURCE_READER, RENEW, CLEANUP, NOTIFY = ROLES = (
    *("audit", "source-reader", "renew", "cleanup"),
    "notify",
)
"""Who looks and plans, who reads renewed certificates with their keys, who changes, who deletes,
who tells others."""

_BESIDE = (
    "a plan reads private keys too, as they are beside their certificates or a role reads both: "
    "where plans are made, attach source-reader as well"
)
_ASSUMED = (
    "what is assumed needs, in its own account, what this prints for the policy without "
    "assume-role: {roles}"
)


def _like(pattern: str, example: str) -> Callable[..., Any]:
    """Return a callback that takes text of one form, once or several times."""

    def check(_: click.Context, __: click.Parameter, given: Any) -> Any:
        for value in (given,) if isinstance(given, str) else given or ():
            if not re.fullmatch(pattern, value):
                raise click.BadParameter(f"{plain(value)} is not like {example}")
        return given

    return check


@click.command(short_help="Print the IAM policies that policies need, one a role.")
@click.argument("policies", metavar="[POLICY]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--role",
    type=click.Choice(ROLES),
    help="Print what this role needs; without it, all in one.",
)
@click.option(
    "--opt-in-tag",
    metavar="KEY=VALUE",
    callback=_like(r"[^=]+=.*", "certrenew=on"),
    help="Allow changes only where this tag is: on the listener itself of an application or "
    "network load balancer (its load balancer's tags do not count), on a classic load balancer, "
    "on a distribution. Reading and uploading are not limited: lists know no tags, and a new "
    "certificate has none yet.",
)
@click.option(
    "--account",
    metavar="ID",
    callback=_like(r"\d{12}", "123456789012"),
    help="Name the account in ARNs.",
)
@click.option(
    "--region",
    "regions",
    metavar="REGION",
    multiple=True,
    callback=_like(r"[a-z]{2,}(-[a-z]+)+-\d+", "eu-west-1"),
    help="Allow changes of load balancers in this region; may be repeated. All regions are still "
    "looked at; distributions have no region.",
)
@click.option(
    "--partition",
    type=click.Choice(PARTITIONS),
    default="aws",
    show_default=True,
    help="Where the account is.",
)
@click.option("--json", is_flag=True, expose_value=False, help="Print JSON, as it always does.")
def permissions(
    policies: Sequence[Path],
    role: str | None,
    opt_in_tag: str | None,
    account: str | None,
    regions: Sequence[str],
    partition: str,
) -> int:
    """Print the IAM policies that policies need, one a role, ready to attach.

    POLICY is a file or a directory of them; the shipped policies if none is named. `audit` looks
    and plans, `source-reader` reads renewed certificates with their keys, `renew` uploads and
    changes listeners; a renewal needs these three. `cleanup` deletes server certificates and takes
    tags off them, `notify` writes to queues, topics and Security Hub; each needs `audit` too. Each
    action is allowed on the kind of resource it works on, where AWS can tell; one statement a
    purpose. No AWS is asked. What deploying a policy to Lambda and output to S3 need is not in it.

    \b
    Examples:
      certrenew permissions --role audit > audit.json
      certrenew permissions --role renew --opt-in-tag certrenew=on renew.yml
      certrenew permissions --partition aws-us-gov
    """
    from c7n_certrenew.commands.account import one_line_errors
    from c7n_certrenew.commands.granting import (
        Extent,
        document,
        loaded,
        needed_by,
        without_role,
    )
    from c7n_certrenew.commands.granting_publish import publish_statements
    from c7n_certrenew.commands.granting_sources import (
        reads_key_to_plan,
        roles_of,
        source_statements,
        sources_of,
    )

    key, _, value = (opt_in_tag or "").partition("=")
    extent = Extent(partition, account or "*", regions or ("*",), {key: value} if key else {})
    with one_line_errors():
        found = loaded(policies)
        actions, sources = needed_by(found), sources_of(found)
        shown = document(actions, extent, role)
        shown["Statement"] += source_statements(sources, extent, role)
        shown["Statement"] += publish_statements(found, extent, role)
        put_json(shown)
    if role and not shown["Statement"]:
        click.echo(_nothing(role), err=True)
    if role == AUDIT and any(map(reads_key_to_plan, sources)):
        click.echo(_BESIDE, err=True)
    if role in (None, SOURCE_READER) and (assumed := roles_of(sources)):
        click.echo(_ASSUMED.format(roles=", ".join(assumed)), err=True)
    if role and (left := without_role(actions)):
        click.echo(f"in no role, as stock words need it: {', '.join(left)}", err=True)
    return ExitCode.CLEAN


def _nothing(role: str) -> str:
    sources = ": what is read with its key is not on AWS" if role == SOURCE_READER else ""
    return f"nothing to allow on AWS for {role}{sources}; attach no policy for it"
