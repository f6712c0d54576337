"""Renewals one after the other, while real clients connect without a pause."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from integration.conftest import Engine, filtering, renewing

from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.sandbox import Authority, Issued, Listener, Propagation, Sandbox
from c7n_certrenew.sandbox.clock import Clock

FULL = os.environ.get("CERTRENEW_MATRIX") == "full"
"""`make matrix` renews fifty times, the suite a few times."""
RENEWALS = 50 if FULL else 6
EVERY = 8
"""Days by which each certificate lives longer than the one before."""
LAG = 1.0
"""Seconds on the sandbox's clock in which one of two addresses serves the former certificate.

A distribution takes as long to deploy a change.
"""
PAUSE = 0.9
"""Seconds on the wall between two connections of a client, which makes one after each renewal."""
PRUNE_AT = 17 if FULL else 5
"""Fewer than the 20 server certificates that an account may keep (AWS row 9)."""
REGIONS = ("us-east-1",)
NAME, OTHER = "www.example.com", "other.example.com"


@dataclass(frozen=True)
class Front:
    """One address of a listener, and the name that a client asks it for."""

    address: tuple[str, int]
    listener: str
    name: str


@dataclass
class Client:
    """Connects again and again as a browser does: trust, name and dates are checked."""

    front: Front
    context: ssl.SSLContext
    made: int = 0
    failures: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    """Fingerprints in the order in which they were first served after another one."""
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def connect(self) -> None:
        """Make one handshake and one request, and note what was served."""
        with self._busy:
            self._connect()

    def _connect(self) -> None:
        try:
            with (
                socket.create_connection(self.front.address, timeout=10) as plain,
                self.context.wrap_socket(plain, server_hostname=self.front.name) as tls,
            ):
                body = tls.getpeercert(binary_form=True) or b""
                tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
                answered = b" 200 " in tls.recv(1024)
        except OSError as error:
            self.failures.append(f"{self.front}: {error}")
            return
        if not answered:
            self.failures.append(f"{self.front}: no answer")
        self.made += 1
        fingerprint = hashlib.sha256(body).hexdigest()
        if self.served[-1:] != [fingerprint]:
            self.served.append(fingerprint)


@contextmanager
def connecting(clients: list[Client]) -> Iterator[None]:
    """Keep every client busy in a thread of its own until the block ends."""
    stop = threading.Event()

    def work(client: Client) -> None:
        while not stop.wait(PAUSE):
            client.connect()

    threads = [threading.Thread(target=work, args=(client,), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)


def serve(sandbox: Sandbox, old: Issued, other: Issued) -> dict[Any, tuple[str, ...]]:
    """Bind `web` wherever a certificate can stand; return the names each listener is asked for."""
    web = sandbox.upload("web", old, path="/cloudfront/")
    beside = sandbox.upload("other", other)
    https = Listener(443, "HTTPS", web)
    default = Listener(443, "HTTPS", web, sni=(beside,))
    named = Listener(443, "HTTPS", beside, sni=(web,))
    both = Listener(443, "TLS", web, sni=(web,))
    return {
        sandbox.classic("us-east-1", "legacy", https): (NAME,),
        sandbox.application("us-east-1", "default", default): (NAME, OTHER),
        sandbox.application("us-east-1", "named", named): (NAME, OTHER),
        sandbox.network("us-east-1", "edge", both): (NAME,),
        sandbox.distribution(NAME, certificate=web): (NAME,),
    }


def clients_of(sandbox: Sandbox, asked: dict[Any, tuple[str, ...]], root: str) -> list[Client]:
    """Make a client for every address of every listener, and one for its other name."""
    context = ssl.create_default_context(cadata=root)
    return [
        Client(Front(address, place.dns_name, name), context)
        for place, names in asked.items()
        for number, address in enumerate(sandbox.front_ends.addresses(place.dns_name, 443))
        for name in names
        if name == NAME or number == 0
    ]


def prune() -> dict[str, Any]:
    """Delete, as users do, what is called like the lineage and served by nobody anywhere."""
    called = {"type": "value", "key": "ServerCertificateName", "op": "glob", "value": "web*"}
    unserved = {"type": "listener", "count": 0}
    return {**filtering(called, unserved, name="prune"), "actions": [{"type": "delete"}]}


def every_time() -> dict[str, Any]:
    """Renew whatever is served, by the same policy each time."""
    policy = renewing(propagation_timeout=60)
    return {**policy, "filters": [{"type": "expires-within", "days": 1000}, {"type": "listener"}]}


def name_of(new: Issued) -> str:
    """Return the name under which a renewed certificate is uploaded: it does not grow."""
    return generated_name("web", new.not_after, new.fingerprint)


def renewals(authority: Authority) -> Iterator[Issued]:
    """Issue one certificate after another, each valid for longer than the one before."""
    for number in range(1, RENEWALS + 1):
        yield authority.issue(NAME, days=12 + number * EVERY, age=1, key="p256")


@pytest.fixture
def slower(near: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let clients connect a few times whenever a renewal waits."""

    def sleep(seconds: float) -> None:
        time.sleep(0.02)
        clock.advance(seconds)

    monkeypatch.setattr(clock, "sleep", sleep)
    return clock


@pytest.mark.parametrize("near", [{"addresses": 2, "regions": REGIONS}], indirect=True)
def test_no_client_sees_a_renewal(
    near: Sandbox, slower: Clock, engine: Engine, authority: Authority, certs: Path
) -> None:
    """No handshake fails, none shows another name or an older certificate than before."""
    old = authority.issue(NAME, days=12, age=78, key="p256")
    asked = serve(near, old, authority.issue(OTHER, days=3000, key="p256"))
    near.propagation = Propagation(calls=1)
    near.front_ends.lag(LAG, addresses=1)
    near.deployment = LAG
    clients = clients_of(near, asked, old.root)
    issued, ended, deleted = [old], [], 0
    with connecting(clients):
        for new in renewals(authority):
            new.write(certs)
            ran = engine(every_time())
            issued.append(new)
            ended.append((ran.returncode, set(ran.states.values()), name_of(new) in ran.text))
            if len(near.certificates()) >= PRUNE_AT:
                deleted += len(engine(prune()).found)
            for client in clients:
                client.connect()
    order = [one.fingerprint for one in issued]
    seen = {
        client.front: [order.index(one) for one in client.served if one in order]
        for client in clients
    }
    renewed = [places for front, places in seen.items() if front.name == NAME]
    print(
        f"{sum(client.made for client in clients):,} handshakes, {deleted} deleted; "
        f"{min(len({*places} - {0}) for places in renewed)} of {RENEWALS} renewals seen by each "
        f"of {len(renewed)} clients"
    )
    assert [failure for client in clients for failure in client.failures] == []
    for front, places in seen.items():
        assert places == sorted(set(places)), front
        assert {*places} - {0} == ({*range(1, RENEWALS + 1)} if front.name == NAME else set())
    assert ended == [(0, {"VERIFIED"}, True)] * RENEWALS
    assert deleted > RENEWALS - PRUNE_AT
