"""Lines of a shell, as the simple commands that they consist of."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

_PUNCTUATION = "();<>|&"
_KEYWORDS = frozenset(("do", "then", "else", "!", "time", "exec"))
_WHOLE = frozenset(("for", "done", "if", "fi", "while", "in", "case", "esac"))
_SUBSTITUTED = re.compile(r"<\(([^()]*)\)")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")


def typed(text: str) -> list[str]:
    """Return what is typed at the prompts of a console block; lines that go on are joined."""
    joined = re.sub(r"\\\n\s*", "", text)
    return [line[2:] for line in joined.splitlines() if line.startswith("$ ")]


def commands(line: str) -> list[list[str]]:
    """Return the simple commands of a line, word by word, without redirections and comments.

    >>> commands("a=1 certrenew plan out > plan.txt && test -s plan.txt # there")
    [['certrenew', 'plan', 'out'], ['test', '-s', 'plan.txt']]
    """
    inner = _SUBSTITUTED.findall(line)
    if inner:
        outer = _SUBSTITUTED.sub("FILE", line)
        return [command for part in (outer, *inner) for command in commands(part)]
    lexer = shlex.shlex(line, posix=True, punctuation_chars=_PUNCTUATION)
    lexer.whitespace_split = True
    lexer.commenters = "#" if re.search(r"\s#\s", line) else ""
    return [command for words in _split(list(lexer)) if (command := _bare(words))]


def _split(tokens: list[str]) -> Iterator[list[str]]:
    words: list[str] = []
    skip = False
    for token in tokens:
        if set(token) <= set("<>") or token in (">&", "<&", "&>"):
            skip = True
            if words and words[-1] in ("1", "2"):
                words.pop()
        elif set(token) <= set(_PUNCTUATION):
            yield words
            words, skip = [], False
        elif not skip:
            words.append(token)
        else:
            skip = False
    yield words


def _bare(words: list[str]) -> list[str]:
    while words and (words[0] in _KEYWORDS or words[0] == "$" or _ASSIGNED.match(words[0])):
        words = words[1:]
    return [] if not words or words[0] in _WHOLE else words
