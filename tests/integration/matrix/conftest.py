"""What the matrix and the generated worlds run in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from integration.conftest import Engine, Ran, let_server_end, renewing
from integration.matrix.forking import Forker
from integration.matrix.living import live_at
from integration.matrix.moments import Observer
from integration.matrix.trial import Trial
from integration.matrix.world import ASKED

from c7n_certrenew.sandbox import Sandbox
from c7n_certrenew.sandbox.clock import Clock


@pytest.fixture
def trial(
    near: Sandbox,
    engine: Engine,
    clock: Clock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Trial:
    """Give runs in this process, which live at the sandbox's date and share a session."""
    monkeypatch.setitem(engine.__globals__, "reset_session_cache", lambda: None)
    live_at(clock, monkeypatch)

    def run(out: str) -> Ran:
        shutil.rmtree(tmp_path / out, ignore_errors=True)
        return engine(renewing(verify="api"), out=out)

    return Trial(near, Observer(near, ASKED), run, tmp_path)


@pytest.fixture
def forker(near: Sandbox, tmp_path: Path) -> Iterator[Forker]:
    """Give processes that run the policy against the sandbox's server."""
    made = Forker(tmp_path, near.environ)
    yield made
    made.close()


@pytest.fixture
def lives(near: Sandbox, forker: Forker, tmp_path: Path) -> Trial:
    """Give runs in processes of their own, which live at the sandbox's date."""

    def run(out: str) -> Ran | None:
        shutil.rmtree(tmp_path / out, ignore_errors=True)
        ahead = near.clock.now() - datetime.now(timezone.utc)
        ran = forker.run(out, max(0.0, ahead.total_seconds()))
        let_server_end(near.environ["AWS_ENDPOINT_URL"])
        return ran

    return Trial(near, Observer(near, ASKED), run, tmp_path)
