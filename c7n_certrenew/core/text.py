"""Names and tags are hostile input: they are shown, and never do anything."""

from __future__ import annotations


def plain(text: object) -> str:
    r"""Return text on one line, in which nothing moves a cursor or turns the direction of reading.

    >>> plain("shop\x1b[2J\u202e")
    'shop\\x1b[2J\\u202e'
    """
    return disarmed("".join(c if c.isprintable() else _escaped(c) for c in str(text)))


def disarmed(line: str) -> str:
    r"""Return a line in which build servers find no command: `##[` and `##vso[` begin one.

    >>> print(disarmed("##vso[task.setvariable variable=PATH]"))
    #\x23vso[task.setvariable variable=PATH]
    """
    return line.replace("##", r"#\x23")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
