"""The ways of installing that docs/how-to/install.md shows, with the real tools."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from integration.install.conftest import ASK, STARTUP_FILES, Done, Installation, execute, lend, uv
from uv import find_uv_bin

pytestmark = pytest.mark.xdist_group("wheel")

UV = find_uv_bin()
PIPX = Path(sys.executable).with_name("pipx")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tools of this module keep what they install."""
    return tmp_path_factory.mktemp("tools")


@pytest.fixture(scope="module")
def places(home: Path) -> Mapping[str, str]:
    """The variables that keep uv and pipx there."""
    return {
        "UV_PYTHON": sys.executable,
        "UV_TOOL_DIR": str(home / "uv"),
        "UV_TOOL_BIN_DIR": str(home / "uv-bin"),
        "PIPX_HOME": str(home / "pipx"),
        "PIPX_BIN_DIR": str(home / "pipx-bin"),
        "PIPX_MAN_DIR": str(home / "pipx-man"),
        "PIPX_DEFAULT_BACKEND": "uv",
        "PIPX_DEFAULT_PYTHON": sys.executable,
    }


def knows(done: Done) -> bool:
    """Say whether `custodian schema` has explained our filter."""
    return done.returncode == 0 and "Unknown counts as served" in done.stdout


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the pipx tried here needs Python 3.11")
def test_pipx_inject(wheel: Path, environment: Path, home: Path, places: Mapping[str, str]) -> None:
    """What pipx has installed before knows this package once it is injected."""
    for arguments in (["install", "c7n"], ["inject", "c7n", str(wheel)]):
        done = execute(PIPX, *arguments, cwd=home, **places)
        assert done.returncode == 0, done.stderr
    lend(environment, home / "pipx")
    assert knows(execute(home / "pipx-bin" / "custodian", *ASK, cwd=home))
    assert {path.name for path in (home / "pipx-bin").iterdir()} == {"custodian"}


def test_uv_tool_install(
    wheel: Path, environment: Path, home: Path, places: Mapping[str, str]
) -> None:
    """uv puts it beside Custodian; the command is Custodian's own."""
    done = execute(UV, "tool", "install", "c7n", "--with", wheel, cwd=home, **places)
    assert done.returncode == 0, done.stderr
    lend(environment, home / "uv")
    assert knows(execute(home / "uv-bin" / "custodian", *ASK, cwd=home))


def test_uvx(wheel: Path, home: Path, places: Mapping[str, str]) -> None:
    """Without installing anything."""
    command = (UV, "tool", "run", "--from", "c7n", "--with", wheel, "custodian", *ASK)
    assert knows(execute(*command, cwd=home, **places))


def test_pip_installs_and_uninstalls(wheel: Path, tmp_path: Path) -> None:
    """pip puts the startup files where Python reads them, and takes them away again."""
    made = Installation(tmp_path / "venv", tmp_path)
    uv("venv", "--seed", "--python", sys.executable, made.root)
    pip = ("python", "-m", "pip", "--disable-pip-version-check")
    asked = ("python", "-c", "import sys; print('c7n_certrenew._autoload' in sys.modules)")
    assert made.run(*pip, "install", "--no-deps", "--no-compile", wheel).returncode == 0
    assert {path.name for path in made.site.iterdir()} >= STARTUP_FILES
    assert made.run(*asked).stdout == "True\n"
    assert made.run(*pip, "uninstall", "--yes", "c7n-certrenew").returncode == 0
    assert not [path.name for path in made.site.iterdir() if "certrenew" in path.name]
    run = made.run(*asked)
    assert (run.stdout, run.stderr) == ("False\n", "")


def test_startup_files_work_in_site_packages_alone(wheel: Path, tmp_path: Path) -> None:
    """A folder on PYTHONPATH, as `pip install --target` fills one, needs the explicit way."""
    plain = Installation(tmp_path / "venv", tmp_path)
    uv("venv", "--python", sys.executable, plain.root)
    uv("pip", "install", "--no-deps", "--target", tmp_path / "target", wheel)
    assert {path.name for path in (tmp_path / "target").iterdir()} >= STARTUP_FILES
    asked = "import sys; print('c7n_certrenew._autoload' in sys.modules)"
    run = plain.run("python", "-c", asked, environ={"PYTHONPATH": str(tmp_path / "target")})
    assert run.stdout == "False\n"
