"""`certrenew sandbox`: the accounts of the demonstration, left running in the foreground."""

from __future__ import annotations

import shlex
import signal
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from .authority import Authority
from .demo_commands import apart
from .demo_directory import (
    ACCOUNTS_FILE,
    CERTIFICATES,
    MARKER,
    RENEW,
    TRUSTED,
    prepare,
    write_renewed,
)
from .demo_world import LINES, REGIONS, Line, build
from .sandbox import Sandbox
from .world import Propagation

if TYPE_CHECKING:
    from .demo_world import Front

AUTHORITY = ".authority.pem"
READY = "Ready."

_LONGER = 4
"""Days: what is renewed is soon due again, so that the same policy can be tried again at once."""
_FORGOTTEN = "unset AWS_PROFILE AWS_SESSION_TOKEN"


def serve(directory: Path, port: int, env_file: Path | None, propagation: float) -> int:
    """Run until SIGTERM or SIGINT and return 0.

    The last line printed begins with ``Ready.``: from then on the account answers, and the
    file of variables is written. Raises ClickException for a directory that is not ours and for
    a port that is taken.
    """
    with _until_stopped() as stopped:
        prepare(directory, wiped=False)
        authority = Authority("Sandbox")
        authority.write(directory / AUTHORITY)
        write_renewed(directory, authority, days=lambda line: line.days + _LONGER)
        with _opened(port, propagation) as sandbox:
            fronts = build(sandbox, authority)
            exports = "\n".join(_exports(sandbox.environ))
            if env_file is not None:
                env_file.write_text(f"{exports}\n")
            _announce(directory, fronts, exports, env_file)
            stopped.wait()
    click.echo("The sandbox has ended.")
    return 0


def issue(directory: Path, lineage: str, days: int) -> int:
    """Write a newer certificate of a lineage to where the shipped policy looks for it; return 0.

    Its names are those of the certificate that is there, else of the lineage as the sandbox
    began. Raises ClickException for a directory without a sandbox and for an unknown lineage.
    """
    if not (directory / MARKER).is_file() or not (directory / AUTHORITY).is_file():
        raise click.ClickException(
            f"{directory} is not the directory of a sandbox: name it with --directory"
        )
    place = directory / CERTIFICATES / lineage
    issued = _line(place / "cert.pem", lineage).issue(Authority.read(directory / AUTHORITY), days)
    issued.write(place)
    click.echo(f"{place}: a certificate {issued.fingerprint[:8]} until {issued.not_after:%Y-%m-%d}")
    return 0


def _line(present: Path, lineage: str) -> Line:
    """Return what to issue: as the certificate that is there, else as the sandbox began."""
    if Path(lineage).name == lineage and present.is_file():
        leaf = x509.load_pem_x509_certificates(present.read_bytes())[0]
        return Line(lineage, tuple(dns_names(leaf)), 0, key=_key(leaf.public_key()))
    known = {line.lineage: line for line in LINES}
    if lineage not in known:
        raise click.ClickException(f"no lineage {lineage}: there are {', '.join(known)}")
    return known[lineage]


def dns_names(leaf: x509.Certificate) -> list[str]:
    """Return the DNS names of a certificate in their order."""
    extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def _key(key: object) -> str:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"p{key.key_size}"
    assert isinstance(key, rsa.RSAPublicKey)
    return f"rsa{key.key_size}"


@contextmanager
def _opened(port: int, propagation: float) -> Iterator[Sandbox]:
    _require_free(port)
    delay = Propagation(seconds=propagation)
    with Sandbox(regions=REGIONS, propagation=delay, port=port) as sandbox:
        yield sandbox


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise click.ClickException(f"port {port} of 127.0.0.1: {error}") from error


@contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Give an event that SIGTERM and SIGINT set; the handlers are put back afterwards."""
    stopped = threading.Event()
    former = {
        number: signal.signal(number, lambda *_: stopped.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield stopped
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _exports(environ: Mapping[str, str]) -> Iterator[str]:
    yield _FORGOTTEN
    for name, value in {**environ, **apart()}.items():
        yield f"export {name}={shlex.quote(value)}"


def _announce(
    directory: Path, fronts: Iterable[Front], exports: str, env_file: Path | None
) -> None:
    where, example = shlex.quote(str(directory)), LINES[0].lineage
    click.echo(f"An AWS account simulated on this machine. In another shell:\n\n{exports}")
    if env_file is not None:
        click.echo(f"\nThe same: . {shlex.quote(str(env_file))}")
    click.echo(f"\nPolicies and renewed certificates: {directory}/policies, {directory}/certs")
    for command in (f"custodian run --dryrun -s plan {RENEW}", f"custodian run -s renew {RENEW}"):
        click.echo(f"  (cd {where} && {command})")
    click.echo(
        "\nThree accounts at once, of which one refuses to be looked at and one denies a region:\n"
        f"  (cd {where} && c7n-org run -c {ACCOUNTS_FILE} -s organisation -u {RENEW})"
    )
    click.echo("\nWhat each listener serves now:")
    for front in fronts:
        click.echo(f"  {front.openssl:<80}  # {front} ({front.role})")
    click.echo(f"  (-CAfile {where}/{TRUSTED} trusts the authority of all of them)")
    click.echo(
        "\nA newer certificate, to renew once more (the policy takes what has 30 days left):"
    )
    click.echo(f"  certrenew sandbox issue {example} --days 20 --directory {where}")
    click.echo(f"\n{READY} Ctrl-C ends it.")
