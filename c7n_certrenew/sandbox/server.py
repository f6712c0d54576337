"""moto's server on loopback, quiet and quick to close."""

from __future__ import annotations

import select
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from .answers import ResetError, TimedOutError
from .routers import MAKING

if TYPE_CHECKING:
    from types import TracebackType


_SILENCE = 120.0
"""Seconds, twice botocore's default read time-out: no client waits longer for an answer."""
_AT_ONCE = struct.pack("ii", 1, 0)


class _Handler(MotoRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Write no line for a request."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Send no answer: a reset, or nothing until the client hangs up."""
        self.close_connection = True
        if isinstance(error, TimedOutError):
            select.select([self.connection], [], [], _SILENCE)
        if isinstance(error, ResetError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.rfile.close()
            self.connection.close()


class Application(DomainDispatcherApplication):
    """Dispatch to moto's services; moto itself lists its own directory for each request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the service of a host, looked up once."""
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]

    def get_application(self, environ: dict[str, Any]) -> Any:
        """Return the application of a request, whose paths are compiled when it is the first."""
        with MAKING:
            return super().get_application(environ)


class Server:
    """Serve moto's backends of this process over HTTP on 127.0.0.1."""

    def __init__(self, port: int = 0) -> None:
        self._server = make_server(
            "127.0.0.1", port, Application(), threaded=True, request_handler=_Handler
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @property
    def url(self) -> str:
        """Return the endpoint to give to AWS clients."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
