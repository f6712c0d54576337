"""Every generated page, and where the checkout has another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reference import command_line, controls, decisions, elements, permissions, policies, records

ROOT = Path(__file__).parents[2]
_PARTS = (policies, controls, elements, permissions, records, command_line, decisions)
_OURS = (policies.FOLDER, elements.FOLDER)
"""Folders in which every page is generated: another one there is left over."""


def pages() -> dict[Path, str]:
    """Return the text of each page, by its path."""
    return {ROOT / place: text for part in _PARTS for place, text in part.pages()}


def differing(wanted: Mapping[Path, str]) -> list[Path]:
    """Return the pages that are missing, are other than they should be, or are left over."""
    there = {path for folder in _OURS for path in (ROOT / folder).glob("*.md")}
    return sorted(path for path in {*wanted, *there} if _text(path) != wanted.get(path))


def _text(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None
