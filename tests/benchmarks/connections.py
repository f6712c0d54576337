"""Count a server's connections: at most how many were open at once, and for ELB by region."""

from __future__ import annotations

import re
import socket
import threading
from collections import Counter
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/")
_ELB = "elasticloadbalancing"


class Connections:
    """Watch every connection to moto's server. A pool's idle connections count too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[socket.socket, str] = {}
        self.clear()

    def clear(self) -> None:
        """Begin to count anew; what is open stays counted."""
        self.most, self.most_in_region = 0, 0

    def install(self) -> None:
        """Be told of every request and of every connection's end."""
        make_environ, finish = MotoRequestHandler.make_environ, MotoRequestHandler.finish

        def making(handler: MotoRequestHandler) -> Any:
            self._seen(handler.connection, handler.headers.get("Authorization", ""))
            return make_environ(handler)

        def finishing(handler: MotoRequestHandler) -> None:
            with self._lock:
                self._open.pop(handler.connection, None)
            finish(handler)

        MotoRequestHandler.make_environ = making  # type: ignore[assignment,method-assign]
        MotoRequestHandler.finish = finishing  # type: ignore[assignment,method-assign]

    def _seen(self, connection: socket.socket, authorization: str) -> None:
        if connection in self._open:
            return
        scope = _SCOPE.search(authorization)
        region, service = scope.groups() if scope else ("", "")
        with self._lock:
            self._open = {one: at for one, at in self._open.items() if not _was_closed(one)}
            self._open[connection] = region if service == _ELB else ""
            in_region = Counter(region for region in self._open.values() if region)
            self.most = max(self.most, len(self._open))
            self.most_in_region = max(self.most_in_region, *in_region.values(), 0)


def _was_closed(connection: socket.socket) -> bool:
    """Say whether the other side has closed it, though its thread has still to notice."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
