"""Look at a listener as a client does: one TLS handshake a name and address."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import ssl
from dataclasses import dataclass
from enum import Enum

RESOLVE_VARIABLE = "CERTRENEW_RESOLVE"
"""Entries `name:port:address:port` separated by blanks, as curl's --resolve has them.

An IPv6 address stands in brackets. What is no such entry is passed over.
"""

_ENTRY = re.compile(r"([^\s:]+):(\d+):(\[[^\s\]]+\]|[^\s:]+):(\d+)")

_TIMEOUT = 5.0


class Sight(str, Enum):
    """What a handshake came to."""

    SERVED = "served"
    REFUSED = "refused"
    """The connection was made, the handshake failed."""
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Glance:
    """One handshake: the SHA-256 of the certificate served, or why there was none."""

    sight: Sight
    fingerprint: str = ""
    reason: str = ""


@dataclass(frozen=True)
class View:
    """One address of a listener, and the name a client asks it for.

    `algorithm` is the only kind of key (RSA or ECDSA) that the client takes, empty for a client
    that takes any: of twins a listener serves the one that suits.
    """

    address: tuple[str, int]
    server_name: str
    algorithm: str = ""

    def __str__(self) -> str:
        alone = self.algorithm and f" ({self.algorithm} alone)"
        return f"{self.server_name} at {self.address[0]}:{self.address[1]}{alone}"


def addresses(dns_name: str, port: int) -> tuple[tuple[str, int], ...]:
    """Return every address a name resolves to, none where it does not resolve."""
    given = _given(dns_name.lower(), port)
    if given:
        return given
    try:
        found = socket.getaddrinfo(dns_name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys((str(entry[4][0]), int(entry[4][1])) for entry in found))


def _given(dns_name: str, port: int) -> tuple[tuple[str, int], ...]:
    entries = map(_ENTRY.fullmatch, os.environ.get(RESOLVE_VARIABLE, "").split())
    return tuple(
        (entry[3].strip("[]"), int(entry[4]))
        for entry in entries
        if entry and (entry[1].lower(), entry[2]) == (dns_name, str(port))
    )


def glance(view: View) -> Glance:
    """Make one handshake and return what was served. Trust and names are not checked here."""
    try:
        connection = socket.create_connection(view.address, timeout=_TIMEOUT)
    except OSError as error:
        return Glance(Sight.UNREACHABLE, reason=_why(error))
    try:
        with (
            connection,
            _context(view.algorithm).wrap_socket(
                connection, server_hostname=view.server_name
            ) as tls,
        ):
            served = tls.getpeercert(binary_form=True) or b""
    except TimeoutError as error:
        return Glance(Sight.UNREACHABLE, reason=_why(error))
    except OSError as error:
        return Glance(Sight.REFUSED, reason=_why(error))
    except ValueError as error:  # a certificate may have names that no client can ask for
        return Glance(Sight.REFUSED, reason=str(error))
    return Glance(Sight.SERVED, hashlib.sha256(served).hexdigest())


def server_name(name: str) -> str:
    """Return a name to ask for: a wildcard stands for a label that nobody uses."""
    return name.replace("*", "certrenew-check", 1)


def _context(algorithm: str = "") -> ssl.SSLContext:
    """Offer one kind of key alone by the ciphers of TLS 1.2: those of TLS 1.3 name none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if algorithm:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"a{algorithm}")
    return context


def _why(error: OSError) -> str:
    return str(getattr(error, "reason", "") or error.strerror or type(error).__name__)
