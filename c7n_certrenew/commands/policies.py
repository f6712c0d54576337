"""`certrenew policies`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from c7n_certrenew.commands.exit_codes import ExitCode
from c7n_certrenew.commands.options import DIRECTORY, as_json
from c7n_certrenew.commands.screen import put, put_json, put_parts


@click.group(invoke_without_command=True, short_help="List, show or copy the shipped policies.")
@as_json
@click.pass_context
def policies(ctx: click.Context, as_json: bool) -> int:
    """List the shipped policies; show or copy them.

    \b
    Examples:
      certrenew policies
      certrenew policies show iam-certificate-expiring
      certrenew policies copy policies iam-certificate-expiring-renew
    """
    from c7n_certrenew.commands.shipping import chosen, policy_shape, policy_table

    if ctx.invoked_subcommand is not None:
        return ExitCode.CLEAN
    if as_json:
        put_json([policy_shape(one) for one in chosen()])
    else:
        put_parts([policy_table(chosen())])
    return ExitCode.CLEAN


@policies.command()
@click.argument("name")
@as_json
def show(name: str, as_json: bool) -> int:
    """Print a shipped policy: its file as it is, or the policy as JSON.

    \b
    Examples:
      certrenew policies show iam-certificate-expiring > expiring.yml
    """
    from c7n_certrenew.commands.shipping import chosen

    [policy] = chosen([name])
    if as_json:
        put_json({"policies": [policy.data]})
    else:
        put(policy.text)
    return ExitCode.CLEAN


@policies.command()
@click.argument("directory", type=DIRECTORY)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--set",
    "values",
    metavar="VAR=VALUE",
    multiple=True,
    help="Give a variable of these policies another default, in YAML; may be repeated.",
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@as_json
def copy(
    directory: Path, names: Sequence[str], values: Sequence[str], force: bool, as_json: bool
) -> int:
    """Copy shipped policies into a directory, all if none is named.

    They keep their folders: detect, renew, cleanup, fleet. What may be tuned stands below `vars` in
    each file; --set does so in the copies of all that have the variable, and changes nothing else.
    Templates that a policy names are copied too. A file that is there is never overwritten without
    --force, and nothing is written then. Prints what was written.

    \b
    Examples:
      certrenew policies copy policies
      certrenew policies copy policies iam-certificate-expiring-renew
      certrenew policies copy policies iam-certificate-expiring --set days=45
    """
    from c7n_certrenew.commands.shipping import chosen, copied
    from c7n_certrenew.commands.tuning import tuned_texts

    found = chosen(names)
    texts = tuned_texts(found, values)
    for one in found:
        texts |= one.templates
    written = [str(path) for path in copied(texts, directory, force)]
    if as_json:
        put_json(written)
    else:
        put("".join(f"{path}\n" for path in written))
    return ExitCode.CLEAN
