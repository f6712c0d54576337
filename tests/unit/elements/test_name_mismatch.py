"""What `name-mismatch` refuses before it runs."""

from __future__ import annotations

from typing import Any

import pytest
from c7n.config import Config
from c7n.exceptions import PolicyValidationError
from c7n.policy import PolicyCollection
from c7n.resources import load_resources

ASKED = {"type": "name-mismatch"}


def refusal(*filters: Any, **more: Any) -> str:
    """Return why a policy is refused, empty where it is not."""
    data = {"name": "one", "resource": "aws.iam-certificate", "filters": list(filters), **more}
    load_resources(["aws.iam-certificate"])
    config = Config.empty(region="us-east-1", account_id="123456789012")
    [policy] = PolicyCollection.from_data({"policies": [data]}, config)
    try:
        for element in policy.resource_manager.iter_filters():
            element.validate()
    except PolicyValidationError as fault:
        return str(fault)
    return ""


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ({"not": [ASKED]}, {}, "not: [name-mismatch] would match what is not known"),
    ({"or": [{"not": [{"and": [ASKED]}]}]}, {}, "would match what is not known"),
    (ASKED, {"actions": ["delete"]}, "delete would take what could not be read"),
    ({**ASKED, "nothing-known": "skip"}, {}, "nothing-known must be one of include, exclude"),
    ({**ASKED, "regions": ["nowhere"]}, {}, "regions"),
    ({**ASKED, "services": ["elb"]}, {}, "unknown key services"),
    (
        ASKED,
        {"mode": {"type": "periodic", "schedule": "rate(1 day)", "role": "r"}},
        "Lambda modes are not supported yet",
    ),
]


@pytest.mark.parametrize(("asked", "more", "reason"), REFUSED, ids=str)
def test_refused(asked: Any, more: dict[str, Any], reason: str) -> None:
    """What would take certificates nobody has looked at is one line that names the policy."""
    said = refusal(asked, **more)
    assert said.startswith("policy:one name-mismatch: ")
    assert reason in said


def test_accepted() -> None:
    """Every option may be there, inside blocks that do not negate as well."""
    asked = {**ASKED, "nothing-known": "exclude", "regions": ["eu-west-1"]}
    assert refusal(asked, {"or": [asked, {"and": [asked]}]}) == ""
