"""The pipelines to copy: one policy, roles apart, what the page says of them.

Their schemas and options are checked with all other commands; Groovy is parsed by `tox -e lint`.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from c7n_certrenew.cli import certrenew
from c7n_certrenew.commands.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
CI = ROOT / "docs/deploy/ci"
PAGE = (ROOT / "docs/how-to/run-in-ci.md").read_text("utf-8")
GITHUB: dict[str, Any] = yaml.safe_load((CI / "github-actions.yml").read_text("utf-8"))
GITLAB: dict[str, Any] = yaml.safe_load((CI / "gitlab-ci.yml").read_text("utf-8"))
JENKINS = (CI / "Jenkinsfile").read_text("utf-8")
JOBS = ("audit", "plan", "renew")


def github(job: str) -> str:
    """Return what a job of GitHub's runs."""
    return "\n".join(step["run"] for step in GITHUB["jobs"][job]["steps"] if "run" in step)


def gitlab(job: str) -> str:
    """Return what a job of GitLab's runs."""
    return "\n".join([*GITLAB[".certrenew"]["before_script"], *GITLAB[job]["script"]])


def jenkins(job: str) -> str:
    """Return what a stage of Jenkins runs."""
    stage = JENKINS.partition(f"stage('{job.title()}')")[2].partition("stage(")[0]
    return "\n".join(re.findall(r"sh(?: |\(script: )'([^']+)'", stage))


SCRIPTS = [
    pytest.param(script(job), id=f"{script.__name__}: {job}")
    for script in (github, gitlab, jenkins)
    for job in JOBS
]


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_run_one_policy(script: str) -> None:
    """A shell takes each script, and custodian runs the one policy."""
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    stock = re.findall(r"^\s*custodian (.+)", script, re.MULTILINE)
    assert stock or "certrenew audit" in script
    for line in stock:
        assert re.fullmatch(r"run (--dryrun )?-s (plan|out) policies/renew\.yml", line)


def test_one_job_renews() -> None:
    """Without `--dryrun` custodian runs in the job of the main branch and its environment alone."""
    for script in (github, gitlab, jenkins):
        renewing = [job for job in JOBS if "custodian run -s" in script(job)]
        assert renewing == ["renew"]
    assert GITHUB["jobs"]["renew"]["environment"] == GITLAB["renew"]["environment"]["name"]
    assert GITHUB["jobs"]["renew"]["environment"] == "production"
    assert "refs/heads/main" in GITHUB["jobs"]["renew"]["if"]
    assert all("$CI_DEFAULT_BRANCH" in rule["if"] for rule in GITLAB["renew"]["rules"])
    assert "when { branch 'main' }" in JENKINS.partition("stage('Renew')")[2]


@pytest.mark.parametrize("job", JOBS)
def test_each_job_has_its_own_role(job: str) -> None:
    """No pull request gets the role that renews, and none of a fork gets any."""
    variable = f"CERTRENEW_{job.upper()}_ROLE"
    assert re.findall(r"CERTRENEW_\w+_ROLE", yaml.safe_dump(GITHUB["jobs"][job])) == [variable]
    assert GITLAB[job]["variables"] == {"ROLE": f"${variable}"}
    stage = JENKINS.partition(f"stage('{job.title()}')")[2].partition("stage(")[0]
    assert re.findall(r"credentialsId: '([^']+)'", stage) == [f"certrenew-{job}"]
    assert "head.repo.full_name == github.repository" in GITHUB["jobs"]["plan"]["if"]
    assert GITHUB["permissions"] == {}


def test_exit_codes_are_those_of_the_commands() -> None:
    """The table has a column for each, and nothing is green where something was not looked at."""
    header = re.search(r"^\| command \|(.+)\|$", PAGE, re.MULTILINE)
    assert header is not None
    assert header[1].split("|") == [f" {int(code)} " for code in ExitCode]
    for name in re.findall(r"^\| `certrenew (\w+)` \|", PAGE, re.MULTILINE):
        assert isinstance(certrenew.commands[name], click.Command)
