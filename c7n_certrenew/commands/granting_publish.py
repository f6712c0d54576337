"""What publishing takes, as a statement of an IAM policy: only the parameters that are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from c7n_certrenew.commands.permissions import RENEW
from c7n_certrenew.elements import host
from c7n_certrenew.elements.permissions import PUBLISH
from c7n_certrenew.elements.schemas import ACTION

if TYPE_CHECKING:
    from c7n_certrenew.commands.granting import Extent

_PARAMETERS = "arn:{partition}:ssm:*:*:parameter/"


def publish_statements(
    policies: Iterable[Any], extent: Extent, role: str | None
) -> list[dict[str, Any]]:
    """Return what a role needs to publish, all roles together without one; nothing without names.

    What stands for a placeholder in a name may be anything.
    """
    if role not in (None, RENEW):
        return []
    names = dict.fromkeys(name for policy in policies for name in _names(policy))
    arns = [arn for name in names for arn in _listed(extent.arns(_PARAMETERS + name))]
    if not arns:
        return []
    resource = arns if len(arns) > 1 else arns[0]
    statement = {"Sid": "Publish", "Effect": "Allow", "Action": list(PUBLISH)}
    return [{**statement, "Resource": resource}]


def _names(policy: Any) -> Iterator[str]:
    for options in host.options_of(policy.resource_manager, ACTION):
        if template := options.get("publish", {}).get("ssm", ""):
            yield re.sub(r"<[^<>]*>|\{[^{}]*\}", "*", template).lstrip("/")


def _listed(arns: str | list[str]) -> list[str]:
    return [arns] if isinstance(arns, str) else arns
