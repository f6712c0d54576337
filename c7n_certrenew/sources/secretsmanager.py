"""Secrets of AWS Secrets Manager."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from c7n_certrenew.aws.secrecy import take_unseen, without_frames
from c7n_certrenew.core.candidate import Material
from c7n_certrenew.sources.aws_store import STORE
from c7n_certrenew.sources.base import TEXT, Need, SourceError, schema_of
from c7n_certrenew.sources.kept import check_literal
from c7n_certrenew.sources.named import Named
from c7n_certrenew.sources.parts import Fields

_CURRENT = "AWSCURRENT"


@dataclass(frozen=True, kw_only=True)
class SecretsManager(Named):
    """One `secret` with everything, or one for each part: PEM, or JSON with PEM in its fields."""

    type: ClassVar[str] = "secretsmanager"
    schema: ClassVar[Mapping[str, Any]] = schema_of(
        "secretsmanager",
        **STORE,
        secret=TEXT,
        stage=TEXT,
        version_id=TEXT,
        fields=Fields.SCHEMA,
    )
    WHOLE: ClassVar[str] = "secret"
    SERVICE: ClassVar[str] = "secretsmanager"
    ABSENT: ClassVar[Mapping[str, str]] = {
        "ResourceNotFoundException": "no such secret or version in {region}"
    }
    KIND: ClassVar[str] = "secret:"

    stage: str = _CURRENT
    version: str = ""

    @classmethod
    def settings(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return stage or version, and what every store has. Raises SourceError."""
        check_literal(options, "stage", "version-id")
        if "version-id" in options and "stage" in options:
            raise SourceError("give stage or version-id, not both")
        if "version-id" in options and "secret" not in options:
            raise SourceError("version-id is one secret's: give secret with it")
        own = {"stage": options.get("stage", _CURRENT), "version": options.get("version-id", "")}
        return super().settings(options) | own

    def place_needs(self, pattern: str) -> Iterable[Need]:
        """Yield the right to a secret, to whose name AWS adds a hyphen and six characters."""
        action, arn = "secretsmanager:GetSecretValue", self.arn(pattern)
        yield Need(action, f"{arn}-??????")
        if pattern.startswith("arn:"):
            yield Need(action, arn)

    def read(self, place: str, client: Any) -> Material:
        """Read a secret's text, or its bytes. Raises what botocore raises."""
        return without_frames(partial(self._read, place, client))

    def _read(self, place: str, client: Any) -> Material:
        which = {"VersionId": self.version} if self.version else {"VersionStage": self.stage}
        answer = take_unseen(client, "GetSecretValue", SecretId=place, **which)
        text = (answer.get("SecretString") or "").encode(errors="replace")
        content = text or base64.b64decode(answer.get("SecretBinary") or "")
        return Material(self.called(place), content, answer["VersionId"])


SOURCE = SecretsManager
