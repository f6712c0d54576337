"""What a user may tune in a policy file: the block `vars`, that the policy takes by alias."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_ANCHOR = re.compile(r"&\S+\s+")


@dataclass(frozen=True)
class Variable:
    """One variable, with the comment above it; `start` and `end` are where its default stands."""

    name: str
    comment: str
    default: Any
    start: int
    end: int

    @property
    def kind(self) -> str:
        """Return the type of the default, in YAML's words."""
        return _KINDS.get(type(self.default), "null")

    def takes(self, value: object) -> bool:
        """Say whether a value is of the default's type; a list takes what its members are."""
        if isinstance(self.default, list) and isinstance(value, list):
            kinds = {type(member) for member in self.default}
            return not kinds or {type(member) for member in value} <= kinds
        return type(value) is type(self.default)


_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_KINDS |= {list: "a list", dict: "a mapping"}


def variables(text: str) -> tuple[Variable, ...]:
    """Return the variables of a policy file in their order, none where it has no `vars`.

    >>> [found] = variables("vars:\\n  # Days before the end.\\n  days: &days 30\\n")
    >>> found.name, found.default, found.comment
    ('days', 30, 'Days before the end.')
    """
    import yaml

    top = yaml.compose(text, yaml.SafeLoader)
    for key, value in top.value if isinstance(top, yaml.MappingNode) else ():
        if key.value == "vars":
            defaults = yaml.safe_load(text)["vars"] or {}
            return tuple(_variables(text, value.value, defaults))
    return ()


def tuned(text: str, values: Mapping[str, object]) -> str:
    """Return a policy file with other defaults; comments and all else stay as they are.

    >>> tuned("vars:\\n  days: &days 30 # or so\\n", {"days": 45})
    'vars:\\n  days: &days 45 # or so\\n'
    """
    for one in reversed(variables(text)):
        if one.name in values:
            text = text[: one.start] + written(values[one.name]) + text[one.end :]
    return text


def written(value: object) -> str:
    """Return a value as YAML on one line."""
    import yaml

    dumped: str = yaml.safe_dump([value], default_flow_style=True, width=10**6, allow_unicode=True)
    return dumped.strip()[1:-1]


def _variables(text: str, pairs: Any, defaults: Mapping[str, Any]) -> Iterator[Variable]:
    lines = text.splitlines()
    for key, node in pairs:
        start = node.start_mark.index
        anchor = _ANCHOR.match(text, start)
        comment = " ".join(reversed(list(_above(lines, key.start_mark.line))))
        begin, end = anchor.end() if anchor else start, _end(node)
        end -= len(text[begin:end]) - len(text[begin:end].rstrip())
        yield Variable(key.value, comment, defaults[key.value], begin, end)


def _above(lines: list[str], number: int) -> Iterator[str]:
    """Yield the lines of the comment that ends above a line, the last one first."""
    while number and lines[number - 1].lstrip().startswith("#"):
        number -= 1
        yield lines[number].strip().lstrip("# ")


def _end(node: Any) -> int:
    """Return where a node ends; a block's own mark is where the next thing begins."""
    if isinstance(node.value, list) and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    end: int = node.end_mark.index
    return end
