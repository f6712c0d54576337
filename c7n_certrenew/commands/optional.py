"""Modules that an extra brings."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import click


def sandbox_module(module: str) -> ModuleType:
    return optional(
        f"c7n_certrenew.sandbox.{module}", "the sandbox needs: pip install 'c7n-certrenew[sandbox]'"
    )


def optional(module: str, hint: str) -> ModuleType:
    """Import a module; refuse with the hint where something outside this package is missing."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("c7n_certrenew"):
            raise
        raise click.ClickException(hint) from error
