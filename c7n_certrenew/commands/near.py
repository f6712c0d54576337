"""What was meant by a name that is not there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from c7n_certrenew.report.plain import plain


def suggestion(name: str, names: Iterable[str], what: str) -> str:
    """Return one line: there is none of this name, and which were perhaps meant."""
    known = sorted(set(names))
    lower = {one.lower(): one for one in reversed(known)}
    near = [lower[close] for close in get_close_matches(name.lower(), lower, n=3, cutoff=0.5)]
    near += [one for one in known if name.lower() in one.lower() and one not in near][:3]
    hint = f": did you mean {', '.join(near)}?" if near else ""
    return plain(f"no {what} {name}{hint}")
