"""A status as a person reads it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from c7n_certrenew.report.audit import unread_parts
from c7n_certrenew.report.bindings import binding_shape, unread_shape
from c7n_certrenew.report.outcomes import UNFINISHED
from c7n_certrenew.report.places import place, served_by
from c7n_certrenew.report.plan_lines import expires
from c7n_certrenew.report.terminal import block, command, headed, lines, text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from c7n_certrenew.report.next_step import NextStep
    from c7n_certrenew.report.outcomes import LastOutcome
    from c7n_certrenew.report.status import Member, Status


def status_parts(status: Status, step: NextStep) -> Iterator[RenderableType]:
    """Yield what to print: each certificate, the last outcome, and what to do next."""
    when = f"{status.now:%Y-%m-%d %H:%M} UTC"
    yield text(f"Lineage {status.lineage} in account {status.account_id}, {when}", "bold")
    for member in status.members:
        yield ""
        yield headed(member.name, status.state(member), _member(status, member))
    yield ""
    if status.last:
        yield from (*_last(status.last), "")
    yield from unread_parts([unread_shape(scope) for scope in status.unread])
    yield text("Next: ", "bold") + text(step.reason)
    yield from (text(f"  {detail}") for detail in step.details)
    if step.command:
        yield command(step.command)
    if step.page:
        yield text(f"What the last outcome means: {step.page}")


def _member(status: Status, member: Member) -> list[tuple[str, RenderableType]]:
    nobody = "nobody, as far as could be seen" if status.unread else "nobody"
    served = served_by(binding_shape(binding) for binding in member.bindings)
    again = ", and is served again" if member in status.reverted else ""
    said = [("outcome", text(f"{member.said}{again}"))] if member.said else []
    return [
        ("expires", text(expires(member.certificate.expiration, status.now))),
        ("served by", lines(served, empty=nobody)),
        *said,
    ]


def _last(last: LastOutcome) -> Iterator[RenderableType]:
    when = last.started[:16].replace("T", " ")
    ended = "planned, and no end on record" if last.state == UNFINISHED else last.state
    renewed = f" as {last.outcome['NewName']}" if last.outcome.get("Uploaded") else ""
    yield text(f"Last outcome: {ended}{renewed}, run of {when} UTC, {last.path}", "bold")
    rows = [("reason", text(reason["Message"])) for reason in last.outcome.get("Reasons", ())]
    rows += [
        (str(bound["State"]), text(f"{place(bound)} {bound.get('Reason', '')}"))
        for bound in last.outcome.get("Bindings", ())
        if "State" in bound
    ]
    if rows:
        yield block(rows)
