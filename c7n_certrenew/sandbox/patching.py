"""Reversible replacements inside moto."""

from __future__ import annotations

import functools
import inspect
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

    from .world import World

_ABSENT = object()


@dataclass(frozen=True)
class PatchPoint:
    """Name one attribute of a moto class or module, what stands in its place, and why.

    The replacement is called with the world, then with what the original method is called with.
    What stands in the place of a property is a property.
    """

    owner: type[Any] | ModuleType
    name: str
    replacement: Callable[..., Any]
    why: str

    @property
    def place(self) -> str:
        """Return where the attribute is, as one would import it."""
        if isinstance(self.owner, type):
            return f"{self.owner.__module__}.{self.owner.__qualname__}.{self.name}"
        return f"{self.owner.__name__}.{self.name}"

    @property
    def stock(self) -> Any:
        """Return moto's own attribute, or None where moto has none."""
        return self.owner.__dict__.get(self.name)


@contextmanager
def applied(points: Iterable[PatchPoint], world: World) -> Iterator[None]:
    """Put the replacements in place for one world, and moto's own attributes back at the end."""
    with ExitStack() as stack:
        for point in points:
            stock = point.owner.__dict__.get(point.name, _ABSENT)
            setattr(point.owner, point.name, _in_place(point, world))
            stack.callback(_restore, point, stock)
        yield


def _in_place(point: PatchPoint, world: World) -> Any:
    bound = _bound(point.replacement, world)
    stock = inspect.getattr_static(point.owner, point.name, None)
    return property(bound) if isinstance(stock, property) else bound


def _bound(replacement: Callable[..., Any], world: World) -> Callable[..., Any]:
    """Make a plain function: moto finds its operations with inspect.isfunction."""

    @functools.wraps(replacement)
    def patched(target: Any, *args: Any, **kwargs: Any) -> Any:
        return replacement(world, target, *args, **kwargs)

    return patched


def _restore(point: PatchPoint, stock: Any) -> None:
    if stock is _ABSENT:
        delattr(point.owner, point.name)
    else:
        setattr(point.owner, point.name, stock)
