"""How many cells of the matrix were carried out, at the end of a test run."""

from __future__ import annotations

import json
from typing import Any

CELLS = "cells"
"""The property of a test's report that :func:`counted` makes."""


def counted(fault: str, cells: int, failed: int, calls: int) -> dict[str, Any]:
    """Return what the summary needs to know of a fault; `calls` are those of a calm renewal."""
    return {"fault": fault, "cells": cells, "failed": failed, "calls": calls}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the cells of each fault, and one line of JSON for the documentation."""
    found = [
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
        if name == CELLS
    ]
    if not found:
        return
    terminalreporter.section("fault matrix")
    for one in found:
        terminalreporter.line(f"{one['cells']:5} cells, {one['failed']} failed: {one['fault']}")
    figures = {
        "cells": sum(one["cells"] for one in found),
        "failed": sum(one["failed"] for one in found),
        "calls": max(one["calls"] for one in found),
        "faults": {one["fault"]: one["cells"] for one in found},
    }
    terminalreporter.line(json.dumps(figures))
