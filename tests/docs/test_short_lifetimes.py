"""The tables on short lifetimes say what the code says."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

from c7n_certrenew.core.window import Window, due

PAGE = (Path(__file__).parents[2] / "docs/explanation/short-lifetimes.md").read_text("utf-8")
DAY = timedelta(days=1)
PUBLISHED, OURS = Window(30 * DAY), Window(30 * DAY, Fraction(1, 3))
END = datetime(2029, 6, 1, tzinfo=timezone.utc)


def rows(header: str) -> list[list[str]]:
    """Return the cells of the table with a header."""
    table = PAGE.partition(header)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in row.strip("| ").split("|")] for row in table.split("\n")[2:]]


def shown(days: float) -> str:
    """Return days as the page does: with a digit only where there is one."""
    return f"{days:.1f}".removesuffix(".0")


def test_where_each_verdict_begins() -> None:
    """For every lifetime: when the published rule is red, when a renewal is due."""
    found = rows(
        "| lifetime | published rule red from | renewal due from | days left then | red for |"
    )
    assert len(found) > 5
    for lifetime, *said in found:
        lived = int(lifetime) * DAY
        red, left = min(PUBLISHED.threshold(lived), lived), OURS.threshold(lived) / DAY
        begins = [shown((lived - red) / DAY), shown(lived / DAY - left), shown(left)]
        assert said == [*begins, f"{100 * red / lived:.0f} %"], lifetime


def test_one_cycle_of_47_days() -> None:
    """What each verdict says on some days of it."""
    found = rows("| day | days left | published rule | renewal due |")
    assert len(found) > 3
    for day, left, rule, renewal in found:
        now = END - int(left) * DAY
        assert int(day) + int(left) == 47
        assert rule.startswith("red" if due(END, now, PUBLISHED.threshold(47 * DAY)) else "green")
        assert renewal.startswith("yes" if due(END, now, OURS.threshold(47 * DAY)) else "no")
        assert ("expired" in rule) is (now >= END)


def test_policy_is_the_shipped_window() -> None:
    """The fraction of the page is that of the pack."""
    assert re.search(r"lifetime-fraction: 1/3", PAGE)
