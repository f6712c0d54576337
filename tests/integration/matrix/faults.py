"""The faults of the matrix, each in the ways in which it can come."""

from __future__ import annotations

from dataclasses import dataclass

from c7n_certrenew.sandbox import Fault, Kind

_ASKED_AGAIN = (Kind.THROTTLED, Kind.ERROR, Kind.RESET, Kind.TIMED_OUT)


@dataclass(frozen=True)
class Row:
    """One fault: its family in the issue's words, and how it comes.

    `times` None: from the cell's call on. Without a kind, the run is killed: before the call
    reaches AWS, or `after_effect`, before the answer is read.
    """

    family: str
    name: str
    kind: Kind | None = None
    times: int | None = 1
    after_effect: bool = False

    @property
    def passes(self) -> bool:
        """Say whether asking once more helps, which every call does that got no sound answer."""
        return self.times == 1 and self.kind in _ASKED_AGAIN

    def fault(self, service: str, operation: str, region: str, call: int) -> Fault:
        """Return the fault that meets the n-th such call in a region."""
        return Fault(
            service,
            operation,
            self.kind or Kind.RESET,
            region=region,
            times=self.times,
            skip=call - 1,
            after_effect=self.after_effect,
        )


def _ways(family: str, kind: Kind, how: str = "") -> tuple[Row, ...]:
    return (
        Row(family, f"{family}, {how}once", kind),
        Row(family, f"{family}, {how}from now on", kind, times=None),
    )


MALFORMED = "malformed answer"
LOST = "answer lost after the effect"
KILLED = "SIGKILL"
UNKNOWN = "CertificateNotFound for long"

ROWS = (
    *_ways("throttled", Kind.THROTTLED),
    *_ways("denied", Kind.DENIED),
    *_ways("reset", Kind.RESET),
    *_ways("time-out", Kind.TIMED_OUT),
    *_ways("5xx", Kind.ERROR),
    *_ways(MALFORMED, Kind.GARBLED, "garbled, "),
    *_ways(MALFORMED, Kind.CUT_SHORT, "cut short, "),
    Row(LOST, f"{LOST}: reset", Kind.RESET, after_effect=True),
    Row(LOST, f"{LOST}: time-out", Kind.TIMED_OUT, after_effect=True),
    Row(LOST, f"{LOST}: 5xx", Kind.ERROR, after_effect=True),
    Row(LOST, f"{LOST}: garbled", Kind.GARBLED, after_effect=True),
    Row(LOST, f"{LOST}: cut short", Kind.CUT_SHORT, after_effect=True),
    Row(UNKNOWN, UNKNOWN, Kind.UNKNOWN_CERTIFICATE, times=None),
    Row(KILLED, f"{KILLED} before the call"),
    Row(KILLED, f"{KILLED} after the effect", after_effect=True),
)
FAMILIES = tuple(dict.fromkeys(row.family for row in ROWS))
