"""A session with Vault that ends: no answer is endless, in bytes or in seconds."""

from __future__ import annotations

import os
import time
from typing import Any

from c7n_certrenew.sources.parts import SIZE_LIMIT

_CONNECT, _ANSWER = 10.0, 30.0
"""Seconds to connect, and for the whole of an answer."""
_CHUNK = 65_536


def open_session(requests: Any, left: float) -> Any:
    """Return a session of requests for one call, which takes no longer than `left` seconds.

    What is larger than any secret, as JSON, or still comes after the time raises OSError.
    """
    session = requests.Session()
    session.verify = os.environ.get("VAULT_CACERT") or True
    end = time.monotonic() + min(_CONNECT + _ANSWER, left)
    session.hooks["response"] = [lambda response, **_: _take(response, end)]
    return session


def patience(left: float) -> tuple[float, float]:
    """Return how many seconds to wait for a connection, and for more of an answer."""
    return min(_CONNECT, left), min(_ANSWER, left)


def _take(response: Any, end: float) -> None:
    """Read an answer before requests does, which would read all of it, however long it takes."""
    taken = bytearray()
    for chunk in response.iter_content(_CHUNK):
        taken += chunk
        if len(taken) > 2 * SIZE_LIMIT:
            raise OSError(f"its answer is larger than {2 * SIZE_LIMIT} bytes")
        if time.monotonic() > end:
            raise TimeoutError("its answer does not end")
    response._content = bytes(taken)
