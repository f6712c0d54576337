"""Clients that open one TLS connection after another and remember what they were served."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from types import TracebackType

    from .demo_world import Front

_TIMEOUT = 15.0
_PAUSE = 0.2


@dataclass(frozen=True)
class Served:
    """A certificate that a client was served: SHA-256 in hex, and when it expires."""

    fingerprint: str
    not_after: dt.datetime

    @property
    def short(self) -> str:
        """Return the eight digits that end a generated name."""
        return self.fingerprint[:8]


@dataclass
class Client:
    """One client of one listener. A connection counts when its request was answered.

    Trust, host name and dates of the certificate are checked as a browser does.
    """

    front: Front
    context: ssl.SSLContext
    made: int = 0
    failures: list[str] = field(default_factory=list)
    served: list[Served] = field(default_factory=list)
    """What it was served, oldest first; one entry for each change."""

    def connect(self) -> None:
        """Open a connection, send a request, read the answer, and note how it went."""
        try:
            der = self._exchange()
        except OSError as error:
            self.failures.append(f"{self.front}: {error}")
            return
        fingerprint = hashlib.sha256(der).hexdigest()
        if not self.served or self.served[-1].fingerprint != fingerprint:
            not_after = x509.load_der_x509_certificate(der).not_valid_after_utc
            self.served.append(Served(fingerprint, not_after))
        self.made += 1

    def _exchange(self) -> bytes:
        name = self.front.server_name
        with (
            socket.create_connection(self.front.address, timeout=_TIMEOUT) as plain,
            self.context.wrap_socket(plain, server_hostname=name) as tls,
        ):
            tls.sendall(f"GET / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
            if b" 200 " not in tls.recv(1024):
                raise OSError("no answer to the request")
            return tls.getpeercert(binary_form=True) or b""


class Clients:
    """Keep one client a listener busy, each in a thread, until the block ends."""

    def __init__(self, fronts: Iterable[Front], root: str) -> None:
        context = ssl.create_default_context(cadata=root)
        self.all = tuple(Client(front, context) for front in fronts)
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._work, args=(client,), daemon=True) for client in self.all
        ]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let every client finish the connection it is at."""
        self._stop.set()
        for thread in self._threads:
            thread.join(_TIMEOUT)

    def look_again(self, within: float = 10) -> None:
        """Wait until every client has tried once more from now, at most `within` seconds."""
        before = [_tries(client) for client in self.all]
        deadline = time.monotonic() + within
        # The connection under way may have begun earlier: two more are needed.
        while time.monotonic() < deadline and any(
            _tries(client) < tries + 2 for client, tries in zip(self.all, before, strict=True)
        ):
            time.sleep(_PAUSE)

    @property
    def made(self) -> int:
        """Return how many connections were made so far."""
        return sum(client.made for client in self.all)

    @property
    def failures(self) -> tuple[str, ...]:
        """Return what went wrong so far, one line a connection."""
        return tuple(failure for client in self.all for failure in client.failures)

    def _work(self, client: Client) -> None:
        while not self._stop.wait(_PAUSE):
            client.connect()


def _tries(client: Client) -> int:
    return client.made + len(client.failures)
