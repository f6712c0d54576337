"""How a lineage fared in the newest renewal on record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from c7n_certrenew.core.outcome import CHANGED, BindingState
from c7n_certrenew.report.output import OutputError, read_json
from c7n_certrenew.report.record import FILE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from c7n_certrenew.core.held import Place
    from c7n_certrenew.core.model import AnyCertificate
    from c7n_certrenew.report.bindings import Shape

UNFINISHED = "UNFINISHED"
"""A plan without an outcome: the run goes on, or was killed."""


@dataclass(frozen=True)
class LastOutcome:
    """What one certrenew.json says of a certificate; `outcome` is the published shape."""

    path: Path
    started: str
    state: str
    outcome: Shape

    @property
    def shape(self) -> Shape:
        """Return it as JSON."""
        return {
            "Record": str(self.path),
            "Started": self.started,
            "State": self.state,
            "Outcome": self.outcome,
        }


def changed_places(
    path: Path, certificates: Iterable[AnyCertificate]
) -> dict[str, frozenset[Place]]:
    """Return where a record says that these certificates were replaced, by the old one's ARN.

    A record that is not there, not whole or not one of ours says nothing, and so does one of
    another certificate of that name: it had another end.
    """
    try:
        record = _record(path) if path.is_file() else {"Plans": (), "Outcomes": ()}
        ends = {plan["Arn"]: plan["Expiration"] for plan in record["Plans"]}
        places: dict[str, frozenset[Place]] = {
            outcome["Arn"]: frozenset(
                _place(bound) for bound in outcome.get("Bindings", ()) if bound["State"] in _DONE
            )
            for outcome in record["Outcomes"]
        }
    except (OutputError, *_NOT_OURS):
        return {}
    return {
        one.arn: places[one.arn]
        for one in certificates
        if one.arn in places and ends.get(one.arn) == one.expiration.isoformat()
    }


_DONE = frozenset(state.value for state in (*CHANGED, BindingState.REVERTED))
_NOT_OURS = (AttributeError, KeyError, TypeError, RecursionError)


def _place(bound: Mapping[str, Any]) -> Place:
    """Return what `place_of` returns of the binding that was written."""
    name = bound.get("ListenerArn") or bound["LoadBalancerName"]
    return bound["Service"], bound["Region"], name, bound["Port"], bound["Role"]


def last_outcome(out: Path, arns: Collection[str]) -> tuple[LastOutcome | None, list[str]]:
    """Return what the newest record at or below a directory says of any of these certificates.

    Beside it one line for each record that could not be read. Raises OutputError where there is
    no such directory.
    """
    if not out.is_dir():
        raise OutputError(f"{out} is not a directory")
    found: list[LastOutcome] = []
    unreadable: list[str] = []
    for path in sorted(out.rglob(FILE_NAME)):
        try:
            found += _mentions(path, _record(path), arns)
        except OutputError as error:
            unreadable.append(str(error))
    return max(found, key=_weight, default=None), unreadable


def _weight(one: LastOutcome) -> tuple[str, bool]:
    """Let the newest record decide, and in it what has bindings: others of a lineage are idle."""
    return one.started, bool(one.outcome.get("Bindings"))


def _record(path: Path) -> dict[str, Any]:
    record = read_json(path)
    if not isinstance(record, dict) or not {"Started", "Plans", "Outcomes"} <= record.keys():
        raise OutputError(f"{path} is no record of a renewal")
    return record


def _mentions(path: Path, record: dict[str, Any], arns: Collection[str]) -> Iterator[LastOutcome]:
    """Yield what the record says; an outcome says more than the plan it comes from."""
    started, ended = str(record["Started"]), set()
    for outcome in record["Outcomes"]:
        new = outcome.get("NewArn"), *outcome.get("NewArns", ())
        if {outcome.get("Arn"), *new} & set(arns):
            ended.add(outcome.get("Arn"))
            yield LastOutcome(path, started, str(outcome.get("State")), outcome)
    for plan in record["Plans"]:
        if plan.get("Arn") in arns and plan["Arn"] not in ended:
            yield LastOutcome(path, started, UNFINISHED, plan)
