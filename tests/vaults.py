"""A Vault of this machine: a real HTTP server that speaks what its KV engine, version 2, does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hvs.CAESIJ7Yq2t0a2VuLW9mLWEtdGVzdC1hbmQtbm9uZS1lbHNl"


@dataclass
class Vault:
    """What it holds, by mount point and path, oldest version first; what it was asked.

    With `instead` every answer is that status and body.
    """

    url: str = ""
    secrets: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict, repr=False)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    namespaces: list[str | None] = field(default_factory=list)
    instead: tuple[int, bytes] | None = field(default=None, repr=False)

    def put(self, path: str, **fields: Any) -> None:
        """Write one more version of a secret, `mount/path`."""
        self.secrets.setdefault(path, []).append(fields)

    def clear(self) -> None:
        """Forget everything."""
        self.secrets.clear()
        self.asked.clear()
        self.namespaces.clear()
        self.instead = None

    def answer(self, method: str, target: str, token: str | None) -> tuple[int, bytes]:
        """Return status and body, as the documentation of the KV engine's API has them."""
        split = urlsplit(target)
        path = unquote(split.path).removeprefix("/v1/").replace("/data/", "/", 1)
        version = parse_qs(split.query).get("version", ["0"])[0]
        self.asked.append((method, path, version))
        if self.instead:
            return self.instead
        if token != TOKEN:
            return 403, b'{"errors":["permission denied"]}\n'
        versions = self.secrets.get(path, [])
        number = int(version) or len(versions)
        if not 0 < number <= len(versions):
            return 404, b'{"errors":[]}\n'
        data = {"data": versions[number - 1], "metadata": {"version": number, "destroyed": False}}
        return 200, json.dumps({"request_id": "1", "lease_id": "", "data": data}).encode()


@contextmanager
def serving() -> Iterator[Vault]:
    """Serve a Vault on a free port of the loopback interface."""
    vault = Vault()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("X-Vault-Token")
            status, body = vault.answer("GET", self.path, token)
            vault.namespaces.append(self.headers.get("X-Vault-Namespace"))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if status // 100 == 3:
                self.send_header("Location", f"{vault.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    vault.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield vault
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
