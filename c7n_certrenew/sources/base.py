"""What a source of renewed certificates must be able to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from c7n_certrenew.core.candidate import Candidate, CandidateError
from c7n_certrenew.core.template import TemplateError, check, fill

if TYPE_CHECKING:
    from typing_extensions import Self

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.plan import Stored


class SourceError(CandidateError):
    """A source that has no usable certificate; the message says what, where and why."""


@dataclass(frozen=True)
class Access:
    """What a source asks with: the clients of the account that owns the certificates.

    `region` is the listeners' where the source is regional, else empty. With `retry` what an
    earlier run has shown bad is as good as any other.
    """

    clients: Clients
    region: str = ""
    retry: bool = False

    def assuming(self, role: str, external_id: str = "") -> Access:
        """Return access with a role's credentials, or this one where no role is named."""
        if not role:
            return self
        return replace(self, clients=self.clients.assuming(role, external_id))


@dataclass(frozen=True)
class Need:
    """An IAM action, and the pattern of the resources it can be held to: `arn:{partition}:…`."""

    action: str
    resource: str = "*"


class Source(Protocol):
    """One place where renewed certificates are.

    A new one is a file beside this one, which calls its class SOURCE. `type` is its name in a
    policy and `schema` the JSON schema of the whole `source:` block. A `regional` one is asked
    once for each region that has listeners of the certificate. One that is not `keyed` has
    certificates that AWS holds already, and never a private key. One that `goes_back` has what was
    served before.
    """

    type: ClassVar[str]
    schema: ClassVar[Mapping[str, Any]]
    regional: ClassVar[bool] = False
    keyed: ClassVar[bool] = True
    goes_back: ClassVar[bool] = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Read a policy's `source:` block, whose keys and types are the schema's to check.

        Raises SourceError for options that contradict each other. Nothing is looked at.
        """

    def needs(self, key: bool) -> tuple[Need, ...]:
        """Return what `find` needs of AWS, or, with the key, `fetch`."""
        return ()

    def find(self, old: Stored, access: Access) -> Candidate:
        """Look for a candidate without side effects.

        Reads no private key where the source keeps it apart: `key_matches` is then None. A source
        that holds nothing newer than the old certificate returns that one. Raises CandidateError.
        """

    def fetch(self, old: Stored, access: Access) -> Candidate:
        """Read the candidate with its private key, where the source is keyed.

        Raises CandidateError.
        """


def template_values(old: Stored) -> dict[str, str]:
    """Return what a template may say of the certificate that is to be replaced."""
    certificate = old.certificate
    return {
        "lineage": old.lineage,
        "name": certificate.name,
        "account_id": certificate.account_id,
        "not_after": f"{certificate.expiration:%Y%m%d}",
        "fingerprint8": old.leaf.fingerprint[:8],
        **{f"tag:{key}": value for key, value in old.tags},
    }


def checked(template: str) -> str:
    """Return a template that may be filled. Raises SourceError for an unknown placeholder."""
    try:
        check(template)
    except TemplateError as error:
        raise SourceError(str(error)) from error
    return template


def filled(template: str, old: Stored) -> str:
    """Fill a template with what the certificate that is to be replaced says. Raises SourceError."""
    try:
        return fill(template, template_values(old))
    except TemplateError as error:
        raise SourceError(str(error)) from error


def schema_of(
    kind: str, required: tuple[str, ...] = (), /, **properties: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the JSON schema of a `source:` block; an underscore stands for a hyphen."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["type", *required],
        "properties": {
            "type": {"enum": [kind]},
            **{name.replace("_", "-"): schema for name, schema in properties.items()},
        },
    }


TEXT: Mapping[str, Any] = {"type": "string"}
ROLE: Mapping[str, Mapping[str, Any]] = {
    "assume_role": {
        "type": "string",
        "pattern": r"^arn:[\w-]+:iam::(\d{12}|\{[^{}]+\}):role/.+|^\{[^{}]+\}$",
    },
    "external_id": TEXT,
}
"""The options of a source that can be read in another account."""
