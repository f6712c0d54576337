"""The demonstration: certificates renewed by stock commands, while clients keep connecting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from c7n_certrenew.report.findings import (
    EXPIRING,
    EXPIRING_IN_USE,
    INVENTORY,
    RENEW as RENEW_POLICY,
    findings,
    names,
)
from c7n_certrenew.report.output import OutputError
from c7n_certrenew.report.plans import notes, read_plans
from c7n_certrenew.report.tables import audit_table, plan_table
from c7n_certrenew.report.terminal import make_console

from .authority import Authority
from .clients import Clients
from .demo_commands import Run, Shell
from .demo_directory import RENEW, prepare, write_renewed
from .demo_progress import busy, closing, log_line
from .demo_tables import clients_table, show
from .demo_verdict import Evidence, changes, unmet
from .demo_world import LINES, REGIONS, build
from .sandbox import Sandbox
from .world import Propagation

if TYPE_CHECKING:
    from rich.console import Console

_DELAY = 3.0
_LONG = 98
_CUSTODIAN = "custodian run"
_DETECT = "policies/detect/iam-certificate-{inventory,expiring,expiring-in-use}.yml"


def run_demo(directory: Path, fast: bool = False) -> int:
    """Show an audit, a plan, a renewal and a second run; return 0 if all went as promised."""
    prepare(directory, wiped=True)
    authority = Authority("Demo")
    renewed = write_renewed(directory, authority, days=lambda line: 90)
    propagation = Propagation(seconds=0 if fast else _DELAY)
    with Sandbox(regions=REGIONS, propagation=propagation) as sandbox:
        fronts = build(sandbox, authority)
        with Clients(fronts, authority.root) as clients:
            shell = Shell(directory, sandbox.environ)
            story = Story(make_console(), directory, sandbox, shell, clients)
            try:
                return story.told({lineage: one.fingerprint for lineage, one in renewed.items()})
            except OutputError as error:
                raise click.ClickException(str(error)) from error


@dataclass
class Story:
    """Tell what happens, and keep the evidence of it."""

    console: Console
    directory: Path
    sandbox: Sandbox
    shell: Shell
    clients: Clients
    runs: list[Run] = field(default_factory=list)
    changed_early: tuple[str, ...] = ()

    def told(self, renewed: Mapping[str, str]) -> int:
        """Tell it from beginning to end and return the exit code."""
        self._opening()
        self._audit()
        self._plan()
        self._renewal()
        self._second_run()
        return self._end(renewed)

    def _opening(self) -> None:
        self._say("[bold]certrenew demo[/]: an AWS account simulated on this machine, no network.")
        self._say(
            f"{len(LINES)} server certificates in IAM, load balancers in {len(REGIONS)} regions. "
            f"{len(self.clients.all)} clients open TLS connections\n"
            "all the while and check chain, name and dates."
        )
        self.clients.look_again()

    def _audit(self) -> None:
        self._head("1. What expires within 30 days, and who serves it?")
        self._run(f"{_CUSTODIAN} -s audit {_DETECT}")
        policies, now = (INVENTORY, EXPIRING, EXPIRING_IN_USE), dt.datetime.now(dt.timezone.utc)
        found = findings(self.directory / "audit", policies, now)
        show(self.console, audit_table(found))

    def _plan(self) -> None:
        self._head("2. What would a renewal do? A dry run changes nothing.")
        self._run(f"{_CUSTODIAN} --dryrun -s plan {RENEW}")
        found = [plan for made in read_plans(self.directory / "plan") for plan in made.plans]
        show(self.console, plan_table(found))
        for note in notes(found):
            self._say(f"Note: {escape(note)}.")
        self.changed_early = changes(self.sandbox.journal)

    def _renewal(self) -> None:
        seconds = self.sandbox.propagation.seconds
        self._head("3. Renew, on every listener.")
        if seconds:
            self._say(f"As at AWS, load balancers learn of an upload late: {seconds:g} s here.")
        self._run(f"{_CUSTODIAN} -s renew {RENEW}", logged=True)
        self.clients.look_again()
        self._say("What each client was served (SHA-256 and expiry), and how many connections:\n")
        show(self.console, clients_table(self.clients.all))

    def _second_run(self) -> None:
        self._head("4. Run it again: there is nothing left to do.")
        self.sandbox.clear_journal()
        self._run(f"{_CUSTODIAN} -s again {RENEW}")
        self._say(
            f"{len(self._matched_again())} certificates matched, "
            f"{len(changes(self.sandbox.journal))} changes made."
        )
        self.clients.look_again()
        self.clients.stop()

    def _end(self, renewed: Mapping[str, str]) -> int:
        evidence = Evidence(
            runs=self.runs,
            clients=self.clients.all,
            found=names(self.directory / "audit", EXPIRING_IN_USE),
            renewed=renewed,
            changed_early=self.changed_early,
            matched_again=len(self._matched_again()),
            changed_again=changes(self.sandbox.journal),
        )
        broken = unmet(evidence)
        self._head("Result")
        failures = len(self.clients.failures)
        colour = "red" if failures else "green"
        self._say(f"TLS connections: {self.clients.made:,} made, [{colour}]{failures} failed[/].")
        self._say(f"Exit codes of custodian: {', '.join(str(run.code) for run in self.runs)}.")
        if not broken:
            self._say("Every listener that served an expiring certificate serves the renewed one.")
        self._say(closing(self.directory))
        for line in broken[:1]:
            self._say(f"\n[bold red]NOT AS PROMISED: {escape(line)}[/]")
        return 1 if broken else 0

    def _matched_again(self) -> frozenset[str]:
        return names(self.directory / "again", RENEW_POLICY)

    def _run(self, typed: str, logged: bool = False) -> None:
        """Run a command under the eyes of the reader; its log is shown where that tells more."""
        shown = typed if len(typed) < _LONG else typed.replace(" policies/", " \\\n    policies/")
        self._say(f"[bold cyan]$ {escape(shown)}[/]")
        with busy(self.console, self.clients):
            run = self.shell.run(typed, self._log if logged else len)
        self.runs.append(run)
        if run.code and not logged:
            self.console.print(run.output, style="red", markup=False)
        self._say(f"[dim]exit code {run.code} after {run.seconds:.1f} s[/]\n")

    def _log(self, line: str) -> None:
        shown = log_line(line)
        if shown:
            self.console.print(shown, style="dim", markup=False, soft_wrap=True)

    def _head(self, text: str) -> None:
        self._say(f"\n[bold]{text}[/]")

    def _say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)
