"""What a command exits with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the commands exit with, the same for all of them."""

    CLEAN = 0
    """Everything was looked at and nothing needs attention."""
    ERROR = 1
    """The command could not do its work: wrong usage, no access, unreadable input."""
    FINDINGS = 2
    """Something needs attention, whether or not everything was looked at."""
    INCOMPLETE = 3
    """Nothing needs attention, as far as could be seen: something was not looked at."""


def exit_code(found: object, unread: object) -> ExitCode:
    """Return the code for what was found and what could not be looked at, none if falsy.

    >>> exit_code(found=[], unread=["elb in eu-west-1"])
    <ExitCode.INCOMPLETE: 3>
    """
    if found:
        return ExitCode.FINDINGS
    return ExitCode.INCOMPLETE if unread else ExitCode.CLEAN
