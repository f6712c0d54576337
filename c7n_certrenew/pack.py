"""The rule pack: the policies that are shipped, one a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import c7n_certrenew


@dataclass(frozen=True)
class Shipped:
    """One policy of the pack; `place` is where it stands there: `detect/NAME.yml`."""

    path: Path
    place: str

    @property
    def name(self) -> str:
        """Return the policy's name, which is also its file's."""
        return self.path.stem

    @property
    def kind(self) -> str:
        """Return what it does: detect or renew."""
        return self.place.partition("/")[0]

    @property
    def text(self) -> str:
        """Return the file's text."""
        return self.path.read_text("utf-8")

    @cached_property
    def data(self) -> dict[str, Any]:
        """Return the policy as YAML has it."""
        import yaml

        [policy] = yaml.safe_load(self.text)["policies"]
        return dict(policy)

    @property
    def title(self) -> str:
        """Return what the policy asks for, in one sentence."""
        return str(self.data["metadata"]["title"])


def directory() -> Path:
    """Return the rule pack: inside the installed package, or beside it in a checkout."""
    package = Path(c7n_certrenew.__file__).parent
    installed = package / "policies"
    return installed if installed.is_dir() else package.parent / "policies"


def shipped(kind: str = "") -> list[Shipped]:
    """Return every policy of the pack, or those of a kind, in the order of their places."""
    root = directory()
    places = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.yml"))
    pack = [Shipped(root / place, place) for place in places]
    return [one for one in pack if kind in ("", one.kind)]
