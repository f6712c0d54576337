"""Whether the demonstration showed what it promises."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .demo_world import EXPIRING_IN_USE, HALF_WAY, HELD_BACK

if TYPE_CHECKING:
    from .clients import Client
    from .demo_commands import Run
    from .demo_outcomes import End
    from .world import Call

_READING = ("Assume", "Describe", "Get", "List")
_NOT_CLEAN = 1
"""What c7n-org ends with where it could not look into an account."""
_UNSEEN = "account:legacy"


@dataclass(frozen=True)
class Evidence:
    """All that was seen: commands, clients, and what was changed when nothing should be.

    `renewed` are the fingerprints of the renewed certificates by lineage, `changed_early` the
    changes of audit and dry run, `changed_again` those of the second run; `first` and `again` say
    how each certificate ended in the two renewals.
    """

    runs: Sequence[Run]
    clients: Sequence[Client]
    found: frozenset[str]
    renewed: Mapping[str, str]
    changed_early: Sequence[str]
    first: Sequence[End]
    again: Sequence[End]
    changed_again: Sequence[str]


def unmet(evidence: Evidence) -> tuple[str, ...]:
    """Return every expectation that did not hold, one line each; none is a success."""
    expectations = (
        _commands,
        _audit,
        _dry_run,
        _connections,
        _certificates,
        _first_run,
        _second_run,
    )
    return tuple(line for expect in expectations for line in expect(evidence))


def changes(journal: Sequence[Call]) -> tuple[str, ...]:
    """Return the operations of a journal that are not plain reads, refused ones left out."""
    return tuple(
        call.operation
        for call in journal
        if not call.operation.startswith(_READING) and call.error_code is None
    )


def _commands(evidence: Evidence) -> Iterator[str]:
    for run in evidence.runs:
        if run.code != _NOT_CLEAN:
            yield f"this ended with exit code {run.code}, not {_NOT_CLEAN}: {run.typed}"
        if _UNSEEN not in run.output:
            yield f"this does not say that legacy could not be looked at: {run.typed}"


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


def _first_run(evidence: Evidence) -> Iterator[str]:
    for end in evidence.first:
        wanted = "INCOMPLETE" if end.certificate == HALF_WAY.lineage else "RENEWED"
        if end.state != wanted:
            yield f"{end.certificate} should be {wanted}, it is {end.state}"
        stuck = {name for name, state in end.states.items() if state != "VERIFIED"}
        if stuck != ({HELD_BACK} if end.certificate == HALF_WAY.lineage else set()):
            yield f"{end.certificate} ended otherwise than promised: {end.states}"


def _second_run(evidence: Evidence) -> Iterator[str]:
    if [(end.certificate, end.state) for end in evidence.again] != [(HALF_WAY.lineage, "RENEWED")]:
        yield "the second run should renew what was incomplete and nothing else"
    moved = [
        name for end in evidence.again for name, state in end.states.items() if state != "UNCHANGED"
    ]
    if moved != [HELD_BACK] or list(evidence.changed_again).count("ModifyListener") != 1:
        yield f"the second run should change one listener, it changed {', '.join(moved) or 'none'}"
    if "UploadServerCertificate" in evidence.changed_again:
        yield "the second run uploaded a certificate again"
