"""The wheel as users install it: in an environment of its own, beside stock c7n and c7n-org."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from uv import find_uv_bin

from c7n_certrenew.sandbox import Authority, Listener, Sandbox

pytestmark = pytest.mark.xdist_group("wheel")

PROJECT = Path(__file__).parents[2]
PACK = PROJECT / "policies"
STARTUP_FILES = {"c7n_certrenew_autoload.pth", "c7n_certrenew_autoload.start"}
OPTED_OUT = {"C7N_CERTRENEW_AUTOLOAD": "0"}

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
  - name: stopped
    resource: aws.ec2
    filters:
      - "State.Name": stopped
"""

ACCOUNTS = """
accounts:
  - account_id: "123456789012"
    name: shop
    role: arn:aws:iam::123456789012:role/certrenew
"""

WORKER = """
import multiprocessing
import sys
{head}

def known():
    from c7n.resources.iam import ServerCertificate
    return "expires-within" in ServerCertificate.filter_registry

if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        print(pool.apply(known))
"""


@dataclass(frozen=True)
class Installation:
    """A virtual environment, and commands run in it."""

    root: Path
    work: Path

    def run(
        self, *command: str | Path, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the environment in the working directory; its failure is a result."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("C7N_", "PYTHON"))}
        given = {"AWS_DEFAULT_REGION": "us-east-1", **(environ or {})}
        return subprocess.run(
            [self.root / "bin" / command[0], *command[1:]],
            cwd=self.work,
            env={**inherited, **given},
            capture_output=True,
            text=True,
            timeout=120,
        )

    @property
    def site(self) -> Path:
        """Where packages are installed."""
        [path] = self.root.glob("lib/python*/site-packages")
        return path


def uv(*arguments: str | Path) -> None:
    """Run uv; what it says on failure is shown."""
    run = subprocess.run([find_uv_bin(), *arguments], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


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


def matched(directory: Path) -> list[str]:
    """Name the certificates that the policy `expiring` wrote below a directory."""
    [path] = directory.rglob("expiring/resources.json")
    return [found["ServerCertificateName"] for found in json.loads(path.read_text())]


@pytest.fixture
def broken(installed: Installation) -> Iterator[Installation]:
    """The environment while the registration of this package fails."""
    path = installed.site / "c7n_certrenew" / "register.py"
    text = path.read_text()
    replace(path, "raise RuntimeError('broken on purpose')\n")
    yield installed
    replace(path, text)


def replace(path: Path, text: str) -> None:
    """Write a new file: the old one may be a hard link into uv's cache."""
    path.unlink()
    path.write_text(text)


def test_the_wheel_has_the_startup_files_at_its_root(wheel: Path) -> None:
    """Python reads them only at the root of site-packages, and needs no second copy."""
    names = {
        name for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".pth", ".start"))
    }
    assert names == STARTUP_FILES


def test_the_wheel_has_the_rule_pack(wheel: Path) -> None:
    """Every shipped policy travels with the package."""
    prefix = "c7n_certrenew/policies/"
    shipped = {n.removeprefix(prefix) for n in zipfile.ZipFile(wheel).namelist() if prefix in n}
    pack = {str(path.relative_to(PACK)) for path in PACK.rglob("*.yml")}
    assert pack
    assert pack <= shipped


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


def test_stock_custodian_validates_the_vocabulary(installed: Installation) -> None:
    """Installing the package is all it takes."""
    run = installed.run("custodian", "validate", "own.yml")
    assert run.returncode == 0, run.stderr


def test_stock_custodian_explains_the_vocabulary(installed: Installation) -> None:
    """`custodian schema` prints the documentation of a filter."""
    run = installed.run("custodian", "schema", "aws.iam-certificate.filters.expires-within")
    assert run.returncode == 0, run.stderr
    assert "days: 30" in run.stdout


def test_without_the_autoload_only_the_explicit_way_knows_it(installed: Installation) -> None:
    """The opt-out gives stock behaviour back; `certrenew custodian` works all the same."""
    stock = installed.run("custodian", "validate", "own.yml", environ=OPTED_OUT)
    assert stock.returncode != 0
    assert "Configuration invalid" in stock.stderr
    explicit = installed.run("certrenew", "custodian", "validate", "own.yml", environ=OPTED_OUT)
    assert explicit.returncode == 0, explicit.stderr


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize(
    ("head", "environ"),
    [("", {}), ("from c7n_certrenew.cli import main", OPTED_OUT)],
    ids=["autoload", "explicit"],
)
def test_worker_processes_know_it(
    installed: Installation, method: str, head: str, environ: Mapping[str, str]
) -> None:
    """However a worker is started, both ways of loading reach it."""
    (installed.work / "worker.py").write_text(WORKER.format(head=head))
    run = installed.run("python", "worker.py", method, environ=environ)
    assert run.stdout == "True\n", run.stderr


def test_a_broken_plugin_leaves_other_policies_alone(broken: Installation) -> None:
    """A policy on other resources is valid; the log has one line on what is missing."""
    run = broken.run("custodian", "validate", "unrelated.yml")
    assert run.returncode == 0, run.stderr
    assert run.stderr.count("broken on purpose") == 1
    assert "Traceback" not in run.stderr


def test_a_broken_plugin_says_so_when_it_is_needed(broken: Installation) -> None:
    """A policy that needs it fails, beside the line that says why."""
    run = broken.run("custodian", "validate", "own.yml")
    assert run.returncode != 0
    assert "RuntimeError: broken on purpose" in run.stderr


def test_stock_custodian_runs_and_reports(installed: Installation, shop: Mapping[str, str]) -> None:
    """`run` finds the certificate that expires and is served; `report` reads what it wrote."""
    options = ("--output-dir", "out", "--cache-period", "0", "own.yml")
    run = installed.run("custodian", "run", *options, environ=shop)
    assert run.returncode == 0, run.stderr
    assert matched(installed.work / "out") == ["shop"]
    report = installed.run("custodian", "report", "--output-dir", "out", "own.yml", environ=shop)
    assert report.returncode == 0, report.stderr
    assert report.stdout.count('\n"shop",') == 1


@pytest.mark.parametrize(
    ("command", "switch"), [(["c7n-org"], {}), (["certrenew", "c7n-org"], OPTED_OUT)]
)
def test_c7n_org_runs_it_in_worker_processes(
    installed: Installation, shop: Mapping[str, str], command: list[str], switch: Mapping[str, str]
) -> None:
    """Stock c7n-org and the explicit way find the same in an account by its role."""
    options = ["--config", "accounts.yml", "--output-dir", "out", "--use", "own.yml"]
    once = ["--region", "us-east-1", "--cache-period", "0"]
    run = installed.run(*command, "run", *options, *once, environ={**shop, **switch})
    assert run.returncode == 0, run.stderr
    assert matched(installed.work / "out") == ["shop"]


def test_c7n_org_without_either_way_finds_nothing(
    installed: Installation, shop: Mapping[str, str]
) -> None:
    """Stock c7n-org drops policies it cannot load and succeeds: why the explicit way matters."""
    options = ["--config", "accounts.yml", "--output-dir", "out", "--use", "own.yml"]
    once = ["--region", "us-east-1", "--cache-period", "0"]
    run = installed.run("c7n-org", "run", *options, *once, environ={**shop, **OPTED_OUT})
    assert run.returncode == 0
    assert not list((installed.work / "out").rglob("resources.json"))
