"""PEM objects in a bucket of Amazon S3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from c7n_certrenew.aws.secrecy import without_frames
from c7n_certrenew.core.candidate import Material
from c7n_certrenew.sources.aws_store import STORE, AwsStore
from c7n_certrenew.sources.base import TEXT, Need, SourceError, schema_of
from c7n_certrenew.sources.kept import anything, check_literal
from c7n_certrenew.sources.parts import SIZE_LIMIT

_ALSO = "S3 answers so, too, where there is no such object and s3:ListBucket is not allowed"


@dataclass(frozen=True, kw_only=True)
class S3(AwsStore):
    """Three PEM objects (the chain is optional), or one `bundle`. Keys are templates."""

    type: ClassVar[str] = "s3"
    schema: ClassVar[Mapping[str, Any]] = schema_of(
        "s3", ("bucket",), **STORE, bucket=TEXT, bundle=TEXT, version_id=TEXT
    )
    SERVICE: ClassVar[str] = "s3"
    ABSENT: ClassVar[Mapping[str, str]] = {
        "NoSuchKey": "no such object",
        "NoSuchBucket": "no such bucket",
        "NoSuchVersion": "no such version",
    }

    bucket: str
    version: str = ""

    @classmethod
    def settings(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the bucket, the version and what every store has. Raises SourceError."""
        check_literal(options, "bucket", "version-id")
        if "version-id" in options and "bundle" not in options:
            raise SourceError("version-id is one object's: give bundle with it")
        own = {"bucket": options["bucket"], "version": options.get("version-id", "")}
        return super().settings(options) | own

    def place_needs(self, pattern: str) -> Iterable[Need]:
        """Yield the right to the objects, or to one version; an access point has its own ARNs."""
        action = "s3:GetObjectVersion" if self.version else "s3:GetObject"
        bucket = anything(self.bucket)
        point = bucket.startswith("arn:")
        whole = f"{bucket}/object" if point else f"arn:{{partition}}:s3:::{bucket}"
        yield Need(action, f"{whole}/{pattern}")

    def read(self, place: str, client: Any) -> Material:
        """Read an object whose size S3 says before. Raises what botocore raises."""
        return without_frames(partial(self._read, place, client))

    def _read(self, place: str, client: Any) -> Material:
        asked = {"VersionId": self.version} if self.version else {}
        answer = client.get_object(Bucket=self.bucket, Key=place, **asked)
        if answer["ContentLength"] > SIZE_LIMIT:
            answer["Body"].close()
            raise self.too_large(place)
        return Material(self.called(place), answer["Body"].read(), answer.get("VersionId", ""))

    def called(self, place: str) -> str:
        """Return the object's address."""
        return f"s3://{self.bucket}/{place}"

    def why(self, fault: Exception, region: str) -> str:
        """Return what was wrong; a denial may be that of an object that is not there."""
        why = super().why(fault, region)
        denied = why.startswith("GetObject answered AccessDenied") and "kms:" not in why
        return f"{why}; {_ALSO}" if denied else why


SOURCE = S3
