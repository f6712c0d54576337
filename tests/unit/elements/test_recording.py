"""The record is durable where the policy's output goes, before anything else happens."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace

from c7n_certrenew.core.model import ServerCertificate
from c7n_certrenew.core.plan import Plan, Verdict
from c7n_certrenew.elements.recording import durable_writer
from c7n_certrenew.report.record import Execution, Record

NOW = datetime(2026, 11, 1, tzinfo=timezone.utc)
ARN = "arn:aws:iam::123456789012:server-certificate/shop"
PLAN = Plan(ServerCertificate("shop", ARN, "/", NOW), Verdict.REFUSED)
EXECUTION = Execution("id", {"name": "renew"}, "123456789012", "aws", "us-east-1", "", NOW)


@dataclass
class Bucket:
    """c7n's output to a bucket: a local directory that is uploaded when the policy ends."""

    root_dir: str
    key_prefix: str = "logs/renew/2026/11/01/00"
    uploads: list[tuple[str, str]] = field(default_factory=list)

    def upload_file(self, path: str, key: str) -> None:
        """Keep what was uploaded as it was at that moment."""
        self.uploads.append((key, Path(path).read_text("utf-8")))


def test_a_bucket_has_the_plan_before_the_policy_ends(tmp_path: Path) -> None:
    """A run that is killed leaves its plan in the bucket, as c7n would upload it too late."""
    bucket = Bucket(str(tmp_path))
    Record(EXECUTION, durable_writer(bucket)).planned([PLAN])
    ((key, text),) = bucket.uploads
    assert key == "logs/renew/2026/11/01/00/certrenew.json"
    assert json.loads(text)["Plans"][0]["ServerCertificateName"] == "shop"


def test_a_directory_holds_one_whole_file(tmp_path: Path) -> None:
    """The file is replaced at once: a reader never sees half of it, nor a second file."""
    record = Record(EXECUTION, durable_writer(SimpleNamespace(root_dir=str(tmp_path))))
    record.planned([PLAN])
    record.finished(NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["certrenew.json"]
    assert json.loads((tmp_path / "certrenew.json").read_text("utf-8"))["Finished"]


def test_without_an_output_nothing_is_written(tmp_path: Path) -> None:
    """c7n's null output names a directory that is not there."""
    missing = tmp_path / "xyz"
    Record(EXECUTION, durable_writer(SimpleNamespace(root_dir=str(missing)))).planned([PLAN])
    assert not missing.exists()
