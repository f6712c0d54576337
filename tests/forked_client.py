"""The script of a command: have it forked (see forked.py), pass signals on, end as it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(place: str, *arguments: str) -> None:
    """Order a command and wait for it."""
    order = {"arguments": arguments, "directory": os.getcwd(), "environ": dict(os.environ)}  # noqa: PTH109 (pathlib is slow to import)
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(place)
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        socket.send_fds(server, [b"\n"], [0, 1, 2])
        server.sendall(json.dumps(order).encode() + b"\n")
        with server.makefile("r", encoding="utf-8") as answers:
            pid = int(answers.readline())
            for one in SIGNALS:
                signal.signal(one, lambda number, _: os.kill(pid, number))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            code = int(answers.readline())
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
