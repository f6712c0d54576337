"""The page of permissions: for each role the document that the rule pack needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from c7n_certrenew.commands.granting import EVERYWHERE, document, needed_by, without_role
from c7n_certrenew.commands.granting_publish import publish_statements
from c7n_certrenew.commands.granting_sources import source_statements, sources_of
from c7n_certrenew.commands.permissions import (
    AUDIT,
    CLEANUP,
    NOTIFY,
    RENEW,
    ROLES,
    SOURCE_READER,
)
from reference.markdown import GENERATED, block, code, heading, paragraph, table
from reference.rules import loaded

ROLES_ARE = {
    AUDIT: "An audit, and the plan of a dry run. It lists and reads, and changes nothing.",
    SOURCE_READER: "What reads renewed certificates with their keys. The shipped policies read "
    "files, for which nothing on AWS is needed; the pages of the [sources](sources/index.md) show "
    "what each other one needs.",
    RENEW: "A renewal, with the two above. It cannot delete, and cannot read a private key.",
    CLEANUP: "What deletes, with `audit`.",
    NOTIFY: "What tells others, with `audit`: it writes to queues, topics and Security Hub.",
}
_INTRO = """\
What the whole [rule pack](policies/index.md) needs, one document a role, ready to attach; the page
of each policy says what that one needs alone. `certrenew permissions` prints these, and what your
own policies need. The sandbox runs the shipped policies with exactly these documents, and with each
single action missing. What each role could be misused for: the
[security model](../explanation/security-model.md#what-each-role-can-do).

"""


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path and text of the page."""
    policies = list(loaded().values())
    parts = [heading("Permissions"), GENERATED, _INTRO]
    for role in ROLES:
        parts += heading(role, 2), paragraph(ROLES_ARE[role])
        shown = role_document(policies, role)
        if shown["Statement"]:
            parts += block("console", f"$ certrenew permissions --role {role} > {role}.json")
            parts += block("json", json.dumps(shown, indent=2))
    rows = [(code(action),) for action in without_role(needed_by(policies))]
    if rows:
        text = "What words of Custodian's own need besides, each on every resource:"
        parts += heading("In no role", 2), paragraph(text), table(("action",), rows)
    yield "docs/reference/permissions.md", "".join(parts).rstrip() + "\n"


def role_document(policies: list[Any], role: str) -> dict[str, Any]:
    """Return what `certrenew permissions --role` prints for policies."""
    shown = document(needed_by(policies), role=role)
    shown["Statement"] += source_statements(sources_of(policies), EVERYWHERE, role)
    shown["Statement"] += publish_statements(policies, EVERYWHERE, role)
    return shown
