"""Parameters of AWS Systems Manager's Parameter Store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from c7n_certrenew.aws.secrecy import take_unseen, without_frames
from c7n_certrenew.core.candidate import Material
from c7n_certrenew.sources.aws_store import STORE
from c7n_certrenew.sources.base import TEXT, Need, schema_of
from c7n_certrenew.sources.named import Named
from c7n_certrenew.sources.parts import Fields


@dataclass(frozen=True, kw_only=True)
class Ssm(Named):
    """Three parameters, or one `bundle`: PEM, or JSON with PEM in its fields.

    A name may end with a version or a label, as SSM has it: `/certs/<lineage>/key:3`.
    """

    type: ClassVar[str] = "ssm"
    schema: ClassVar[Mapping[str, Any]] = schema_of(
        "ssm", **STORE, bundle=TEXT, fields=Fields.SCHEMA
    )
    SERVICE: ClassVar[str] = "ssm"
    ABSENT: ClassVar[Mapping[str, str]] = {
        "ParameterNotFound": "no such parameter in {region}",
        "ParameterVersionNotFound": "no such version or label in {region}",
    }
    KIND: ClassVar[str] = "parameter/"

    def place_needs(self, pattern: str) -> Iterable[Need]:
        """Yield the right to a parameter, in whatever version."""
        name = pattern.split(":", 6 if pattern.startswith("arn:") else 1)
        whole = ":".join(name[:6]) if pattern.startswith("arn:") else name[0].lstrip("/")
        yield Need("ssm:GetParameter", self.arn(whole))

    def read(self, place: str, client: Any) -> Material:
        """Read a parameter; one that is not encrypted is read without KMS. Raises botocore's."""
        return without_frames(partial(self._read, place, client))

    def _read(self, place: str, client: Any) -> Material:
        answer = take_unseen(client, "GetParameter", Name=place, WithDecryption=True)
        found = answer["Parameter"]
        content = found["Value"].encode(errors="replace")
        return Material(self.called(place), content, str(found["Version"]))


SOURCE = Ssm
