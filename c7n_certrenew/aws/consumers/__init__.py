"""The AWS services that serve certificates, one file each."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from c7n_certrenew.aws.consumers.base import Call, Consumer, Known, Part, Serving


def discover() -> dict[str, Consumer]:
    """Return what each file of this package calls its CONSUMER, by service."""
    names = sorted(module.name for module in iter_modules(__path__) if module.name != "base")
    found: list[Consumer] = [import_module(f"{__name__}.{name}").CONSUMER for name in names]
    return {consumer.service: consumer for consumer in found}


CONSUMERS = discover()

__all__ = ["CONSUMERS", "Call", "Consumer", "Known", "Part", "Serving", "discover"]
