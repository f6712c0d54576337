"""The one place where this package meets Cloud Custodian's registries."""

from __future__ import annotations

from typing import Any

from c7n.resources.iam import ServerCertificate

FILTERS: list[tuple[str, type[Any]]] = []
ACTIONS: list[tuple[str, type[Any]]] = []


def register() -> None:
    """Add every filter and action to `aws.iam-certificate`; calling it again changes nothing."""
    for name, filter_class in FILTERS:
        ServerCertificate.filter_registry.register(name, filter_class)
    for name, action_class in ACTIONS:
        ServerCertificate.action_registry.register(name, action_class)
