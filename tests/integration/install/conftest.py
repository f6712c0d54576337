"""The package as users install it: in environments of their own, beside stock c7n and c7n-org."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

from c7n_certrenew.sandbox import Authority, Listener, Sandbox

PROJECT = Path(__file__).parents[3]
STARTUP_FILES = {"c7n_certrenew_autoload.pth", "c7n_certrenew_autoload.start"}
OPTED_OUT = {"C7N_CERTRENEW_AUTOLOAD": "0"}
ASK = ("schema", "aws.iam-certificate.filters.listener")
"""What a user asks `custodian` to see whether it knows this package."""

POLICY = """
policies:
  - name: expiring
    resource: aws.iam-certificate
    filters:
      - type: expires-within
        days: 30
      - type: listener
"""

UNRELATED = """
policies:
  - name: unrelated
    resource: aws.iam-certificate
    filters:
      - type: value
        key: ServerCertificateName
        value: idle
"""

ACCOUNTS = """
accounts:
  - account_id: "123456789012"
    name: shop
    role: arn:aws:iam::123456789012:role/certrenew
"""

Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Installation:
    """A virtual environment, and commands run in it."""

    root: Path
    work: Path

    def run(self, *command: str | Path, environ: Mapping[str, str] | None = None) -> Done:
        """Run a command of the environment in the working directory; its failure is a result."""
        return execute(self.root / "bin" / command[0], *command[1:], cwd=self.work, **environ or {})

    @property
    def site(self) -> Path:
        """Where packages are installed."""
        [path] = self.root.glob("lib/python*/site-packages")
        return path


def execute(*command: str | Path, cwd: Path, **environ: str) -> Done:
    """Run a command that finds uv, and nothing of this environment's own settings."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("C7N_", "PYTHON"))}
    search = os.pathsep.join([str(Path(find_uv_bin()).parent), os.environ["PATH"]])
    return subprocess.run(
        command,
        cwd=cwd,
        env={**inherited, "PATH": search, "AWS_DEFAULT_REGION": "us-east-1", **environ},
        capture_output=True,
        text=True,
        timeout=120,
    )


def uv(*arguments: str | Path) -> None:
    """Run uv; what it says on failure is shown."""
    run = subprocess.run([find_uv_bin(), *arguments], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def lend(lender: Path, root: Path) -> None:
    """Give environments below a directory what Python has compiled in another one.

    Python takes it for the files that are the same, which uv links from its cache.
    """
    [given] = lender.glob("lib/python*/site-packages")
    for taken in root.rglob("site-packages"):
        for compiled in given.rglob("__pycache__"):
            target = taken / compiled.relative_to(given)
            if target.parent.is_dir() and not target.exists():
                shutil.copytree(compiled, target, copy_function=os.link)


def matched(directory: Path, policy: str = "expiring") -> list[str]:
    """Name the certificates that a policy wrote below a directory."""
    [path] = directory.rglob(f"{policy}/resources.json")
    return [found["ServerCertificateName"] for found in json.loads(path.read_text())]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    directory = tmp_path_factory.mktemp("dist")
    uv("build", "--wheel", "--out-dir", directory, PROJECT)
    [path] = directory.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean environment with the wheel, stock c7n and stock c7n-org."""
    root = tmp_path_factory.mktemp("clean") / "venv"
    uv("venv", "--python", sys.executable, root)
    uv("pip", "install", "--python", root / "bin" / "python", wheel, "c7n-org")
    execute(root / "bin" / "custodian", *ASK, cwd=root)  # compiles what all others need
    return root


@pytest.fixture
def installed(environment: Path, tmp_path: Path) -> Installation:
    """The clean environment, working in a directory with the policies and accounts."""
    for name, text in (("own", POLICY), ("unrelated", UNRELATED), ("accounts", ACCOUNTS)):
        (tmp_path / f"{name}.yml").write_text(text)
    return Installation(environment, tmp_path)


@pytest.fixture
def shop(sandbox: Sandbox, authority: Authority) -> Mapping[str, str]:
    """The variables of an account where of three certificates one expires soon and is served."""
    served = sandbox.upload("shop", authority.issue("shop.example.com", days=20, key="p256"))
    sandbox.upload("idle", authority.issue("idle.example.com", days=20, key="p256"))
    later = sandbox.upload("later", authority.issue("later.example.com", days=60, key="p256"))
    sandbox.classic("eu-west-1", "front", Listener(443, "HTTPS", served))
    sandbox.classic("eu-central-1", "back", Listener(443, "HTTPS", later))
    return sandbox.environ
