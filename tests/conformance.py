"""Write docs/reference/sandbox-conformance.md: what the sandbox does, why, and which test shows it.

Run it with ``python tests/conformance.py`` when a test of the sandbox was added or changed.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "sandbox-conformance.md"
CONTRACTS = ROOT / "tests" / "contract"
KINDS = {
    "model": "the service model that botocore ships says so",
    "guide": "a page of AWS's documentation says so",
    "thread": "a public thread quotes AWS's answer",
    "assumption": "nobody has shown it: the strictest reading, or what follows from other rows",
    "design": "AWS has no such thing: it is how the sandbox is used",
}
ITSELF = frozenset(
    ("authority", "clock", "faults", "host", "patching", "profiles", "script", "speed", "throttle")
)
"""Modules about the sandbox itself: a test of these that has no evidence is left out."""
_THREAD = re.compile(r"\b([\w.-]+/[\w.-]+)#(\d+)")
_HEAD = """\
# What the sandbox does as AWS does it

Generated from the tests by `python tests/conformance.py`; a test compares. "Row" is a row of
[AWS behaviour](aws-behaviour.md). Tests of what the sandbox is beyond AWS are left out.
Nothing here was tried on AWS by us: each row says what it rests on, so that it can be.

| evidence | meaning | behaviours |
|---|---|---|
"""


@dataclass(frozen=True)
class Behaviour:
    """Hold one test of the sandbox: what it shows, and each thing that this rests on."""

    test: str
    statement: str
    evidence: tuple[str, ...]

    @property
    def row(self) -> str:
        """Return its row in a table."""
        evidence = "; ".join(self.evidence)
        linked = _THREAD.sub(r"[\1#\2](https://github.com/\1/issues/\2)", evidence)
        cells = self.statement, linked, f"`{self.test}`"
        return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


@dataclass(frozen=True)
class Module:
    """Hold the behaviours that one module of tests shows."""

    path: Path
    title: str
    behaviours: tuple[Behaviour, ...]

    @property
    def section(self) -> str:
        """Return its section, empty where nothing has evidence."""
        rows = [found.row for found in self.behaviours if found.evidence]
        named = f"`{self.path.relative_to(ROOT).as_posix()}`"
        table = "| behaviour | evidence | test |\n|---|---|---|\n"
        return f"\n## {self.title}\n\n{named}\n\n{table}{''.join(rows)}" if rows else ""


def modules() -> list[Module]:
    """Read every module of tests of the sandbox."""
    return [_module(path) for path in sorted(CONTRACTS.glob("test_sandbox_*.py"))]


def _module(path: Path) -> Module:
    tree = ast.parse(path.read_text("utf-8"))
    texts: dict[str, str] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                texts[name] = _text(value, texts)
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    behaviours = [_behaviour(node, texts) for node in tests if node.name.startswith("test_")]
    return Module(path, _statement(tree), tuple(behaviours))


def _behaviour(test: ast.FunctionDef, texts: dict[str, str]) -> Behaviour:
    return Behaviour(test.name, _statement(test), tuple(_evidence(test, texts)))


def _statement(node: ast.FunctionDef | ast.Module) -> str:
    paragraph = (ast.get_docstring(node) or "").split("\n\n")[0]
    return " ".join(paragraph.split()).removesuffix(".")


def _evidence(test: ast.FunctionDef, texts: dict[str, str]) -> Iterator[str]:
    for decorator in test.decorator_list:
        match decorator:
            case ast.Call(func=ast.Attribute(attr="evidence"), args=[source]):
                yield _text(source, texts)


def _text(node: ast.expr, texts: dict[str, str]) -> str:
    """Return what a text is, empty for what is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return texts.get(name, "")
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, texts) + _text(right, texts)
        case ast.JoinedStr(values=values):
            return "".join(_text(value, texts) for value in values)
        case ast.FormattedValue(value=value):
            return _text(value, texts)
    return ""


def page() -> str:
    """Return the page."""
    found = modules()
    evidence = [text for module in found for one in module.behaviours for text in one.evidence]
    counts = Counter(text.partition(":")[0] for text in evidence)
    rows = "".join(f"| {kind} | {KINDS[kind]} | {counts[kind]} |\n" for kind in KINDS)
    return _HEAD + rows + "".join(module.section for module in found)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
