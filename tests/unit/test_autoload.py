"""The startup hook: it registers once, whenever the host is imported, and never gets in the way."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import c7n_certrenew
from c7n_certrenew import _autoload

HOSTS = ("fakehost.iam", "fakehost.elb")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that stands for c7n; the hook watches its modules `iam` and `elb`."""
    package = tmp_path / "fakehost"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "iam.py").write_text("class ServerCertificate:\n    pass\n")
    (package / "elb.py").write_text("from fakehost import iam\nclass ELB:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(_autoload, "HOSTS", HOSTS)
    others = [finder for finder in sys.meta_path if finder is not _autoload._FINDER]
    monkeypatch.setattr(sys, "meta_path", others)
    for name in ("fakehost", *HOSTS):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return "fakehost.iam"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the host offered each time `register(host)` was called."""
    seen: list[str] = []
    module = ModuleType("c7n_certrenew.register")
    module.register = lambda host: seen.append(  # type: ignore[attr-defined]
        ",".join(sorted(vars(sys.modules[host]).keys() & {"ServerCertificate", "ELB"}))
    )
    monkeypatch.setitem(sys.modules, "c7n_certrenew.register", module)
    return seen


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A `register()` that fails."""

    def register(host: str) -> None:
        raise RuntimeError("no such registry")

    module = SimpleNamespace(register=register)
    monkeypatch.setitem(sys.modules, "c7n_certrenew.register", module)  # type: ignore[arg-type]


def test_registers_once_the_host_has_been_loaded(host: str, calls: list[str]) -> None:
    """Registration comes after the host's classes exist, not before, and once."""
    _autoload.install()
    assert calls == []
    importlib.import_module(host)
    importlib.import_module(host)
    assert calls == ["ServerCertificate"]


def test_registers_at_once_where_the_host_is_loaded_already(host: str, calls: list[str]) -> None:
    """A late `install()` does not wait for an import that has happened."""
    importlib.import_module(host)
    _autoload.install()
    assert calls == ["ServerCertificate"]


@pytest.mark.parametrize("order", [HOSTS, HOSTS[::-1]], ids="-".join)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_each_host_has_its_own_part(
    host: str, calls: list[str], order: tuple[str, ...], before: int
) -> None:
    """In whatever order hosts are imported, before and after, also by one another: once each."""
    for name in order[:before]:
        importlib.import_module(name)
    _autoload.install()
    for name in order[before:]:
        importlib.import_module(name)
    assert sorted(calls) == ["ELB", "ServerCertificate"]


def test_a_host_that_is_not_imported_is_left_out(host: str, calls: list[str]) -> None:
    """A run on other resources pays for nothing."""
    _autoload.install()
    importlib.import_module("fakehost.iam")
    assert calls == ["ServerCertificate"]
    assert "fakehost.elb" not in sys.modules


def test_installs_one_finder_however_often_it_is_called(host: str, calls: list[str]) -> None:
    """Installing twice leaves one finder and one registration."""
    _autoload.install()
    _autoload.install()
    importlib.import_module(host)
    assert sys.meta_path.count(_autoload._FINDER) == 1
    assert calls == ["ServerCertificate"]


def test_the_host_keeps_its_own_loader(host: str, calls: list[str]) -> None:
    """Nothing of the hook stays on the host module, so its source can still be read."""
    _autoload.install()
    module = importlib.import_module(host)
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    assert "class ServerCertificate" in inspect.getsource(module)


def test_the_host_can_be_reloaded(host: str, calls: list[str]) -> None:
    """A reload makes new registries, so it registers again."""
    _autoload.install()
    importlib.reload(importlib.import_module(host))
    assert len(calls) == 2


@pytest.mark.parametrize(("value", "installed"), [("0", False), ("1", True), (None, True)])
def test_the_switch_turns_the_autoload_off(
    host: str, monkeypatch: pytest.MonkeyPatch, value: str | None, installed: bool
) -> None:
    """Only the value 0 opts out, and only of the automatic way."""
    monkeypatch.delenv(_autoload.SWITCH, raising=False)
    if value is not None:
        monkeypatch.setenv(_autoload.SWITCH, value)
    _autoload.autoload()
    assert (_autoload._FINDER in sys.meta_path) is installed
    _autoload.install()
    assert _autoload._FINDER in sys.meta_path


@pytest.mark.usefixtures("broken")
def test_a_broken_registration_leaves_the_host_usable(
    host: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What goes wrong is one line in the log, never an exception in the host."""
    _autoload.install()
    module = importlib.import_module(host)
    assert module.ServerCertificate
    [record] = caplog.records
    assert (record.name, record.levelname) == ("c7n_certrenew", "ERROR")
    assert record.getMessage().endswith("RuntimeError: no such registry")
    assert "\n" not in record.getMessage()


def test_an_absent_host_is_absent_as_ever(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Custodian the import fails as it would without the hook."""
    monkeypatch.setattr(_autoload, "HOSTS", ("fakehost.gone",))
    _autoload.install()
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'fakehost\.gone'"):
        importlib.import_module("fakehost.gone")


def test_a_host_that_fails_fails_with_its_own_error(host: str, calls: list[str]) -> None:
    """An exception of the host passes through, and nothing is registered."""
    _autoload.install()
    spec = importlib.util.find_spec(host)
    assert spec is not None
    assert spec.origin is not None
    Path(spec.origin).write_text("raise ValueError('of its own')\n")
    with pytest.raises(ValueError, match="of its own"):
        importlib.import_module(host)
    assert calls == []


class Legacy:
    """A finder as import hooks had it before Python 3.4."""

    def find_module(self, name: str, path: object = None) -> None:
        """Find nothing."""


class Raising(Legacy):
    """A finder that raises when it is asked for the host."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Raise."""
        if name.startswith("fakehost"):
            raise ValueError("a finder's own")


def test_a_finder_of_the_old_kind_is_passed_over(
    host: str, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python passes over a finder without `find_spec`, and so does the hook."""
    _autoload.install()
    ours, *others = sys.meta_path
    monkeypatch.setattr(sys, "meta_path", [ours, Legacy(), *others])
    importlib.import_module(host)
    assert calls == ["ServerCertificate"]


def test_a_finder_that_raises_raises_as_ever(
    host: str,
    calls: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The hook raises nothing itself: the import does, with what it would raise without us."""
    importlib.import_module("fakehost")
    _autoload.install()
    ours, *others = sys.meta_path
    monkeypatch.setattr(sys, "meta_path", [ours, Raising(), *others])
    assert ours.find_spec(host, None) is None
    [record] = caplog.records
    assert record.getMessage().endswith("ValueError: a finder's own")
    with pytest.raises(ValueError, match="a finder's own"):
        importlib.import_module(host)
    assert calls == []


def test_a_loader_of_the_old_kind_is_left_alone(
    host: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A loader that cannot be watched loads the host all the same."""

    class Finder(Legacy):
        def find_spec(self, name: str, path: object = None, target: object = None) -> object:
            return SimpleNamespace(loader=object()) if name == host else None

    _autoload.install()
    monkeypatch.setattr(sys, "meta_path", [_autoload._FINDER, Finder()])
    assert _autoload._FINDER.find_spec(host) is None
    assert "has no exec_module" in caplog.text


def test_it_imports_nothing_but_itself() -> None:
    """Every start of Python pays for it: beside `os`, which is always there, it needs no module."""
    script = (
        "import os, sys; before = set(sys.modules); import c7n_certrenew._autoload;"
        "print(*sorted(set(sys.modules) - before))"
    )
    root = Path(c7n_certrenew.__file__).parent.parent
    run = subprocess.run(
        [sys.executable, "-S", "-c", script],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["c7n_certrenew", "c7n_certrenew._autoload"]
