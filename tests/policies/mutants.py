"""A policy with one thing of its filters changed: what somebody might mistype or leave out."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

from policies.harness import Data, make_policy

Path = tuple[str | int, ...]
BLOCKS = {"or": "and", "and": "or"}
OPERATORS = {"lt": "le", "le": "lt", "lte": "lt", "less-than": "le"}
OPERATORS |= {"gt": "ge", "ge": "gt", "gte": "gt", "greater-than": "ge"}
OPERATORS |= {"eq": "ne", "equal": "ne", "ne": "eq", "not-equal": "eq"}
OPERATORS |= {"in": "not-in", "ni": "in", "not-in": "in", "contains": "eq", "regex": "eq"}
PRESENCE = {"present": "absent", "absent": "present", "not-null": "empty", "empty": "not-null"}
_MANY = 4
"""Of how many values one is tried each; of more, one that is none of them."""


def mutants(data: Data) -> Iterator[tuple[str, Data]]:
    """Yield the policy with each filter, option and value of its filters dropped or changed."""
    for path in filters_of(data["filters"], ("filters",)):
        yield f"no {_name(path)}", without(data, path)
        found = at(data, path)
        for key in found if isinstance(found, dict) else ():
            if key in BLOCKS:
                yield from _other_block(data, path, key)
            elif key not in ("type", "not"):
                yield from _options(data, (*path, key), _allowed(data, found, key))


def filters_of(value: Any, path: Path) -> Iterator[Path]:
    """Yield the paths of all filters below a list of filters, blocks and their members."""
    for number, found in enumerate(value):
        yield (*path, number)
        for block in ("or", "and", "not"):
            if isinstance(found, dict):
                yield from filters_of(found.get(block, ()), (*path, number, block))


def _other_block(data: Data, path: Path, key: str) -> Iterator[tuple[str, Data]]:
    members = at(data, (*path, key))
    if len(members) > 1:
        turned = changed(data, path, {BLOCKS[key]: members})
        yield f"{_name((*path, key))} is {BLOCKS[key]}", turned


def _options(data: Data, path: Path, allowed: Iterable[Any]) -> Iterator[tuple[str, Data]]:
    """Yield the policy without what is at a path, and with something else there."""
    value = at(data, path)
    shown = "" if isinstance(value, (dict, list)) else f" {value}"
    yield f"no {_name(path)}{shown}", without(data, path)
    if isinstance(value, dict):
        for key in value:
            yield from _options(data, (*path, key), ())
    elif isinstance(value, list):
        for number in range(len(value)):
            yield from _options(data, (*path, number), ())
    else:
        for other in _others(value, path, allowed):
            yield f"{_name(path)} is {other}", changed(data, path, other)


def _others(value: Any, path: Path, allowed: Iterable[Any]) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value - 1, value + 1]
    if isinstance(value, date):
        return [value - timedelta(days=1), value + timedelta(days=1)]
    if path[-1] in ("op", "count_op"):
        return [OPERATORS[value]]
    if value in PRESENCE:
        return [PRESENCE[value]]
    others = [one for one in allowed if one != value]
    return others if 0 < len(others) < _MANY else _other_texts(str(value))


def _other_texts(value: str) -> list[str]:
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return [f"{value}Other"]
    return [f"{day + timedelta(days=number)}{value[10:]}" for number in (-1, 1)]


def _allowed(data: Data, found: Data, key: str) -> list[Any]:
    """Return the values that an option may have, if there are only some."""
    if "type" not in found:
        return []
    schema = _schemas(data["resource"])[found["type"]].schema
    return list(schema.get("properties", {}).get(key, {}).get("enum", ()))


@cache
def _schemas(resource: str) -> Any:
    policy = make_policy({"name": "any", "resource": resource})
    return policy.resource_manager.filter_registry


def at(data: Data, path: Path) -> Any:
    """Return what stands at a path."""
    value: Any = data
    for step in path:
        value = value[step]
    return value


def without(data: Data, path: Path) -> Data:
    """Return the policy without what stands at a path."""
    mutated = copy.deepcopy(data)
    del at(mutated, path[:-1])[path[-1]]
    return mutated


def changed(data: Data, path: Path, value: Any) -> Data:
    """Return the policy with another value at a path."""
    mutated = copy.deepcopy(data)
    at(mutated, path[:-1])[path[-1]] = value
    return mutated


def _name(path: Path) -> str:
    return ".".join(map(str, path))
