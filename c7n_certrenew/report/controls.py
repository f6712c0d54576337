"""The controls that the rules of the pack are evidence for, as `controls.yml` has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

VERSION = 1


@dataclass(frozen=True)
class Framework:
    """Who published it, in which version; `id` is the part of a control's id before the slash."""

    id: str
    publisher: str
    title: str
    version: str
    link: str


@dataclass(frozen=True)
class Control:
    """One control; `published_for` are the rules that `source` lists it for."""

    framework: Framework
    id: str
    title: str
    published_for: tuple[str, ...] = ()
    source: str = ""

    @property
    def name(self) -> str:
        """Return framework/control, as the metadata of rules has it."""
        return f"{self.framework.id}/{self.id}"

    def mapping(self, rule: str) -> str:
        """Say whose it is that this control is named for a rule: publisher or ours."""
        return "publisher" if rule in self.published_for else "ours"


@cache
def controls() -> Mapping[str, Control]:
    """Return every control by framework/control. Raises ValueError for another version's file."""
    import yaml

    given = yaml.safe_load(Path(__file__).with_name("controls.yml").read_text("utf-8"))
    if given["version"] != VERSION:
        raise ValueError(f"controls.yml has version {given['version']}, not {VERSION}")
    return {one.name: one for one in _controls(given["frameworks"])}


def _controls(frameworks: Mapping[str, Any]) -> Iterator[Control]:
    for name, given in frameworks.items():
        about = {key: given[key] for key in ("publisher", "title", "version", "link")}
        for control, said in given["controls"].items():
            yield Control(
                Framework(name, **about),
                control,
                said["title"],
                tuple(said.get("published-for", ())),
                said.get("source", ""),
            )
