"""No part of a policy is idle: without it, or with another number, a case ends otherwise."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from c7n.exceptions import PolicyValidationError
from policies.harness import PACK, Bench, Data, policy_data
from policies.tables import TABLES

Path = tuple[str | int, ...]


def parts(value: Any, path: Path) -> Iterator[Path]:
    """Yield the paths of all filters below a list of filters, blocks and their members."""
    for number, found in enumerate(value):
        yield (*path, number)
        for block in ("or", "and", "not"):
            yield from parts(found.get(block, ()), (*path, number, block))


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


def mutants(data: Data) -> Iterator[tuple[str, Data]]:
    """Yield the policy without each filter and option, and with each number one off."""
    for path in parts(data["filters"], ("filters",)):
        yield f"no {name(path)}", without(data, path)
        for key, value in at(data, path).items():
            if isinstance(value, int):
                for other in (value - 1, value + 1):
                    yield f"{key} {other}", changed(data, (*path, key), other)
            elif key in ("expired", "store", "attrs"):
                yield f"no {key}", without(data, (*path, key))


def name(path: Path) -> str:
    """Return a path as one word."""
    return ".".join(map(str, path))


MUTANTS = [
    pytest.param(stem, mutated, id=f"{stem}: {title}")
    for stem in PACK
    for title, mutated in mutants(policy_data(stem))
]


@pytest.mark.parametrize(("stem", "mutated"), MUTANTS)
def test_mutants_are_caught(stem: str, mutated: Data, bench: Bench) -> None:
    """A policy with a filter dropped or a number changed fails a case, or is refused as wrong."""
    table = TABLES[stem]
    try:
        caught = any(bench.contradicts(mutated, table.base, case) for case in table.cases)
    except PolicyValidationError:
        caught = True
    assert caught


def test_every_filter_is_mutated() -> None:
    """The mutants of a policy reach its filters inside blocks as well."""
    titles = [title for title, _ in mutants(policy_data("iam-certificate-inventory"))]
    left_out = [title for title in titles if title.startswith("no ")]
    assert left_out == ["no filters.0", "no filters.0.or.0", "no filters.0.or.1"]
