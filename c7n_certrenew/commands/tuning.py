"""Other defaults for the variables of shipped policies, as they are copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from c7n_certrenew import pack
from c7n_certrenew.commands.near import suggestion
from c7n_certrenew.report.plain import plain
from c7n_certrenew.variables import Variable, tuned, written


def tuned_texts(policies: Sequence[pack.Shipped], given: Sequence[str]) -> dict[str, str]:
    """Return each policy's text by its place, with the values that are given as VAR=VALUE.

    A value goes to all of the policies that have the variable. Raises ClickException for a
    variable that none has, a value of another type than its default, and one that the policy's
    filters and actions refuse.
    """
    values = dict(map(_parsed, given))
    for name, value in values.items():
        _check(policies, name, value)
    return {one.place: _tuned(one, values) for one in policies}


def _tuned(one: pack.Shipped, values: Mapping[str, Any]) -> str:
    text = tuned(one.text, values) if values else one.text
    if text != one.text:
        _validate(one, text)
    return text


def _validate(one: pack.Shipped, text: str) -> None:
    """Raise ClickException where the policy's own elements would refuse it."""
    import yaml
    from c7n.config import Config
    from c7n.exceptions import PolicyValidationError
    from c7n.policy import PolicyCollection
    from c7n.resources import load_resources

    data = yaml.safe_load(text)
    load_resources((one.resource,))
    try:
        for policy in PolicyCollection.from_data(data, Config.empty(region="")):
            policy.validate()
    except (PolicyValidationError, ValueError, TypeError) as fault:
        said, *values = fault.args or (fault,)  # Custodian leaves it to others to put them in
        reason = " ".join((str(said) % tuple(values) if values else str(said)).split())
        about = reason if one.name in reason else f"policy:{one.name} {reason}"
        raise click.ClickException(plain(f"{about}; nothing was written")) from fault


def _parsed(given: str) -> tuple[str, Any]:
    import yaml

    name, equals, value = given.partition("=")
    if not name or not equals:
        raise click.ClickException(plain(f"--set {given}: say it like days=45"))
    try:
        return name, yaml.safe_load(value)
    except yaml.YAMLError as fault:
        reason = " ".join(str(fault).split())
        raise click.ClickException(plain(f"--set {given}: no YAML: {reason}")) from fault


def _check(policies: Sequence[pack.Shipped], name: str, value: object) -> None:
    having = {one.name: var for one in policies for var in one.variables if var.name == name}
    if not having:
        raise click.ClickException(_unknown(policies, name))
    wrong = {policy: var for policy, var in having.items() if not var.takes(value)}
    if wrong:
        kinds = sorted({var.kind for var in wrong.values()})
        raise click.ClickException(
            plain(f"{name} is {' or '.join(kinds)}, not {written(value)}: {', '.join(wrong)}")
        )


def _unknown(policies: Sequence[pack.Shipped], name: str) -> str:
    elsewhere = [one.name for one in pack.shipped() for var in one.variables if var.name == name]
    if elsewhere:
        return plain(
            f"none of these has the variable {name}; those that do: {', '.join(elsewhere)}"
        )
    known: dict[str, Variable] = {var.name: var for one in policies for var in one.variables}
    return suggestion(name, known, "variable of these policies")
