"""Policies whose elements do not fit each other: one line, before anything is read."""

from __future__ import annotations

from typing import Any

import pytest
from integration.conftest import SOURCE, Engine, Policy, filtering, renewing

from c7n_certrenew.sandbox import Sandbox

REPLACEMENT = {"type": "replacement", "source": SOURCE}
TWICE = "stands twice in the policy; make it two policies"
NARROWS = "replace-certificate: the listener filter narrows"


def narrowed(*filters: Any, **options: Any) -> Policy:
    """Return a renewing policy with these filters."""
    return {**renewing(**options), "filters": list(filters)}


def second(**options: Any) -> Policy:
    """Return a policy with a second action that differs in these options."""
    policy = renewing()
    return {**policy, "actions": [*policy["actions"], *renewing(**options)["actions"]]}


WIDE = {"type": "listener"}
REFUSED: dict[str, tuple[Policy, str]] = {
    "same action": (second(), f"policy:renew replace-certificate: {TWICE}"),
    "pinned action": (second(issuers=["deadbeef"]), f"replace-certificate: {TWICE}"),
    "action twice beside a replacement": (
        {**second(), "filters": [REPLACEMENT]},
        f"policy:renew replace-certificate: {TWICE}",
    ),
    "replacement twice": (filtering(REPLACEMENT, REPLACEMENT), f"find replacement: {TWICE}"),
    "replacement in two branches": (
        filtering({"or": [REPLACEMENT, {"not": [{**REPLACEMENT, "available": True}]}]}),
        f"policy:find replacement: {TWICE}",
    ),
    "replacement twice beside an action": (
        narrowed(REPLACEMENT, {"not": [REPLACEMENT]}),
        f"policy:renew replacement: {TWICE}",
    ),
    "second listener has a role": (
        narrowed(WIDE, {"type": "listener", "role": "sni"}),
        f"{NARROWS} role, but every binding is replaced; use attrs there",
    ),
    "nested listener has services": (
        narrowed(WIDE, {"or": [{"type": "listener", "services": ["elb"]}]}),
        f"{NARROWS} services, but every binding is replaced; say services here too",
    ),
    "listeners differ": (
        narrowed(
            {"type": "listener", "regions": ["eu-west-1"]},
            {"type": "listener", "regions": ["us-east-1"]},
            regions=["eu-west-1"],
        ),
        f"{NARROWS} regions",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(near: Sandbox, engine: Engine, case: str) -> None:
    """What would be passed over in silence is refused."""
    policy, says = REFUSED[case]
    ran = engine(policy)
    assert ran.returncode != 0
    assert says in ran.text
    assert "Traceback" not in ran.text
    assert near.journal == []


TAKEN: dict[str, Policy] = {
    "one of each": narrowed(REPLACEMENT, WIDE),
    "two listeners by attributes": narrowed(WIDE, {"type": "listener", "attrs": [{"Port": 443}]}),
    "the same scope everywhere": narrowed(
        {"type": "listener", "services": ["elb"]},
        {"type": "listener", "services": ["elb"], "attrs": [{"Port": 443}]},
        services=["elb"],
    ),
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken(near: Sandbox, engine: Engine, case: str) -> None:
    """What says the same everywhere runs."""
    ran = engine(TAKEN[case])
    assert ran.returncode == 0, ran.text
