"""The case tables, by the policy whose name their module has."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from policies.harness import Table

_SHARED = {
    "denials",
    "in_use",
    "left_behind",
    "leftovers",
    "lifetimes",
    "listeners",
    "named",
    "owned",
    "shown_by_x509",
    "windows",
}
_STEMS = sorted(p.stem for p in Path(__file__).with_name("cases").glob("*.py"))

TABLES: dict[str, Table] = {
    stem.replace("_", "-"): import_module(f"policies.cases.{stem}").TABLE
    for stem in _STEMS
    if stem not in _SHARED
}
