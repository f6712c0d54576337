"""An API call on its way through the gate, and a refusal of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Request:
    """Hold one API call as it arrived; `access_key` is that of who signed it."""

    account_id: str
    region: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    access_key: str = ""


@dataclass(frozen=True)
class Refusal:
    """Answer a call with an error instead of its effect."""

    code: str
    message: str
