"""Count a server's connections: at most how many were open at once, and for ELB by region."""

from __future__ import annotations

import re
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
        self._open: dict[int, str] = {}
        self.clear()

    def clear(self) -> None:
        """Begin to count anew; what is open stays counted."""
        self.most, self.most_in_region = 0, 0

    def install(self) -> None:
        """Be told of every request and of every connection's end."""
        make_environ, finish = MotoRequestHandler.make_environ, MotoRequestHandler.finish

        def making(handler: MotoRequestHandler) -> Any:
            self._seen(id(handler), handler.headers.get("Authorization", ""))
            return make_environ(handler)

        def finishing(handler: MotoRequestHandler) -> None:
            with self._lock:
                self._open.pop(id(handler), None)
            finish(handler)

        MotoRequestHandler.make_environ = making  # type: ignore[assignment,method-assign]
        MotoRequestHandler.finish = finishing  # type: ignore[assignment,method-assign]

    def _seen(self, connection: int, authorization: str) -> None:
        if connection in self._open:
            return
        scope = _SCOPE.search(authorization)
        region, service = scope.groups() if scope else ("", "")
        with self._lock:
            self._open[connection] = region if service == _ELB else ""
            in_region = Counter(region for region in self._open.values() if region)
            self.most = max(self.most, len(self._open))
            self.most_in_region = max(self.most_in_region, *in_region.values(), 0)
