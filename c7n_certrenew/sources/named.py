"""What stores share whose texts have a name, or an ARN, and may be JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from c7n_certrenew.core.candidate import Material
from c7n_certrenew.sources.aws_store import AwsStore
from c7n_certrenew.sources.base import SourceError
from c7n_certrenew.sources.kept import anything, literal
from c7n_certrenew.sources.parts import Fields, Parts

if TYPE_CHECKING:
    from c7n_certrenew.core.plan import Stored

_ACCOUNT = 5
"""Parts of an ARN, up to its account, that a user alone may say."""


@dataclass(frozen=True, kw_only=True)
class Named(AwsStore):
    """A store whose places are names, or ARNs, in the region and account that these say.

    A colon stands in an ARN, and before a version: no certificate may have one in its name or in a
    tag that is asked for.
    """

    KIND: ClassVar[str]
    """What an ARN says before the name."""

    fields: Fields = field(default_factory=Fields)

    @classmethod
    def settings(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields' names and what every store has. Raises SourceError."""
        return super().settings(options) | {
            "fields": Fields.from_options(options.get("fields", {}))
        }

    def check_place(self, template: str) -> None:
        """Raise SourceError for an ARN of which a certificate says more than the name."""
        if template.startswith("arn:"):
            fixed = template.split(":", _ACCOUNT)[:_ACCOUNT]
            if len(template.split(":", _ACCOUNT)) <= _ACCOUNT or "<" in "".join(fixed):
                raise SourceError(f"{template}: only the name of an ARN takes placeholders")
            if self.region and self.region != self.region_of(template):
                raise SourceError(f"{template}: it is not in {self.region}: leave region out")

    def place(self, template: str, old: Stored) -> str:
        """Return the name of a certificate's text. Raises SourceError."""
        place = super().place(template, old)
        if place.count(":") > literal(template).count(":"):
            raise SourceError(f"{place!r} for {template!r}: a colon in it is not the policy's own")
        return place

    def split(self, text: Material) -> Parts:
        """Take PEM, or JSON with the fields that are named, apart. Raises SourceError."""
        return Parts.of_text(text, self.fields)

    def region_of(self, place: str) -> str:
        """Return the region that an ARN says."""
        return place.split(":")[3] if place.startswith("arn:") else ""

    def arn(self, pattern: str) -> str:
        """Return the ARN of a place's pattern."""
        if pattern.startswith("arn:"):
            return pattern
        where = anything(self.region) or "*"
        return f"arn:{{partition}}:{self.SERVICE}:{where}:*:{self.KIND}{pattern}"
