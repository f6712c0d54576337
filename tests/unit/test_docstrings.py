"""The examples in docstrings hold."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import c7n_certrenew.core

MODULES = [m.name for m in pkgutil.iter_modules(c7n_certrenew.core.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name: str) -> None:
    """Each example in a module's docstrings prints what it says."""
    module = importlib.import_module(f"c7n_certrenew.core.{name}")
    assert doctest.testmod(module).failed == 0
