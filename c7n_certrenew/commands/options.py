"""Options that several commands have in common, spelled as custodian spells them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

DIRECTORY = click.Path(file_okay=False, path_type=Path)

_Command = TypeVar("_Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, in a stable shape.")

_REGION_HELP = "The region of the first call; all enabled regions are looked at whatever it is."
_ACCESS = (
    click.option("-r", "--region", default="", help=_REGION_HELP),
    click.option("--profile", default="", help="A profile of the AWS configuration."),
    click.option("--assume", metavar="ROLE", default="", help="The ARN of a role to assume."),
    click.option("--external-id", default="", help="The external id to assume the role with."),
)


@dataclass(frozen=True)
class Access:
    """As whom to look at which account; what is empty is boto3's default."""

    region: str = ""
    profile: str = ""
    assume: str = ""
    external_id: str = ""


def access_options(command: _Command) -> _Command:
    """Add the options of access to a command, which gets them as the argument `access`."""

    @wraps(command)
    def called(region: str, profile: str, assume: str, external_id: str, **given: Any) -> Any:
        return command(access=Access(region, profile, assume, external_id), **given)

    for option in reversed(_ACCESS):
        called = option(called)
    return called  # type: ignore[return-value]  # the same command with other arguments
