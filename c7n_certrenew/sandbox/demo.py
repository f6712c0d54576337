"""The demonstration: certificates renewed by stock commands, while clients keep connecting."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from c7n_certrenew.report.findings import EXPIRING, EXPIRING_IN_USE, INVENTORY, findings, names
from c7n_certrenew.report.output import OutputError
from c7n_certrenew.report.plans import notes, read_plans
from c7n_certrenew.report.tables import audit_table, plan_table
from c7n_certrenew.report.terminal import make_console

from .authority import Authority
from .clients import Clients
from .demo_commands import Run, Shell
from .demo_directory import ACCOUNTS_FILE, AUDIT, REGION, RENEW, prepare, write_audit, write_renewed
from .demo_outcomes import ends, ends_table
from .demo_progress import busy, closing, log_line
from .demo_tables import clients_table, show
from .demo_verdict import Evidence, changes, unmet
from .demo_world import ACCOUNTS, HALF_WAY, REGIONS, allow_everything, build
from .sandbox import Sandbox
from .world import Propagation

if TYPE_CHECKING:
    from rich.console import Console

_DELAY = 3.0
_ORG = f"c7n-org run -c {ACCOUNTS_FILE}"
_POLICIES = (INVENTORY, EXPIRING, EXPIRING_IN_USE)
_SEEN = ("shop", "payments")


def run_demo(directory: Path, fast: bool = False) -> int:
    """Show an audit, a plan, a renewal and a second run; return 0 if all went as promised."""
    prepare(directory, wiped=True)
    write_audit(directory, _POLICIES)
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
        self._say("[bold]certrenew demo[/]: AWS accounts simulated on this machine, no network.")
        self._say(
            f"{len(ACCOUNTS)} accounts, load balancers in {len(REGIONS)} regions. "
            f"{len(self.clients.all)} clients open TLS connections all the while\n"
            "and check chain, name and dates."
        )
        self.clients.look_again()

    def _audit(self) -> None:
        self._head("1. What expires within 30 days, and who serves it?")
        self._run(f"{_ORG} -s audit -u {AUDIT}")
        now = dt.datetime.now(dt.timezone.utc)
        for account in _SEEN:
            self._say(f"Account {account}:\n")
            show(self.console, audit_table(findings(self._audited(account), _POLICIES, now)))
            self._say("")
        self._say(
            "Account legacy: not looked at, its role cannot be assumed. That is not the same as\n"
            "clean, so no command here ends with 0."
        )

    def _plan(self) -> None:
        self._head("2. What would a renewal do? A dry run changes nothing.")
        self._run(f"{_ORG} --dryrun -s plan -u {RENEW}")
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
        self._run(f"{_ORG} -s renew -u {RENEW}")
        self.clients.look_again()
        self._ends("renew")
        self._say(
            f"\n{HALF_WAY.lineage} went half way. What is finished stays, the new certificate is "
            "good;\nthe listener that could not be changed serves the old one, which is still "
            "valid.\nWhat each client was served (SHA-256 and expiry), and how many connections:\n"
        )
        show(self.console, clients_table(self.clients.all))

    def _second_run(self) -> None:
        self._head("4. Somebody grants what was missing. The next run completes it.")
        allow_everything(self.sandbox)
        self.sandbox.clear_journal()
        self._run(f"{_ORG} -s again -u {RENEW}")
        self.clients.look_again()
        self._ends("again")
        self.clients.stop()

    def _ends(self, out: str) -> None:
        show(self.console, ends_table(ends(self.directory / out)))

    def _end(self, renewed: Mapping[str, str]) -> int:
        broken = unmet(self._evidence(renewed))
        self._head("Result")
        failures = len(self.clients.failures)
        colour = "red" if failures else "green"
        self._say(f"TLS connections: {self.clients.made:,} made, [{colour}]{failures} failed[/].")
        if not broken:
            self._say(
                "Every listener that served an expiring certificate serves the renewed one, in "
                "every account\nthat could be looked at. Not looked at: legacy."
            )
        self._say(closing(self.directory))
        for line in broken[:1]:
            self._say(f"\n[bold red]NOT AS PROMISED: {escape(line)}[/]")
        return 1 if broken else 0

    def _evidence(self, renewed: Mapping[str, str]) -> Evidence:
        expiring = (names(self._audited(account), EXPIRING_IN_USE) for account in _SEEN)
        return Evidence(
            runs=self.runs,
            clients=self.clients.all,
            found=frozenset().union(*expiring),
            renewed=renewed,
            changed_early=self.changed_early,
            first=ends(self.directory / "renew"),
            again=ends(self.directory / "again"),
            changed_again=changes(self.sandbox.journal),
        )

    def _audited(self, account: str) -> Path:
        return self.directory / "audit" / account / REGION

    def _run(self, typed: str) -> None:
        """Run a command under the eyes of the reader, and show what it logs."""
        self._say(f"[bold cyan]$ {escape(typed)}[/]")
        with busy(self.console, self.clients):
            run = self.shell.run(typed, self._log)
        self.runs.append(run)
        self._say(f"[dim]exit code {run.code} after {run.seconds:.1f} s[/]\n")

    def _log(self, line: str) -> None:
        shown = log_line(line)
        if shown:
            self.console.print(shown, style="dim", markup=False, soft_wrap=True)

    def _head(self, text: str) -> None:
        self._say(f"\n[bold]{text}[/]")

    def _say(self, text: str) -> None:
        self.console.print(text, soft_wrap=True)
