"""The page of messages: each is one that is printed, and each that we print is explained."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "c7n_certrenew"
PAGE = (ROOT / "docs/troubleshooting.md").read_text("utf-8")
STOCK = (
    *("c7n.commands", "c7n.policy", "c7n.query", "c7n.filters.core", "c7n.actions.core"),
    *("c7n_org.cli", "jsonschema._keywords", "botocore.exceptions"),
)
QUOTED = sorted(
    {
        quoted
        for row in PAGE.splitlines()
        if row.startswith("| `")
        for quoted in re.findall(r"`([^`]+)`", row.split(" | ")[0])
    }
)
AWS_CODES = {"DeleteConflict", "NoSuchEntity"}
LOGGERS = ("log", "host.log")
RAISED = {
    *("ClickException", "UsageError", "CertrenewError", "RenewalIncompleteError"),
    *("OutputError", "PolicyValidationError", "reject"),
}
FILLED = (
    *("AssumeRole", "Counter()", "resources.json", "replacement filter says"),
    *("are left as they are", "count as found", "a replacement filter in the policy"),
    *("certificate or lineage", "shipped policy", "state or reason", "alarm-days:", "did you mean"),
)
"""What stands for itself on the page, and is put into the message when it is printed."""
EXEMPT = {"policy:", "trust: ", "shipped policy"}
"""The beginning of every message about a policy, what is passed on, and half of a message."""


@cache
def printed() -> str:
    """Return every text of the package and the source of what Custodian prints."""
    ours = (
        node.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    specs = [spec for spec in map(find_spec, STOCK) if spec and spec.origin]
    stock = [Path(str(spec.origin)).read_text("utf-8") for spec in specs]
    return "\0".join([*ours, *stock])


def pieces(quoted: str) -> Iterator[str]:
    """Yield what is constant in a message, but for words too short to say anything."""
    for filled in FILLED:
        quoted = quoted.replace(filled, "…")
    for part in quoted.split("…"):
        if len(piece := part.strip(" :;,.?")) > 5:
            yield piece


@pytest.mark.parametrize("quoted", QUOTED)
def test_message_is_printed(quoted: str) -> None:
    """What the page quotes stands in our code, in Custodian's, or is an error code of AWS."""
    if any(f"({code})" in quoted for code in AWS_CODES):
        quoted = quoted.partition(" (")[0]
    said = printed()
    assert [piece for piece in pieces(quoted) if piece not in said] == []


def messages() -> Iterator[tuple[str, str]]:
    """Yield the longest constant piece of each message of the package, with where it stands."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE).as_posix()
        if place.startswith("sandbox/") and path.stem not in ("command", "demo_directory"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _says(node.func):
                texts = [each for each in ast.walk(node) if isinstance(each, ast.Constant)]
                parts = [
                    piece
                    for each in texts
                    for piece in re.split(r"%[sd]", str(each.value))
                    if isinstance(each.value, str)
                ]
                longest = max(parts, key=len, default="").strip(" :;,")
                if len(longest) > 6 and not any(longest.startswith(one) for one in EXEMPT):
                    yield longest, f"{place}:{node.lineno}"


def _says(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and function.attr in ("warning", "error"):
        return ast.unparse(function.value) in LOGGERS
    return ast.unparse(function).rpartition(".")[2] in RAISED


@pytest.mark.parametrize(("piece", "place"), [*messages()], ids=lambda each: str(each))
def test_message_is_on_the_page(piece: str, place: str) -> None:
    """Nothing that we say goes unexplained."""
    assert piece in PAGE, place
