"""What the policies on bodies and chains have in common."""

from __future__ import annotations

import re
from typing import Any

from policies.cases import denials
from policies.harness import Case, Verdict
from policies.worlds import PAGE

NO_BODY = (("iam", "GetServerCertificate", None),)


def says(**facts: Any) -> dict[str, Any]:
    """Return the annotation of a certificate that says this among other things."""
    return {"c7n:x509": facts}


def _unread(reason: str) -> dict[str, Any]:
    said = re.compile(reason)
    scope = {"Service": "iam", "Region": "*", "Reason": said}
    return {"c7n:x509": {"Error": said}, "c7n:unread": [scope]}


UNREAD = (
    Case(
        "a chain that cannot be read",
        {"chain": ("a public authority", "that cannot be read")},
        Verdict.UNKNOWN,
        _unread("^shop0: PEM block 1 is not a certificate"),
    ),
    Case(
        "bodies denied",
        {"denied": NO_BODY},
        Verdict.UNKNOWN,
        _unread("^GetServerCertificate answered AccessDenied"),
    ),
    Case("certificates denied", {"denied": denials.NO_LIST}, Verdict.UNKNOWN, denials.LIST),
)


def many(**facts: Any) -> Case:
    """Return the case of more certificates than a page, each of which says this."""
    return Case("more than a page", {"copies": 2 * PAGE + 1}, Verdict.FAIL, says(**facts))
