"""The working directory of the demonstration and of `certrenew sandbox`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import click
import yaml

from c7n_certrenew import pack

from .demo_world import ACCOUNTS, LINES, MESSY, ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from .authority import Authority, Issued
    from .demo_world import Line

MARKER = ".certrenew-sandbox"
CERTIFICATES = "certs"
TRUSTED = "ca.pem"
RENEW = "policies/renew/iam-certificate-expiring-renew.yml"
AUDIT = "audit.yml"
ACCOUNTS_FILE = "accounts.yml"
REGION = "us-east-1"
"""Where c7n-org runs each policy, once an account; the policies look everywhere."""

_NOTE = "Made by certrenew. `certrenew demo` empties this directory when it starts.\n"


def prepare(directory: Path, wiped: bool) -> None:
    """Make the working directory, with the shipped policies and a marker in it.

    A former one is emptied (`wiped`) or else keeps what its user put there: only certificates
    are removed. Raises ClickException for a directory that is not ours.
    """
    directory.mkdir(parents=True, exist_ok=True)
    found = list(directory.iterdir())
    if found and not (directory / MARKER).is_file():
        raise click.ClickException(
            f"{directory} is not empty and not of a former run: name another with --directory"
        )
    for path in found if wiped else [directory / CERTIFICATES]:
        _remove(path)
    (directory / MARKER).write_text(_NOTE)
    _copy_policies(directory / "policies")
    _write_accounts(directory / ACCOUNTS_FILE)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _copy_policies(target: Path) -> None:
    """Copy the rule pack; a policy that is already there stays as its user left it."""
    for policy in pack.shipped():
        copy = target / policy.place
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(policy.path, copy)


def _write_accounts(path: Path) -> None:
    """Write what c7n-org must know of each account."""
    accounts = [
        {
            "name": name,
            "account_id": account_id,
            "role": f"arn:aws:iam::{account_id}:role/{ROLE}",
            "regions": [REGION],
        }
        for name, account_id in ACCOUNTS.items()
    ]
    path.write_text(yaml.safe_dump({"accounts": accounts}, sort_keys=False))


def write_audit(directory: Path, policies: Iterable[str]) -> None:
    """Put shipped policies into one file, since c7n-org takes one."""
    found = [
        policy
        for shipped in pack.shipped()
        for policy in yaml.safe_load(shipped.path.read_text())["policies"]
        if policy["name"] in set(policies)
    ]
    (directory / AUDIT).write_text(yaml.safe_dump({"policies": found}, sort_keys=False))


def write_renewed(
    directory: Path, authority: Authority, days: Callable[[Line], float]
) -> dict[str, Issued]:
    """Put what the authority has renewed where the shipped policy looks for it, by lineage.

    `days` says for how many days each is valid.
    """
    (directory / TRUSTED).write_text(authority.root)
    renewed = {line.lineage: line.issue(authority, days(line)) for line in LINES if line.renewed}
    for lineage, issued in renewed.items():
        place = directory / CERTIFICATES / lineage
        issued.write(place)
        if lineage == MESSY.lineage:
            _make_messy(place, issued)
    return renewed


def _make_messy(place: Path, issued: Issued) -> None:
    """Write CRLF lines, a comment, and the chain reversed with its root: PEM as it comes."""
    parts = {"cert": f"subject=renewed\n{issued.certificate}", "chain": issued.root + issued.chain}
    for stem, text in parts.items():
        (place / f"{stem}.pem").write_text(text, newline="\r\n")
