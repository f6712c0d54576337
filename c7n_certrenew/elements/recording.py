"""Put `certrenew.json` where the policy's output goes, durably."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.faults import FAULTS
from c7n_certrenew.report.record import FILE_NAME, Execution, Record


def open_record(manager: Any, clients: Clients, now: datetime) -> Record:
    """Return the record of this policy's run."""
    context = manager.ctx
    execution = Execution(
        execution_id=context.execution_id or "",
        policy=context.policy.data,
        account_id=clients.account_id,
        partition=clients.partition,
        region=context.options.region or "",
        caller=_caller(clients),
        started=now,
    )
    return Record(execution, durable_writer(context.output))


def _caller(clients: Clients) -> str:
    try:
        return clients.get("sts").get_caller_identity()["Arn"]
    except FAULTS:
        return ""


def durable_writer(output: Any) -> Callable[[str], object]:
    """Return what writes the record: to the directory, and at once to a bucket behind it.

    c7n uploads a bucket's output only when the policy ends; a run that is killed would lose
    the plan.
    """
    directory = Path(output.root_dir)
    if not directory.is_dir():  # c7n's null output, of tests and libraries
        return len

    def write(text: str) -> None:
        path = directory / FILE_NAME
        fresh = path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        if hasattr(output, "key_prefix"):
            output.upload_file(str(path), f"{output.key_prefix}/{FILE_NAME}")

    return write
