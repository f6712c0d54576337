"""Measure the goals, side by side with what a user would pick instead: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import goals, machine, page, results, suite
from .candidates import CANDIDATES, install_aws_cli
from .results import Results
from .worlds import NAMES

_EPILOG = """\
examples:
  python -m benchmarks                               the usual runs, about eight minutes
  python -m benchmarks --full --json figures.json    with the peers in the large world too
  python -m benchmarks --world small --candidate ours --candidate stock
  python -m benchmarks --goal 6 --goal 8
  python -m benchmarks --from figures.json --page    write them to docs/explanation/performance.md
"""


def main() -> int:
    """Measure, print the goals, write what was asked for; return 1 where a goal is missed."""
    options = _options()
    taken: Results = results.read(options.kept) if options.kept else _measured(options)
    if options.json:
        taken.write(options.json)
    if options.page:
        page.write(taken)
    checks = goals.checks(taken)
    for check in checks:
        verdict = "met" if check.met else "MISSED"
        print(f"{check.goal}  {check.what:<55} {check.measured:>22}  {check.limit:<18} {verdict}")
    return int(not all(check.met for check in checks))


def _measured(options: argparse.Namespace) -> Results:
    choice = suite.Choice(
        full=options.full,
        worlds=frozenset(options.world),
        candidates=frozenset(options.candidate),
        goals=frozenset(options.goal),
    )
    needed = any(name == "aws-cli" for name, *_ in choice.trials())
    described = machine.describe(install_aws_cli() if needed else None)
    return suite.measure(choice, described, lambda line: print(line, file=sys.stderr))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        "benchmarks",
        description="Measure the goals in a simulated AWS on this machine. Exit code 1: missed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--full", action="store_true", help="also what takes minutes: peers in the large worlds")
    add("--world", action="append", default=[], choices=NAMES, help="these worlds only")
    add("--candidate", action="append", default=[], choices=CANDIDATES, help="these only")
    add("--goal", action="append", default=[], choices=[*"12345678"], help="these goals only")
    add("--json", type=Path, metavar="FILE", help="keep what was measured")
    add("--from", dest="kept", type=Path, metavar="FILE", help="measure nothing: read this")
    add("--page", action="store_true", help="write the tables to docs/explanation/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
