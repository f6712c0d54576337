"""The figures as Markdown, and their place in docs/explanation/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from statistics import median

from .candidates import CANDIDATES
from .goals import checks
from .results import Results
from .trial import Trial
from .worlds import world

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"
_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"


def write(results: Results) -> None:
    """Put the figures where the page has its old ones."""
    before, rest = PAGE.read_text().split(_BEGIN)
    _, after = rest.split(_END)
    figures = "\n".join(_figures(results))
    PAGE.write_text(f"{before}{_BEGIN}\n{figures}\n{_END}{after}")


def _figures(results: Results) -> Iterator[str]:
    yield f"{'; '.join(f'{name} {value}' for name, value in results.machine.items())}."
    if float(results.machine["Load before"]) > _QUIET:
        yield "The machine was busy with other work: calls are exact, seconds are too many."
    for throttled, title in ((False, "Not throttled"), (True, "Under the throttle")):
        chosen = [t for t in results.trials if t.throttled is throttled]
        if chosen:
            yield from ("", f"### {title}", "")
            yield from _table(_HEADER, _rows(chosen))
    yield from ("", "### Goals", "")
    verdicts = {True: "met", False: "**missed**"}
    rows = ((c.goal, c.what, c.measured, c.limit, verdicts[c.met]) for c in checks(results))
    yield from _table(("Goal", "What", "Measured", "Allowed", "Verdict"), rows)


_QUIET = 1.0
_COMPARED = ("ours", "aws-cli", "serial", "stock", "pool")
_HEADER = ("World", "Candidate", "Calls", "Throttled", "Wall s", "CPU s", "MB", "Missing", "Runs")


def _rows(trials: Sequence[Trial]) -> Iterator[tuple[str, ...]]:
    for name in dict.fromkeys(t.world for t in trials):
        for candidate in _COMPARED:
            runs = [t for t in trials if (t.world, t.candidate) == (name, candidate)]
            if runs:
                yield (name, CANDIDATES[candidate].title, *_medians(runs), str(len(runs)))


def _medians(runs: Sequence[Trial]) -> Iterator[str]:
    of = len(world(runs[0].world).truth)
    yield f"{median(t.calls for t in runs):,.0f}"
    yield f"{median(t.refused for t in runs):,.0f}"
    yield f"{median(t.wall for t in runs):.1f}"
    yield f"{median(t.cpu for t in runs):.1f}"
    yield f"{median(t.memory for t in runs):.0f}"
    yield f"{median(t.missing for t in runs):,.0f} of {of:,}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
