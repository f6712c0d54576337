"""Why something is refused or noted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why something is refused or noted: a stable code and one clear sentence."""

    code: str
    message: str

    def __str__(self) -> str:
        return self.message
