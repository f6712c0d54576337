"""Cases of iam-certificate-uploaded-before-heartbleed-fix: the date of the upload decides."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from policies.ages import Aged
from policies.cases import denials
from policies.harness import Case, Table, Verdict
from policies.worlds import DAY, HOUR, PAGE, SECOND

PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
FIXED = datetime(2014, 4, 8, tzinfo=timezone.utc)


def on(day: str) -> dict[str, Any]:
    """Return the date of the upload, as IAM lists it."""
    return {"UploadDate": re.compile(f"^{day} ")}


BEFORE = on("2014-04-07")

TABLE = Table(
    Aged(expires=200 * DAY, lifetime=20 * 365 * DAY, uploaded=FIXED - SECOND),
    (
        Case("a second before the date", {}, FAIL, BEFORE),
        Case("on the date", {"uploaded": FIXED}, PASS),
        Case("a second after the date", {"uploaded": FIXED + SECOND}, PASS),
        Case("in 2011", {"uploaded": FIXED - 1000 * DAY}, FAIL, on("2011-07-13")),
        Case("an hour ago", {"uploaded": HOUR}, PASS),
        Case("expired since", {"expires": -DAY}, FAIL, BEFORE),
        Case("served by nobody", {"served": "by nobody"}, FAIL, BEFORE),
        Case("more than a page", {"copies": 2 * PAGE + 1}, FAIL, BEFORE),
        Case("listeners denied", {"denied": denials.NO_CLASSIC}, FAIL, BEFORE),
        Case("certificates denied", {"denied": denials.NO_LIST}, UNKNOWN, denials.LIST),
    ),
)
