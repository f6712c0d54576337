"""Let Custodian and the plugin live at the date of a sandbox's clock."""

from __future__ import annotations

import sys
import time
from datetime import datetime, tzinfo
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import c7n.utils

if TYPE_CHECKING:
    import pytest

    from c7n_certrenew.sandbox.clock import Clock


def live_at(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    """Have every module of the plugin that is loaded take its date from a clock.

    Custodian's own retries, which would take real seconds, wait on it too.
    """

    class Date(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock.now()

    for name, module in list(sys.modules.items()):
        ours = name.startswith("c7n_certrenew.") and not name.startswith("c7n_certrenew.sandbox")
        if ours and vars(module).get("datetime") is datetime:
            patch.setattr(module, "datetime", Date)
    patch.setattr(c7n.utils, "time", SimpleNamespace(sleep=clock.sleep, time=time.time))
