"""The rule pack: the policies that are shipped, one a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import c7n_certrenew
from c7n_certrenew.variables import Variable, variables

SEVERITIES = ("informational", "low", "medium", "high", "critical")
"""How much a finding matters, the least first; `report/schema/policy-metadata-v1.json` says what
each is for."""


@dataclass(frozen=True)
class Metadata:
    """What a rule says of itself; what each is, `report/schema/policy-metadata-v1.json` says."""

    id: str
    title: str
    severity: str
    risk: str
    violation: str
    fix: str
    citation: str
    false_positives: str
    controls: tuple[str, ...]
    remediation_policy: str = ""


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
        """Return what it does: detect, renew, cleanup, or fleet, which tells others."""
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

    @cached_property
    def metadata(self) -> Metadata:
        """Return what the rule says of itself."""
        given = {key.replace("-", "_"): value for key, value in self.data["metadata"].items()}
        texts = {key: str(value).strip() for key, value in given.items() if key != "controls"}
        return Metadata(**texts, controls=tuple(given["controls"]))

    @property
    def resource(self) -> str:
        """Return what the policy is about: aws.iam-certificate."""
        return str(self.data["resource"])

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """Return what a user may tune."""
        return variables(self.text)

    @cached_property
    def templates(self) -> dict[str, str]:
        """Return the texts of the templates that variables name, by their places in the pack."""
        named = [one.default for one in self.variables if one.name.endswith("template")]
        files = [self.path.parent / "templates" / f"{name}.j2" for name in named]
        return {f"{self.kind}/templates/{one.name}": one.read_text("utf-8") for one in files}

    @property
    def title(self) -> str:
        """Return what the policy asks for, in one sentence."""
        return self.metadata.title


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
