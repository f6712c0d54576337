"""What looks at many things at once, carried out one after the other: a tape answers at once."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import Any

from c7n_certrenew.aws import answering, owners, workers
from c7n_certrenew.elements import expires_within, superseded, x509
from c7n_certrenew.renewal import batch, verification
from c7n_certrenew.sources import existing

THREADED = (
    answering,
    batch,
    existing,
    expires_within,
    owners,
    superseded,
    verification,
    workers,
    x509,
)
"""What looks at many things at once in a dry run, each in threads of its own."""


class Here(Executor):
    """Carries out each task when and where it is given."""

    def submit(self, task: Any, /, *given: Any, **named: Any) -> Future[Any]:
        """Return what comes of a task, or the error that it raises."""
        future: Future[Any] = Future()
        try:
            future.set_result(task(*given, **named))
        except BaseException as error:
            future.set_exception(error)
        return future
