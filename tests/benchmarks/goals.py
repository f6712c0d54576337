"""The goals as code: what was measured, what it may be, and whether that is met."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from .results import Results
from .trial import Trial
from .worlds import BURST_WRITES, WRITES, world

INCOMPLETE = 3
"""The exit code of `certrenew audit` where nothing is due but something could not be read."""


@dataclass(frozen=True)
class Check:
    """One line of a goal."""

    goal: str
    what: str
    measured: str
    limit: str
    met: bool


def checks(results: Results) -> tuple[Check, ...]:
    """Return a check for everything that was measured, goal by goal."""
    return tuple(check for goal in GOALS for check in goal(results))


def _truth(results: Results) -> Iterator[Check]:
    """Found = truth, also when throttled; what could not be read is said, and fails an audit."""
    for runs in _ours(results):
        missing, extra = (max(getattr(t, key) for t in runs) for key in ("missing", "extra"))
        of = len(world(runs[0].world).truth)
        met = not missing and not extra and not any(t.exit_code or t.unread for t in runs)
        measured = f"{missing} missing, {extra} extra of {of}"
        yield Check("1", f"found in {_where(runs[0])}", measured, "0, 0", met)
    if blind := results.blind:
        named = ", ".join(blind.named) or "nothing"
        met = blind.named == (f"elb {blind.denied}", f"elbv2 {blind.denied}")
        yield Check("1", f"{blind.denied} denied", f"unread: {named}", "both APIs named", met)
        measured, met = f"exit code {blind.exit_code}", blind.exit_code == INCOMPLETE
        yield Check("1", f"certrenew audit, {blind.denied} denied", measured, "3", met)


def _calls(results: Results) -> Iterator[Check]:
    """At most the fewest calls and 3; with no certificate in scope one beyond Custodian's own."""
    for runs in _ours(results, throttled=False):
        fewest, calls = world(runs[0].world).calls, max(t.calls for t in runs)
        yield _at_most("2", f"calls in {_where(runs[0])}", calls, fewest + 3, "")
    start, ours = results.of("start", "calm"), results.of("in-use", "calm")
    if start and ours:
        calls, own = ours[0].calls, start[0].calls
        yield _at_most("2", "calls with no certificate in scope", calls, own + 1, "")


_FASTER = (
    *(("small", "stock", 2), ("medium", "serial", 6), ("medium", "stock", 5)),
    *(("large-even", "serial", 20), ("large-even", "stock", 10)),
)
"""World, peer, and how many times as fast as it: whole processes, Custodian's start included."""


def _wall(results: Results) -> Iterator[Check]:
    """Wall clock against peers in the same run; what Custodian's start takes of it is named."""
    for name, peer, times in _FASTER:
        runs, others = results.of("ours", name), results.of(peer, name)
        if runs and others:
            other, starts = _median(others, "wall"), results.of("start", name)
            of_it = f", start {_median(starts, 'wall'):.1f} s" if starts else ""
            what = f"wall in {name} ({peer} {other:.1f} s{of_it})"
            yield _at_most("3", what, _median(runs, "wall"), other / times, "s")


def _throttled(results: Results) -> Iterator[Check]:
    """Near the floor of the throttle, almost without throttled answers."""
    for runs in _ours(results, throttled=True):
        floor = world(runs[0].world).floor
        where = _where(runs[0])
        what = f"wall in {where} (floor {floor:.1f} s)"
        yield _at_most("4", what, _median(runs, "wall"), 1.10 * floor + 1.5, "s")
        share = max(t.refused / t.calls for t in runs) * 100
        yield _at_most("4", f"throttled answers in {where}", share, 0.5, "%")


def _resources(results: Results) -> Iterator[Check]:
    """CPU, memory and connections beside a run of one stock policy."""
    for name in ("small", "medium", "large-even"):
        runs, starts = results.of("ours", name), results.of("start", name)
        if not (runs and starts):
            continue
        cpu = _median(starts, "cpu") + 0.0025 * _median(runs, "calls")
        yield _at_most("5", f"CPU in {name}", _median(runs, "cpu"), cpu, "s")
        memory = _median(starts, "memory") + 45
        yield _at_most("5", f"memory in {name}", _median(runs, "memory"), memory, "MB")
    for runs in _ours(results):
        in_region = max(t.connections_in_region for t in runs)
        where = _where(runs[0])
        yield _at_most("5", f"connections to a region in {where}", in_region, 8, "")
        connections = max(t.connections for t in runs)
        yield _at_most("5", f"connections in {where}", connections, 100, "")


def _hook(results: Results) -> Iterator[Check]:
    """What the plugin adds to whoever does not use it."""
    if hook := results.hook:
        limit = 0.05 * hook.base
        yield _at_most("6", "CPU added to custodian version", hook.version, limit, "ms")
        yield _at_most("6", "CPU added to a policy on aws.ec2", hook.other, limit, "ms")
        yield _at_most("6", "CPU added to a start of Python", hook.start, 1.0, "ms")


def _second_scan(results: Results) -> Iterator[Check]:
    """A second look at known listeners."""
    if scans := results.scans:
        first, second = scans.calls
        what = f"calls of a second scan ({first} the first time)"
        yield _at_most("7", what, second, 0.55 * first, "")
        found = " and ".join(map(str, scans.bindings))
        met = set(scans.bindings) == {len(world("medium").truth)}
        yield Check("7", "bindings found by both", found, "the truth", met)


def _rebinding(results: Results) -> Iterator[Check]:
    """Changes as fast as the throttle lets them through."""
    if rebinding := results.rebinding:
        limit = 1.15 * (rebinding.writes - BURST_WRITES) / WRITES
        what = f"{rebinding.writes} changes in one region"
        yield _at_most("8", what, rebinding.seconds, limit, "s")
        of = len(world("renewal").balancers)
        met = rebinding.writes == of and not rebinding.exit_code
        measured = f"{rebinding.writes} of {of}, exit code {rebinding.exit_code}"
        yield Check("8", "load balancers changed", measured, "all, 0", met)


GOALS: tuple[Callable[[Results], Iterator[Check]], ...] = (
    *(_truth, _calls, _wall, _throttled, _resources, _hook, _second_scan, _rebinding),
)


def _ours(results: Results, throttled: bool | None = None) -> Iterator[list[Trial]]:
    """Yield the runs of our inventory, world by world."""
    asked = (False, True) if throttled is None else (throttled,)
    for name in dict.fromkeys(t.world for t in results.trials):
        yield from filter(None, (results.of("ours", name, how) for how in asked))


def _where(trial: Trial) -> str:
    return f"{trial.world}, throttled" if trial.throttled else trial.world


def _median(trials: list[Trial], key: str) -> float:
    return float(median(getattr(trial, key) for trial in trials))


def _at_most(goal: str, what: str, measured: float, limit: float, unit: str) -> Check:
    return Check(goal, what, _shown(measured, unit), f"≤ {_shown(limit, unit)}", measured <= limit)


def _shown(value: float, unit: str) -> str:
    digits = {"": 0, "MB": 0, "s": 2 if value < 10 else 1, "%": 2, "ms": 2 if value < 10 else 0}[
        unit
    ]
    return f"{value:,.{digits}f} {unit}".strip()
