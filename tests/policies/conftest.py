"""What the tests of the rule pack share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from policies.harness import Bench, open_bench

from c7n_certrenew.sandbox import Authority


@pytest.fixture
def bench(
    sandboxes: Any, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Bench:
    """A bench to run policies on, with nothing built."""
    return open_bench(sandboxes, authority, tmp_path, monkeypatch)
