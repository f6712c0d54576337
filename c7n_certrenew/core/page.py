"""Where it is written what to do when a renewal fails."""

from __future__ import annotations

PAGE = "docs/how-to/when-a-renewal-fails.md"
"""Its path in the repository; every state and every reason's code is an anchor on it."""


def page_for(word: str = "") -> str:
    """Return where a state or a reason's code is explained, or the page as a whole.

    >>> page_for("INCOMPLETE")
    'docs/how-to/when-a-renewal-fails.md#incomplete'
    """
    return f"{PAGE}#{word.lower()}" if word else PAGE
