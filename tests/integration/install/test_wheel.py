"""What is in the wheel, and what the stock commands make of it."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from integration.install.conftest import (
    OPTED_OUT,
    PROJECT,
    STARTUP_FILES,
    Installation,
    matched,
    uv,
)

from c7n_certrenew.core.page import PAGE

pytestmark = pytest.mark.xdist_group("wheel")

PACK = PROJECT / "policies"


def test_the_wheel_has_the_startup_files_at_its_root(wheel: Path) -> None:
    """Python reads them only at the root of site-packages, and needs no second copy."""
    names = {
        name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".pth", ".start"))
    }
    assert names == STARTUP_FILES


def test_the_wheel_has_the_rule_pack(wheel: Path) -> None:
    """Every shipped policy travels with the package, and every template."""
    prefix = "c7n_certrenew/policies/"
    shipped = {n.removeprefix(prefix) for n in zipfile.ZipFile(wheel).namelist() if prefix in n}
    pack = {str(path.relative_to(PACK)) for path in PACK.rglob("*.*")}
    assert {Path(name).suffix for name in pack} == {".yml", ".j2"}
    assert pack <= shipped


def test_the_wheel_has_the_page_on_failures(wheel: Path) -> None:
    """What a failure names can be read where the package is, by `certrenew explain`."""
    assert f"c7n_certrenew/{PAGE}" in zipfile.ZipFile(wheel).namelist()


def test_the_wheel_has_no_command_called_custodian(wheel: Path) -> None:
    """The one command is `certrenew`; Custodian's own are left alone."""
    archive = zipfile.ZipFile(wheel)
    [name] = [n for n in archive.namelist() if n.endswith("entry_points.txt")]
    scripts = [line for line in archive.read(name).decode().splitlines() if "=" in line]
    assert scripts == ["certrenew = c7n_certrenew.cli:main"]


def test_an_editable_install_loads_as_well(tmp_path: Path) -> None:
    """The startup files are there for developers too, after the path of the sources."""
    editable = Installation(tmp_path / "venv", tmp_path)
    uv("venv", "--python", sys.executable, editable.root)
    python = editable.root / "bin" / "python"
    uv("pip", "install", "--no-deps", "--python", python, "--editable", PROJECT)
    assert {path.name for path in editable.site.iterdir()} >= STARTUP_FILES
    run = editable.run(
        "python", "-c", "import sys; print('c7n_certrenew._autoload' in sys.modules)"
    )
    assert (run.stdout, run.stderr) == ("True\n", "")


def test_without_the_autoload_only_the_explicit_way_knows_it(installed: Installation) -> None:
    """The opt-out gives stock behaviour back; `certrenew custodian` works all the same."""
    stock = installed.run("custodian", "validate", "own.yml", environ=OPTED_OUT)
    assert stock.returncode != 0
    assert "Configuration invalid" in stock.stderr
    explicit = installed.run("certrenew", "custodian", "validate", "own.yml", environ=OPTED_OUT)
    assert explicit.returncode == 0, explicit.stderr


def test_stock_custodian_runs_and_reports(installed: Installation, shop: Mapping[str, str]) -> None:
    """`run` finds the certificate that expires and is served; `report` reads what it wrote."""
    options = ("--output-dir", "out", "--cache-period", "0", "own.yml")
    run = installed.run("custodian", "run", *options, environ=shop)
    assert run.returncode == 0, run.stderr
    assert matched(installed.work / "out") == ["shop"]
    report = installed.run("custodian", "report", "--output-dir", "out", "own.yml", environ=shop)
    assert report.returncode == 0, report.stderr
    assert report.stdout.count('\n"shop",') == 1
