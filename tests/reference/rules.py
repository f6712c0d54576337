"""The rule pack, read and loaded once for all pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from c7n.config import Config
from c7n.policy import PolicyCollection
from c7n.resources import load_resources

from c7n_certrenew import pack
from c7n_certrenew.pack import Shipped


@cache
def rules() -> tuple[Shipped, ...]:
    """Return every policy of the pack in the order of ids."""
    return tuple(sorted(pack.shipped(), key=lambda one: one.metadata.id))


@cache
def loaded() -> Mapping[str, Any]:
    """Return Custodian's policies by name; other tests check them against its schema."""
    load_resources({one.resource for one in rules()})
    data = {"policies": [one.data for one in rules()]}
    found = {one.name: one for one in PolicyCollection.from_data(data, Config.empty(region=""))}
    for policy in found.values():
        policy.validate()
    return found
