"""Whether the demonstration showed what it promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .demo_world import EXPIRING_IN_USE

if TYPE_CHECKING:
    from .clients import Client
    from .demo_commands import Run
    from .world import Call

_READING = ("Describe", "Get", "List")


@dataclass(frozen=True)
class Evidence:
    """All that was seen: commands, clients, and what was changed when nothing should be.

    `renewed` are the fingerprints of the renewed certificates by lineage, `changed_early` the
    changes of audit and dry run, `changed_again` those of the second run.
    """

    runs: Sequence[Run]
    clients: Sequence[Client]
    found: frozenset[str]
    renewed: Mapping[str, str]
    changed_early: Sequence[str]
    matched_again: int
    changed_again: Sequence[str]


def unmet(evidence: Evidence) -> tuple[str, ...]:
    """Return every expectation that did not hold, one line each; none is a success."""
    return tuple(
        line
        for expect in (_commands, _audit, _dry_run, _connections, _certificates, _second_run)
        for line in expect(evidence)
    )


def changes(journal: Sequence[Call]) -> tuple[str, ...]:
    """Return the operations of a journal that are not plain reads."""
    return tuple(call.operation for call in journal if not call.operation.startswith(_READING))


def _commands(evidence: Evidence) -> Iterator[str]:
    for run in evidence.runs:
        if run.code != 0:
            yield f"this ended with exit code {run.code}: {run.typed}"


def _audit(evidence: Evidence) -> Iterator[str]:
    if evidence.found != EXPIRING_IN_USE:
        wanted, found = (", ".join(sorted(s)) for s in (EXPIRING_IN_USE, evidence.found))
        yield f"the audit should find {wanted}, it found {found or 'nothing'}"


def _dry_run(evidence: Evidence) -> Iterator[str]:
    if evidence.changed_early:
        yield f"audit or dry run changed something: {', '.join(evidence.changed_early)}"


def _connections(evidence: Evidence) -> Iterator[str]:
    failures = [failure for client in evidence.clients for failure in client.failures]
    if failures:
        yield f"{len(failures)} connections failed, the first: {failures[0]}"
    for client in evidence.clients:
        if client.made == 0:
            yield f"no connection was made to {client.front}"


def _certificates(evidence: Evidence) -> Iterator[str]:
    for client in evidence.clients:
        served = [one.fingerprint for one in client.served]
        new = evidence.renewed.get(client.front.line.lineage)
        if new is None and len(served) > 1:
            yield f"{client.front} should have been left alone and was changed"
        elif new is not None and served[-1:] != [new]:
            yield f"{client.front} does not serve the renewed certificate"
        elif new is not None and len(served) != 2:
            yield f"{client.front} served {len(served)} certificates, not the old and the new"


def _second_run(evidence: Evidence) -> Iterator[str]:
    if evidence.matched_again:
        yield f"the second run matched {evidence.matched_again} certificates"
    if evidence.changed_again:
        yield f"the second run changed something: {', '.join(evidence.changed_again)}"
