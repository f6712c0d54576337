"""The command line: arguments, exit codes, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from c7n_certrenew import __version__, _autoload, cli
from c7n_certrenew.commands import optional


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ModuleType]:
    """Put a module with the given attributes where an import will find it."""

    def put(name: str, **attributes: Any) -> ModuleType:
        module = ModuleType(name)
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, name, module)
        return module

    monkeypatch.setattr(sys, "argv", ["certrenew"])
    return put


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` prints name and version, and succeeds."""
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"certrenew {__version__}\n"


def test_help_shows_commands_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` names every command and shows how to call it."""
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    named = (*cli.certrenew.commands, "Examples:", "Exit codes:")
    assert [name for name in named if name not in shown] == []
    assert "..." not in shown.partition("Commands:")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["demo", "--no-such-option"],
        ["sandbox", "--port", "many"],
        ["status"],
        ["plan", ".", "--json", "--markdown"],
        ["permissions", "--partition", "moon"],
    ],
)
def test_a_usage_error_is_1(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Code 2 means findings, so a mistyped command must not end with it."""
    assert cli.main(arguments) == 1
    assert "Error: " in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_the_exit_code_of_a_command_is_kept(
    fake: Callable[..., ModuleType], code: int, tmp_path: Path
) -> None:
    """What a command returns is what the process exits with."""
    fake("c7n_certrenew.sandbox.demo", run_demo=lambda directory, fast: code)
    assert cli.main(["demo", "--directory", str(tmp_path), "--fast"]) == code


def test_custodian_gets_its_arguments_unchanged(fake: Callable[..., ModuleType]) -> None:
    """Help, double dashes and unknown options are custodian's, and so is the exit code."""
    seen: list[list[str]] = []

    def main(arguments: list[str]) -> None:
        seen.append([*arguments, sys.argv[0]])
        raise SystemExit(3)

    fake("c7n.cli", main=main)
    with pytest.raises(SystemExit) as exit_:
        cli.main(["custodian", "run", "--help", "--", "-x", "--version"])
    assert seen == [["run", "--help", "--", "-x", "--version", "certrenew custodian"]]
    assert exit_.value.code == 3


def test_c7n_org_that_is_missing_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says how to install it and exits with 1."""
    monkeypatch.setitem(sys.modules, "c7n_org", None)
    monkeypatch.delitem(sys.modules, "c7n_org.cli", raising=False)
    assert cli.main(["c7n-org", "run", "--help"]) == 1
    expected = "Error: c7n-org is not installed: pip install 'c7n-certrenew[org]'\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("command", [["demo"], ["sandbox"], ["sandbox", "issue", "shop"]])
def test_a_sandbox_that_is_missing_is_one_line(
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without the extra the commands say what to install."""

    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'moto'", name="moto")

    monkeypatch.setattr(optional, "import_module", missing)
    assert cli.main(command) == 1
    expected = "Error: the sandbox needs: pip install 'c7n-certrenew[sandbox]'\n"
    assert capsys.readouterr().err == expected


def test_sandbox_options_reach_the_server(fake: Callable[..., ModuleType], tmp_path: Path) -> None:
    """Every option of `sandbox` is an argument of the server."""
    seen: list[dict[str, Any]] = []
    fake("c7n_certrenew.sandbox.command", serve=lambda **options: seen.append(options) or 0)
    given = ["--directory", str(tmp_path), "--port", "5001", "--propagation", "0.5"]
    assert cli.main(["sandbox", *given]) == 0
    expected = {"directory": tmp_path, "port": 5001, "env_file": None, "propagation": 0.5}
    assert seen == [expected]


@pytest.mark.parametrize("before", [True, False])
def test_issue_works_in_the_directory_of_the_sandbox(
    fake: Callable[..., ModuleType], tmp_path: Path, before: bool
) -> None:
    """`sandbox issue` starts no server; the directory may be said before or after it."""
    seen: list[dict[str, Any]] = []
    fake("c7n_certrenew.sandbox.command", issue=lambda **options: seen.append(options) or 0)
    where, what = ["--directory", str(tmp_path)], ["issue", "shop", "--days", "7"]
    assert cli.main(["sandbox", *where, *what] if before else ["sandbox", *what, *where]) == 0
    assert seen == [{"directory": tmp_path, "lineage": "shop", "days": 7}]


def test_an_interrupted_command_is_1(fake: Callable[..., ModuleType]) -> None:
    """Ctrl-C ends a command without a traceback."""

    def run_demo(**options: Any) -> int:
        raise KeyboardInterrupt

    fake("c7n_certrenew.sandbox.demo", run_demo=run_demo)
    assert cli.main(["demo"]) == 1


def test_importing_the_command_line_installs_the_hook_and_nothing_heavy() -> None:
    """Spawned workers import this module again: it must register there, and start fast."""
    script = (
        "import sys; import c7n_certrenew.cli; from c7n_certrenew._autoload import _FINDER;"
        "print(_FINDER in sys.meta_path,"
        " *sorted({'c7n', 'boto3', 'botocore', 'moto', 'rich', 'cryptography'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(cli.__file__).parent.parent,
        env={_autoload.SWITCH: "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["True"]
