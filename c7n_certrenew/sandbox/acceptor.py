"""One thread that accepts on many sockets; a thread for each conversation."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

HOST = "127.0.0.1"
_PATIENCE = 10.0
_BODY = b"certrenew sandbox\n"
_RESPONSE = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)


class Acceptor:
    """Accept TLS clients on loopback, answer each with one small response, and hang up.

    Conversations block in threads of their own: asyncio's TLS drops the alert of a handshake that
    the server refuses, and a client must be told.
    """

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def listen(self, context: ssl.SSLContext) -> socket.socket:
        """Return a new socket on an ephemeral port, served from now on."""
        listening = socket.create_server((HOST, 0), backlog=1024)
        listening.setblocking(False)
        self._loop.call_soon_threadsafe(
            self._loop.add_reader, listening, _accept, listening, context
        )
        return listening

    def forget(self, listening: socket.socket) -> None:
        """Close a socket; conversations that have begun end by themselves."""

        def close() -> None:
            self._loop.remove_reader(listening)
            listening.close()

        self._loop.call_soon_threadsafe(close)

    def close(self) -> None:
        """End the thread, after everything asked for before."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _accept(listening: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError):
        client, _ = listening.accept()
        client.settimeout(_PATIENCE)
        threading.Thread(target=_converse, args=(client, context), daemon=True).start()


def _converse(client: socket.socket, context: ssl.SSLContext) -> None:
    with suppress(OSError), client, context.wrap_socket(client, server_side=True) as secure:
        if _read_request(secure):
            secure.sendall(_RESPONSE)
        secure.unwrap()


def _read_request(secure: ssl.SSLSocket) -> bool:
    request = b""
    while b"\r\n\r\n" not in request:
        received = secure.recv(4096)
        if not received:
            return False
        request += received
    return True
