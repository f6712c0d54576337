"""What `custodian run` left in its output directory, read back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from c7n_certrenew.report.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from c7n_certrenew.report.bindings import Shape

RESOURCES, METADATA = "resources.json", "metadata.json"


class OutputError(Exception):
    """What is wrong with an output, in one clear line."""


@dataclass(frozen=True)
class PolicyOutput:
    """The directory of one policy, with what its last run said of itself."""

    directory: Path
    metadata: Shape

    @property
    def policy(self) -> str:
        """Return the policy's name."""
        return str(self._section("policy").get("name", self.directory.name))

    @property
    def account_id(self) -> str:
        """Return the account of the run, empty where it is not on record."""
        return str(self._section("config").get("account_id") or "")

    @property
    def started(self) -> float | None:
        """Return when the run began, in seconds since 1970."""
        start = self._section("execution").get("start")
        return float(start) if isinstance(start, (int, float)) else None

    @property
    def dryrun(self) -> bool:
        """Say whether the run was a dry run, or did not say."""
        return bool(self._section("config").get("dryrun", True))

    @property
    def failed(self) -> bool:
        """Say whether the run failed before it matched anything: what lies there is older then."""
        found = {metric.get("MetricName") for metric in self.metadata.get("metrics") or ()}
        return "PolicyException" in found and "ResourceCount" not in found

    def uses(self, kind: str) -> bool:
        """Say whether a filter of this type stands in the policy, at any depth."""
        return _mentions(self._section("policy").get("filters"), kind)

    def resources(self) -> list[Shape]:
        """Return what the policy matched. Raises OutputError where that cannot be read."""
        return read_resources(self.directory / RESOURCES)

    def _section(self, key: str) -> Shape:
        section = self.metadata.get(key)
        return section if isinstance(section, dict) else {}


def policy_outputs(out: Path) -> list[PolicyOutput]:
    """Return every policy's output at or below a directory, in the order of their paths.

    Raises OutputError where there is none, or where one says nothing readable of itself.
    """
    if not out.is_dir():
        raise OutputError(f"{plain(out)} is not a directory")
    written = {path.parent for name in (RESOURCES, METADATA) for path in out.rglob(name)}
    if not written:
        raise OutputError(f"{plain(out)} holds no output of custodian: no {RESOURCES} in it")
    return [PolicyOutput(directory, _metadata(directory)) for directory in sorted(written)]


def read_resources(path: Path) -> list[Shape]:
    """Return the resources in a file. Raises OutputError."""
    found = read_json(path)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise OutputError(f"{plain(path)} is not a list of resources")
    return found


def read_json(path: Path) -> Any:
    """Return what a file of JSON says. Raises OutputError."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise OutputError(f"{plain(path)} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise OutputError(f"{plain(path)} is not whole: {plain(error)}") from error


def _metadata(directory: Path) -> Shape:
    path = directory / METADATA
    found = read_json(path) if path.is_file() else {}
    if not isinstance(found, dict):
        raise OutputError(f"{plain(path)} is not custodian's")
    return found


def _mentions(filters: Any, kind: str) -> bool:
    if isinstance(filters, dict):
        return filters.get("type") == kind or any(_mentions(v, kind) for v in filters.values())
    if isinstance(filters, list):
        return any(_mentions(one, kind) for one in filters)
    return bool(filters == kind)
