"""What sources in a store of AWS share: its region, another account's role, and what they need."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import ClientError

from c7n_certrenew.aws.consumers.base import whole
from c7n_certrenew.aws.faults import FAULTS, code, explain
from c7n_certrenew.aws.regions import REGION
from c7n_certrenew.core.candidate import Material
from c7n_certrenew.sources.base import ROLE, TEXT, Access, Need, SourceError, filled
from c7n_certrenew.sources.kept import Kept, anything, check_literal
from c7n_certrenew.sources.parts import SIZE_LIMIT, Parts, not_empty

if TYPE_CHECKING:
    from typing_extensions import Self

    from c7n_certrenew.core.plan import Stored

_VARIABLE = r"^\{[^{}]+\}$"

STORE: Mapping[str, Mapping[str, Any]] = {
    **ROLE,
    "certificate": TEXT,
    "private_key": TEXT,
    "chain": TEXT,
    "region": {"type": "string", "pattern": rf"{REGION}|{_VARIABLE}"},
    "kms_key": {"type": "string", "pattern": rf"^arn:[\w-]+:kms:|{_VARIABLE}"},
}
"""The options that all of them have."""


@dataclass(frozen=True, kw_only=True)
class AwsStore(Kept):
    """A store of AWS that has one text under a name.

    `region` is the session's where none is named. A `role` is assumed for the store alone.
    `kms_key` is what the texts are encrypted with, where that takes a permission of its own.
    """

    SERVICE: ClassVar[str]
    """The service, as boto3 and a place in errors and records call it."""
    ABSENT: ClassVar[Mapping[str, str]]
    """What error codes say that mean: there is no such thing."""

    region: str = ""
    role: str = ""
    external_id: str = ""
    kms_key: str = ""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read a policy's `source:` block. Raises SourceError."""
        check_literal(options, "region", "assume-role", "external-id", "kms-key")
        if "external-id" in options and "assume-role" not in options:
            raise SourceError("external-id is said to a role: give assume-role too")
        source = super().from_options(options)
        for template in source.places(key=True):
            source.check_place(template)
        return source

    @classmethod
    def settings(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of every store, by their field."""
        return {
            "region": options.get("region", ""),
            "role": options.get("assume-role", ""),
            "external_id": options.get("external-id", ""),
            "kms_key": options.get("kms-key", ""),
        }

    def check_place(self, template: str) -> None:
        """Raise SourceError for a template that does not name a place of this store."""

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return what `find` or `fetch` needs: where a role is assumed, all else is the role's."""
        if self.role:
            return (Need("sts:AssumeRole", _arn(self.role, "arn:{partition}:iam::*:role/*")),)
        read = [need for place in self.places(key) for need in self.place_needs(anything(place))]
        if self.kms_key:
            read.append(Need("kms:Decrypt", _arn(self.kms_key, "arn:{partition}:kms:*:*:key/*")))
        return tuple(dict.fromkeys(read))

    @abstractmethod
    def place_needs(self, pattern: str) -> Iterable[Need]:
        """Yield what reading a place takes, whose placeholders are `*`."""

    def parts(self, template: str, old: Stored, access: Access) -> Parts:
        """Read one place. Raises SourceError, with one line for whatever AWS answers."""
        place = self.place(template, old)
        if "{" in self.role:
            raise SourceError(f"assume-role: nothing has set {self.role}")
        region = self.region_of(place) or self.region or str(access.clients.session.region_name)
        try:
            with whole():
                clients = access.assuming(self.role, self.external_id).clients
                text = self.read(place, clients.get(self.SERVICE, region))
        except FAULTS as fault:
            raise SourceError(f"{self.called(place)}: {self.why(fault, region)}") from fault
        if len(text.content) > SIZE_LIMIT:
            raise self.too_large(place)
        return self.split(not_empty(text, "value"))

    @abstractmethod
    def read(self, place: str, client: Any) -> Material:
        """Read the text that a place has. Raises what botocore raises, and SourceError."""

    def place(self, template: str, old: Stored) -> str:
        """Return the place of a certificate. Raises SourceError."""
        return filled(template, old)

    def region_of(self, place: str) -> str:
        """Return the region that a place says itself, nothing where it does not."""
        return ""

    def split(self, text: Material) -> Parts:
        """Take a text apart. Raises SourceError."""
        return Parts.of_pem(text)

    def called(self, place: str) -> str:
        """Return what a place is called in errors and records."""
        return f"{self.SERVICE}:{place}"

    def too_large(self, place: str) -> SourceError:
        """Return the error of a place that holds more than a certificate can be."""
        return SourceError(f"{self.called(place)}: larger than {SIZE_LIMIT} bytes: not a PEM text")

    def why(self, fault: Exception, region: str) -> str:
        """Return what was wrong with a read, in one line."""
        if isinstance(fault, ClientError) and fault.operation_name == "AssumeRole":
            return f"the role {self.role} cannot be assumed: {explain(fault)}"
        absent = self.ABSENT.get(code(fault))
        return absent.format(region=region) if absent else explain(fault)


def _arn(named: str, every: str) -> str:
    """Return the pattern of what is named, or of every such thing while it is a variable."""
    found = anything(named)
    return found if found.startswith("arn:") else every
