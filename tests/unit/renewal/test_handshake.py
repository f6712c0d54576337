"""Which addresses a name has, and what one handshake comes to."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from c7n_certrenew.renewal.handshake import (
    RESOLVE_VARIABLE,
    Glance,
    Sight,
    View,
    addresses,
    glance,
    server_name,
)
from c7n_certrenew.sandbox import Authority, Issued

LB = "shop-1.eu-west-1.elb.amazonaws.com"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        (f"{LB}:443:127.0.0.1:8443", [("127.0.0.1", 8443)]),
        (f"{LB}:443:127.0.0.1:1 {LB}:443:127.0.0.2:2", [("127.0.0.1", 1), ("127.0.0.2", 2)]),
        (f"  {LB}:443:127.0.0.1:1\n{LB}:443:127.0.0.1:2 ", [("127.0.0.1", 1), ("127.0.0.1", 2)]),
        (f"{LB.upper()}:443:127.0.0.1:8443", [("127.0.0.1", 8443)]),
        (f"{LB}:443:[::1]:8443", [("::1", 8443)]),
        (f"{LB}:443:front.test:8443", [("front.test", 8443)]),
        (f"{LB}:8443:127.0.0.1:1 {LB}:443:127.0.0.1:2", [("127.0.0.1", 2)]),
    ],
)
def test_given_addresses(
    monkeypatch: pytest.MonkeyPatch, entries: str, found: list[tuple[str, int]]
) -> None:
    """Entries `name:port:address:port` say where a name is, for this port alone."""
    monkeypatch.setenv(RESOLVE_VARIABLE, entries)
    assert addresses(LB.capitalize(), 443) == tuple(found)


@pytest.mark.parametrize(
    "entries",
    [
        "",
        "nonsense",
        f"{LB}:443:127.0.0.1",
        f"{LB}:443:127.0.0.1:port",
        f"{LB}:443:::1:8443",
        f"{LB}:444:127.0.0.1:8443",
        f"x{LB}:443:127.0.0.1:8443",
        ":::",
    ],
)
def test_other_entries_leave_it_to_the_resolver(
    monkeypatch: pytest.MonkeyPatch, entries: str
) -> None:
    """What is no entry for this name and port is passed over, and never an error."""
    monkeypatch.setenv(RESOLVE_VARIABLE, entries)
    asked = []

    def resolve(name: str, port: int, **options: object) -> list[tuple[object, ...]]:
        asked.append((name, port))
        answer = [("192.0.2.1", port), ("192.0.2.1", port), ("2001:db8::1", port, 0, 0)]
        return [(0, 0, 0, "", address) for address in answer]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert addresses(LB, 443) == (("192.0.2.1", 443), ("2001:db8::1", 443))
    assert asked == [(LB, 443)]


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".test", "none.invalid"])
def test_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A name without an address has none; it is not an error."""
    monkeypatch.delenv(RESOLVE_VARIABLE, raising=False)

    def resolve(asked: str, port: int, **options: object) -> list[tuple[object, ...]]:
        asked.encode("idna")
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert addresses(name, 443) == ()


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("www.example.com", "www.example.com"),
        ("*.example.com", "certrenew-check.example.com"),
        ("*.*.example.com", "certrenew-check.*.example.com"),
    ],
)
def test_name_to_ask_for(name: str, asked: str) -> None:
    """A wildcard is asked for by a label that nobody uses."""
    assert server_name(name) == asked


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a certificate to serve."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture
def served(issued: Issued, tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Serve it on loopback to whoever names it; abort the handshake for other names."""
    issued.write(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    unknown = ssl.AlertDescription.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    context.sni_callback = lambda _, name, __: None if name == "www.example.com" else unknown
    yield from serving(context)


def serving(context: ssl.SSLContext) -> Iterator[tuple[str, int]]:
    """Accept clients in a thread until the test is over."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    try:
                        context.wrap_socket(client, server_side=True).close()
                    except OSError:
                        continue

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()
        listening.shutdown(socket.SHUT_RDWR)


def test_certificate_that_is_served(served: tuple[str, int], issued: Issued) -> None:
    """A handshake gives the fingerprint, whoever issued the certificate."""
    seen = glance(View(served, "www.example.com"))
    assert seen == Glance(Sight.SERVED, issued.fingerprint)
    assert len(seen.fingerprint) == hashlib.sha256().digest_size * 2


@pytest.fixture(scope="module")
def twins(authority: Authority) -> dict[str, Issued]:
    """Give a certificate of each kind of key for one name."""
    keys = {"RSA": "rsa2048", "ECDSA": "p256"}
    return {kind: authority.issue("www.example.com", key=key) for kind, key in keys.items()}


@pytest.fixture
def serving_twins(twins: dict[str, Issued], tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Serve both, as OpenSSL chooses: what the client takes, and prefers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for kind, one in twins.items():
        one.write(tmp_path / kind)
        context.load_cert_chain(tmp_path / kind / "cert.pem", tmp_path / kind / "key.pem")
    yield from serving(context)


@pytest.mark.parametrize("kind", ["RSA", "ECDSA"])
def test_twin_of_one_kind(
    serving_twins: tuple[str, int], twins: dict[str, Issued], kind: str
) -> None:
    """A client that takes one kind of key alone is served that twin, whatever is preferred."""
    seen = glance(View(serving_twins, "www.example.com", kind))
    assert seen.fingerprint == twins[kind].fingerprint


def test_twin_that_is_not_there(served: tuple[str, int]) -> None:
    """Where no certificate suits, the handshake fails; nothing else is shown."""
    assert glance(View(served, "www.example.com", "RSA")).sight is Sight.REFUSED


def test_handshake_that_fails(served: tuple[str, int]) -> None:
    """An alert is told from an address that nobody answers."""
    seen = glance(View(served, "api.example.com"))
    assert (seen.sight, seen.fingerprint) == (Sight.REFUSED, "")
    assert "UNRECOGNIZED_NAME" in seen.reason


@pytest.mark.parametrize("name", [".example.com", "", "x" * 64 + ".example.com", "a..example.com"])
def test_name_that_cannot_be_asked_for(served: tuple[str, int], name: str) -> None:
    """A name in a certificate that no client can ask for ends nothing."""
    assert glance(View(served, name)).sight is not Sight.SERVED


def test_address_that_refuses() -> None:
    """A closed port is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = closed.getsockname()
    seen = glance(View(address, "www.example.com"))
    assert (seen.sight, seen.reason) == (Sight.UNREACHABLE, "Connection refused")


def test_address_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers is unreachable after a while, not refused."""
    monkeypatch.setattr("c7n_certrenew.renewal.handshake._TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        seen = glance(View(silent.getsockname(), "www.example.com"))
    assert seen.sight is Sight.UNREACHABLE


def test_address_that_hangs_up() -> None:
    """A server that closes the connection at once has refused the handshake."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=lambda: listening.accept()[0].close(), daemon=True).start()
        seen = glance(View(listening.getsockname(), "www.example.com"))
    assert seen.sight is Sight.REFUSED


def test_view_says_where_it_looks() -> None:
    """Reasons name the server name and the address."""
    assert str(View(("127.0.0.1", 443), "www.example.com")) == "www.example.com at 127.0.0.1:443"
    alone = str(View(("127.0.0.1", 443), "www.example.com", "RSA"))
    assert alone == "www.example.com at 127.0.0.1:443 (RSA alone)"
