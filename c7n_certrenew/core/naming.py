"""For which names a listener answers as far as AWS says, and which of them nothing covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from c7n_certrenew.core.model import CLOUDFRONT
from c7n_certrenew.core.x509 import covers, normal_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from c7n_certrenew.core.model import Listener

_APPSYNC, _HTTPS = "appsync", "HTTPS"
_ANY, _SOME, _ONE, _MORE = "*", "?", "label", "rest of a label"


@dataclass(frozen=True)
class Hosts:
    """For what a listener answers: names, and patterns of host-header conditions.

    `said` is False where AWS does not say it, or says it as a regular expression.
    """

    names: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    said: bool = True

    def uncovered(self, names: Collection[str]) -> tuple[str, ...]:
        """Return those that certificates of these names do not cover.

        Of a pattern it is not known which of its names clients use: it is covered if they cover
        one of them.
        """
        covered = frozenset(names)
        return (
            *(one for one in self.names if not covers(covered, normal_name(one))),
            *(one for one in self.patterns if not any(meets(one, name) for name in covered)),
        )


def told(listener: Listener) -> Hosts | None:
    """Return for what a listener answers by what is known of it; None: its rules say it.

    A distribution answers for its aliases, a domain name of AppSync for itself, an application
    load balancer for what its rules say. Of classic and network load balancers nothing is known.
    """
    if listener.service == CLOUDFRONT:
        return Hosts(listener.aliases)
    if listener.service == _APPSYNC:
        return Hosts((listener.load_balancer_name,))
    return None if listener.arn and listener.protocol == _HTTPS else Hosts(said=False)


def meets(pattern: str, name: str) -> bool:
    """Say whether a certificate's name covers a host name that a host-header pattern means.

    In the pattern `*` stands for any characters and `?` for one (ELB's guide, Host conditions); the
    first label of the name may be a wildcard, which stands for one label.

    >>> meets("*.example.com", "*.example.com"), meets("?.example.com", "www.example.com")
    (True, False)
    """
    wanted = list(pattern.lower().rstrip("."))
    covered = [*((_ONE, _MORE) if name.startswith("*.") else ()), *name.removeprefix("*")]
    states, seen = [(0, 0)], set()
    while states:
        state = states.pop()
        if state not in seen:
            seen.add(state)
            states.extend(_following(wanted, covered, *state))
    return (len(wanted), len(covered)) in seen


def _following(
    wanted: list[str], covered: list[str], at: int, on: int
) -> Iterator[tuple[int, int]]:
    """Yield how far both can be followed from here: past what may be empty, or by a character."""
    this, that = "".join(wanted[at : at + 1]), "".join(covered[on : on + 1])
    if this == _ANY:
        yield at + 1, on
    if that == _MORE:
        yield at, on + 1
    if this and that and _alike(this, that):
        yield at + (this != _ANY), on + (that != _MORE)


def _alike(wanted: str, covered: str) -> bool:
    """Say whether one character can be meant by both; that of a label is no dot."""
    if wanted in (_ANY, _SOME):
        return True
    return wanted != "." if covered in (_ONE, _MORE) else wanted == covered
