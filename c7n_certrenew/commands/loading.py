"""Policies of files, loaded and checked as custodian does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import yaml
from c7n.policy import load as load_policies

from c7n_certrenew.report.plain import plain


def load(path: Path, options: Any) -> list[Any]:
    """Return Custodian's policies of a file or directory.

    Where the options name no account or no region, the variable stays for whichever it will be.
    Raises ClickException for what is no policy file, and what their validation raises.
    """
    try:
        policies = list(load_policies(options, str(path)) or ())
    except (OSError, yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise click.ClickException(plain(f"{path}: {reason}")) from error
    if not policies:
        raise click.ClickException(plain(f"{path}: no policies in it"))
    for policy in policies:
        variables = policy.get_variables()
        open_ones = [name for name in ("account_id", "partition", "region") if not variables[name]]
        policy.expand_variables({**variables, **{name: f"{{{name}}}" for name in open_ones}})
        policy.validate()
    return policies
