"""Where a renewed certificate already is, one source a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from c7n_certrenew.sources.base import Source, SourceError
from c7n_certrenew.sources.files import Files

SOURCES: dict[str, type[Files]] = {"files": Files}


def make_source(options: Mapping[str, Any]) -> Source:
    """Return the source that a policy's `source:` block describes.

    Raises SourceError for options that contradict each other; keys and types are the
    schema's to check.
    """
    return SOURCES[options["type"]].from_options(options)


__all__ = ["SOURCES", "Source", "SourceError", "make_source"]
