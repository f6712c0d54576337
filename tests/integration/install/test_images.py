"""The Dockerfiles of docs/deploy, step by step in an environment laid out as the images are.

No container runs here: /src, /checkout and /tmp/wheels stand below a temporary folder, the official
images' /src/.venv (made by uv, so without pip) among them, and each RUN line is executed as it is.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from integration.install.conftest import (
    ASK,
    PROJECT,
    STARTUP_FILES,
    Installation,
    execute,
    lend,
    uv,
)

pytestmark = pytest.mark.xdist_group("wheel")

DEPLOY = PROJECT / "docs" / "deploy"
FOLDERS = ("/src", "/tmp/wheels")


@dataclass
class Machine:
    """What a Dockerfile's steps work on; the user they have chosen last."""

    root: Path
    user: str = "custodian"
    ran: list[str] = field(default_factory=list)

    def carry_out(self, dockerfile: Path) -> None:
        """Carry out the instructions that change files; others must be known to change none."""
        for instruction, rest in instructions(dockerfile):
            if instruction == "RUN":
                self.execute(re.sub(r"--mount=\S+\s+", "", rest))
            elif instruction == "COPY":
                self.copy(*rest.split())
            elif instruction == "USER":
                self.user = rest
            else:
                assert instruction in ("ARG", "FROM", "WORKDIR")

    def execute(self, line: str) -> None:
        """Execute a shell's line with the image's folders being those below the root."""
        for folder in FOLDERS:
            line = re.sub(rf"(?<=\s){folder}\b", f"{self.root}{folder}", f" {line}").strip()
        done = execute("sh", "-ec", line, cwd=self.root / "checkout")
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        self.ran.append(line)

    def copy(self, *names: str) -> None:
        """Copy files or folders of this checkout."""
        *sources, target = names
        for source in sources:
            to = self.root / "checkout" / target
            if (PROJECT / source).is_dir():
                shutil.copytree(PROJECT / source, to)
            else:
                shutil.copy(PROJECT / source, to)


def instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    """Yield a Dockerfile's instructions with what follows, continued lines joined."""
    lines = [x for x in dockerfile.read_text("utf-8").splitlines() if x and x[0] != "#"]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction, _, rest = line.partition(" ")
        yield instruction, rest


@pytest.fixture(scope="module")
def venv(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An official image's environment: stock c7n and c7n-org, no pip."""
    venv = tmp_path_factory.mktemp("image") / "src" / ".venv"
    uv("venv", "--python", sys.executable, venv)
    uv("pip", "install", "--python", venv / "bin" / "python", "c7n-org")
    lend(environment, venv)
    return venv


def packages(installation: Installation) -> set[str]:
    """Name each package that is installed, with its version."""
    return {path.stem for path in installation.site.glob("*.dist-info")}


def test_steps_of_the_dockerfile(venv: Path, tmp_path: Path) -> None:
    """The stock command of the image knows our filters; nothing that was there has changed."""
    image = Installation(venv, tmp_path)
    before = packages(image)
    assert not any(package.startswith(("pip-", "c7n_certrenew-")) for package in before)
    machine = Machine(venv.parents[1])
    (machine.root / "checkout").mkdir()
    machine.carry_out(DEPLOY / "Dockerfile.c7n")
    assert before < packages(image)
    assert {path.name for path in image.site.iterdir()} >= STARTUP_FILES
    pack = {path.name for path in (image.site / "c7n_certrenew").glob("policies/*/*.yml")}
    assert pack == {path.name for path in (PROJECT / "policies").rglob("*.yml")}
    assert (machine.user, len(machine.ran)) == ("custodian", 3)
    assert machine.ran[-1] == " ".join([str(venv / "bin" / "custodian"), *ASK])


def test_dockerfiles_differ_in_their_base_alone() -> None:
    """Each starts from its own official image, whose tag a build argument replaces."""
    custodian, org = (list(instructions(DEPLOY / f"Dockerfile.{x}")) for x in ("c7n", "c7n-org"))
    assert custodian[0] == ("ARG", "CUSTODIAN=cloudcustodian/c7n:latest")
    assert org[0] == ("ARG", "CUSTODIAN=cloudcustodian/c7n-org:latest")
    assert custodian[1:] == org[1:]
    assert [rest for word, rest in org if word == "FROM"][-1] == "${CUSTODIAN}"
