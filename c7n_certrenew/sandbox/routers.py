"""Have what moto makes of a service's description made by one thread at a time."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any

from moto.core import responses, routing
from moto.core.model import ServiceModel

from .patching import PatchPoint

if TYPE_CHECKING:
    from .world import World

MAKING = RLock()
"""Held by whoever compiles paths, which goes by way of Python's syntax trees.

Before CPython 3.11.8 and 3.12.1 two threads may not make any at once (python/cpython#106905).
"""

_stock_operation_model = ServiceModel.operation_model


def router_of(service: str) -> Any:
    """Return the table of a service's paths."""
    with MAKING:
        return routing.get_service_router(service)


def get_service_router(_: World, service: str) -> Any:
    """Return the table of a service's paths to moto."""
    return router_of(service)


def operation_model(_: World, model: ServiceModel, name: str) -> Any:
    """Return the description of an operation, of moto's class: for a moment botocore's is kept."""
    with MAKING:
        return _stock_operation_model(model, name)


POINTS = (
    PatchPoint(
        ServiceModel,
        "operation_model",
        operation_model,
        "moto keeps botocore's under the same name until it has made its own, for all threads",
    ),
    PatchPoint(
        responses,
        "get_service_router",
        get_service_router,
        "moto makes it in each thread that asks for it first",
    ),
)
