"""Shipped policies: chosen by name, listed, copied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from rich.console import Group

from c7n_certrenew import pack
from c7n_certrenew.commands.near import suggestion
from c7n_certrenew.report.plain import plain
from c7n_certrenew.report.terminal import Fitting, block, table, text

if TYPE_CHECKING:
    from pathlib import Path


def chosen(names: Sequence[str] = ()) -> list[pack.Shipped]:
    """Return the policies of these names, all if none is named. Raises ClickException."""
    by_name = {one.name: one for one in pack.shipped()}
    for name in names:
        if name not in by_name:
            raise click.ClickException(suggestion(name, by_name, "shipped policy"))
    return [by_name[name] for name in dict.fromkeys(names or by_name)]


def copied(texts: Mapping[str, str], directory: Path, force: bool) -> list[Path]:
    """Write texts to their places in a directory and return the files, or raise ClickException."""
    files = {directory / place: text for place, text in texts.items()}
    there = [str(path) for path in files if path.exists() or path.is_symlink()]
    if there and not force:
        hint = "--force overwrites, nothing was written"
        raise click.ClickException(plain(f"already there: {', '.join(there)}; {hint}"))
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, "utf-8")
    except OSError as error:
        raise click.ClickException(plain(f"{error.filename}: {error.strerror}")) from error
    return list(files)


def policy_shape(one: pack.Shipped) -> dict[str, Any]:
    """Return a policy as JSON, without what it consists of."""
    return {
        "Name": one.name,
        "File": str(one.path),
        "Id": one.metadata.id,
        "Kind": one.kind,
        "Title": one.title,
        "Description": str(one.data["description"]).strip(),
        "Severity": one.metadata.severity,
        "Variables": {var.name: var.default for var in one.variables},
    }


def policy_table(policies: Iterable[pack.Shipped]) -> Fitting:
    """Show what there is, each kind together."""
    made, blocks = table("Policy", "Id", "Does", "Severity", "Says"), []
    made.columns[0].no_wrap = True
    for one in policies:
        number = one.metadata.id.rpartition("-")[2]
        said = (one.kind, one.metadata.severity, one.title)
        made.add_row(text(one.name), number, *map(text, said))
        about = text(f"{one.metadata.id}, {one.metadata.severity}")
        rows = [("does", text(one.kind)), ("is", about), ("says", text(one.title))]
        blocks.append(Group(text(one.name, "bold"), block(rows)))
    return Fitting(made, tuple(blocks), wraps=True)
