"""Commands in processes of their own, forked from one process that has everything loaded.

Most of what a short `custodian run` takes is its start. Here `custodian`, `c7n-org` and `certrenew`
are scripts that have a server fork for them: directory, variables, standard streams, exit code and
signals are the command's own, and nothing is shared with another one but what was imported.
`tests/integration/install` starts the commands themselves.
"""

from __future__ import annotations

import gc
import json
import os
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

COMMANDS = ("custodian", "c7n-org", "certrenew")
_PLACE = "CERTRENEW_TESTS_COMMANDS"
_SOCKET = "socket"
_SERVICES = ("iam", "sts", "ec2", "elb", "elbv2", "cloudfront", "acm")


def commands() -> Path:
    """Return the directory of the scripts."""
    return Path(os.environ[_PLACE])


@contextmanager
def serving() -> Iterator[None]:
    """Keep the server and its scripts; it loads everything when the first command is started."""
    if _PLACE in os.environ:  # of the process that started this one
        yield
        return
    place = tempfile.mkdtemp(prefix="commands-")
    os.environ[_PLACE] = place
    client = Path(__file__).with_name("forked_client.py")
    for name in COMMANDS:
        words = [sys.executable, "-IS", str(client), str(Path(place, _SOCKET)), name]
        script = Path(place, name)
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        script.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(Path(place, _SOCKET)))
        listener.listen(32)
        server = subprocess.Popen(
            [sys.executable, __file__, str(listener.fileno())],
            pass_fds=[listener.fileno()],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield
    finally:
        server.communicate()
        shutil.rmtree(place)
        del os.environ[_PLACE]


def main(descriptor: int) -> None:
    """Serve orders: each gets a process that holds the command's, so none waits for another."""
    listener = socket.socket(fileno=descriptor)
    signal.signal(signal.SIGCHLD, _reap)
    run: dict[str, Any] = {}
    while select.select([listener, 0], [], [])[0] == [listener]:  # until the tests are gone
        order, _ = listener.accept()
        run = run or _load()
        if not os.fork():
            listener.close()
            _hold(order, run)
        order.close()


def _reap(*_: object) -> None:
    """Take over the time that ended processes took, so that `time` counts it."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _load() -> dict[str, Any]:
    """Import what the commands do, and work out once what each run would."""
    import boto3
    import pytest
    from c7n.resources import load_available
    from once import work_out_once

    from c7n_certrenew.elements import settings

    for name in ("c7n.commands", "c7n.policy", "c7n_certrenew.sandbox"):
        import_module(name)
    load_available()
    patch = pytest.MonkeyPatch()
    work_out_once(patch)
    # Where the demonstration looks for the commands that it shows.
    patch.setattr(sysconfig, "get_path", {"scripts": str(commands())}.__getitem__)
    settings.public_roots()
    session = boto3.Session("nobody", "nothing", region_name="us-east-1")
    for service in _SERVICES:
        session.client(service)
    scripts = entry_points(group="console_scripts")
    loaded = {name: next(iter(scripts.select(name=name))).load() for name in COMMANDS}
    gc.collect()
    gc.freeze()  # what is shared is not copied for being looked through
    return loaded


def _hold(order: socket.socket, run: dict[str, Any]) -> None:
    """Fork the command, pass on how it ends, and kill it if nobody waits for it any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _, streams, *_ = socket.recv_fds(order, 1, 3)
    with order.makefile("r", encoding="utf-8") as lines:
        given = json.loads(lines.readline())
    pid = os.fork()
    if not pid:
        order.close()
        _take(streams)
        os.chdir(given["directory"])
        os.environ.clear()
        os.environ.update(given["environ"])
        sys.argv = given["arguments"]
        sys.exit(run[Path(sys.argv[0]).name]())
    order.sendall(f"{pid}\n".encode())
    ended = threading.Event()
    threading.Thread(target=_watch, args=(order, pid, ended), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    ended.set()
    with suppress(ConnectionError):
        order.sendall(f"{code}\n".encode())
    os._exit(0)


def _take(streams: list[int]) -> None:
    """Make them the standard ones: whether they can be sought or are a screen is their own.

    Ctrl-C is heard also where the tests run in the background of a shell.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, errors="backslashreplace", closefd=False)  # noqa: SIM115


def _watch(order: socket.socket, pid: int, ended: threading.Event) -> None:
    with suppress(ConnectionResetError):
        order.recv(1)  # which nobody sends
    if not ended.is_set():
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
