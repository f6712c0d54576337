"""A plugin that cannot be loaded leaves every other policy alone, and says that it is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from integration.install.conftest import Installation, matched

pytestmark = pytest.mark.xdist_group("wheel")

CUSTODIAN = ("custodian", "run", "--output-dir", "out", "--cache-period", "0")
C7N_ORG = (
    *("c7n-org", "run", "--output-dir", "out", "--cache-period", "0"),
    *("--config", "accounts.yml", "--region", "us-east-1", "--use"),
)
FAULTS = [
    ("raise RuntimeError('broken on purpose')", "RuntimeError: broken on purpose"),
    ("import nowhere", "ModuleNotFoundError: No module named 'nowhere'"),
]


@pytest.fixture
def fault(request: pytest.FixtureRequest, installed: Installation) -> Iterator[str]:
    """Break the registration of this package for a while; give what must be said about it."""
    path = installed.site / "c7n_certrenew" / "register.py"
    text = path.read_text()
    broken, reason = request.param
    replace(path, broken)
    yield reason
    replace(path, text)


def replace(path: Path, text: str) -> None:
    """Write a new file: the old one may be a hard link into uv's cache."""
    path.unlink()
    path.write_text(text)


@pytest.mark.parametrize(
    ("fault", "command"),
    [(FAULTS[0], C7N_ORG), (FAULTS[1], CUSTODIAN)],
    ids=["c7n-org, an error", "custodian, a missing dependency"],
    indirect=["fault"],
)
def test_other_policies_run(
    installed: Installation, fault: str, shop: Mapping[str, str], command: tuple[str, ...]
) -> None:
    """A policy of stock filters finds what it finds; one line says what is missing."""
    few = {"C7N_ORG_PARALLEL": "1"}
    run = installed.run(*command, "unrelated.yml", environ={**shop, **few})
    assert run.returncode == 0, run.stderr
    assert matched(installed.work / "out", "unrelated") == ["idle"]
    lines = [line for line in run.stderr.splitlines() if "c7n-certrenew is not loaded" in line]
    assert lines
    assert all(line.endswith(fault) for line in lines)
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("fault", FAULTS[:1], ids=["an error"], indirect=True)
def test_policies_that_need_it_fail(installed: Installation, fault: str) -> None:
    """The line that says why stands beside Custodian's own."""
    run = installed.run("custodian", "validate", "own.yml")
    assert run.returncode != 0
    assert fault in run.stderr
