"""Cases of iam-certificate-expiring-without-replacement: due, served, and nothing to bind."""

from __future__ import annotations

from typing import Any

from policies.cases.iam_certificate_expiring import left
from policies.cases.iam_certificate_expiring_renew import WAITING, refused
from policies.cases.named import FEW
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, SECOND, World

PASS, FAIL = Verdict.PASS, Verdict.FAIL

ALARM: dict[str, Any] = {"c7n:replacement": {"AlarmDays": 14}}


def lacking(*codes: str) -> dict[str, Any]:
    """Return the annotation of a certificate that nothing acceptable is there for."""
    plan = refused(*codes)["c7n:replacement"] if codes else WAITING["c7n:replacement"]
    return {"c7n:replacement": plan | ALARM["c7n:replacement"]}


TABLE = Table(
    World(candidate="none"),
    (
        Case("no file", {}, FAIL, lacking("no-candidate") | left(20)),
        *FEW,
        Case("exactly 30 days", {"expires": 30 * DAY}, FAIL, ALARM | left(30)),
        Case("a second more than 30 days", {"expires": 30 * DAY + SECOND}, PASS),
        Case("expired yesterday", {"expires": -DAY}, FAIL, ALARM | left(-1, expired=True)),
        Case("a renewed certificate is there", {"candidate": "renewed"}, PASS),
        Case("still the old one", {"candidate": "the old one"}, FAIL, lacking()),
        Case("for another name", {"candidate": "for another name"}, FAIL, lacking("fewer-names")),
    ),
)
