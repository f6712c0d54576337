"""Where a renewed certificate already is, one source a file.

A source is imported when a policy names it: audits need none of what they build on.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from c7n_certrenew.sources.base import Source

NOT_SOURCES = {
    "acm_shelf",
    "aws_store",
    "base",
    "existing",
    "kept",
    "named",
    "parts",
    "vault_session",
}
"""Modules of this package that several sources share."""

SOURCES = tuple(sorted({found.name for found in iter_modules(__path__)} - NOT_SOURCES))
"""Every source, by its name in a policy, which is that of its file."""


def source_class(name: str) -> type[Source]:
    """Return the class of a source, by its name in a policy."""
    found: type[Source] = import_module(f"{__name__}.{name}").SOURCE
    return found


def make_source(options: Mapping[str, Any]) -> Source:
    """Return the source that a policy's `source:` block describes.

    Raises SourceError for options that contradict each other; keys and types are the
    schema's to check.
    """
    return source_class(options["type"]).from_options(options)
