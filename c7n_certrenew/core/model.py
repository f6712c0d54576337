"""The values everything else passes around: certificates in IAM and who serves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from c7n_certrenew.core.text import plain

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime


class Role(str, Enum):
    """How a listener uses a certificate (AWS: `IsDefault` of DescribeListenerCertificates)."""

    DEFAULT = "default"
    SNI = "sni"


@dataclass(frozen=True)
class ServerCertificate:
    """A server certificate in IAM, as ListServerCertificates shows it.

    `expiration` is aware UTC; `id` is IAM's ServerCertificateId.
    """

    name: str
    arn: str
    path: str
    expiration: datetime
    id: str = ""

    @property
    def references(self) -> tuple[str, ...]:
        """Return by what services name it: most by the ARN, CloudFront by the ID."""
        return (self.arn, self.id) if self.id else (self.arn,)

    @property
    def partition(self) -> str:
        """Return the ARN's partition: aws, aws-us-gov or aws-cn."""
        return self.arn.split(":")[1]

    @property
    def account_id(self) -> str:
        """Return the twelve digits of the account that owns the certificate."""
        return self.arn.split(":")[4]


@dataclass(frozen=True)
class AcmCertificate:
    """A certificate in ACM; `name` is its first domain name, `expiration` aware UTC."""

    arn: str
    name: str
    expiration: datetime

    @property
    def references(self) -> tuple[str, ...]:
        """Return by what services name it: the ARN."""
        return (self.arn,)

    @property
    def account_id(self) -> str:
        """Return the twelve digits of the account that owns the certificate."""
        return self.arn.split(":")[4]

    @property
    def region(self) -> str:
        """Return the one region whose listeners can serve it; CloudFront's is us-east-1."""
        return self.arn.split(":")[3]


AnyCertificate = ServerCertificate | AcmCertificate


@dataclass(frozen=True)
class Listener:
    """One listener that serves TLS, whatever certificates it serves.

    `arn` and `load_balancer_arn` are empty for a classic load balancer; `aliases` are the
    names that a distribution insists on finding in its certificate. `managed_by` says who will
    put the old certificate back (AWS row 13), empty while that is nobody or not known.
    """

    service: str
    region: str
    load_balancer_name: str
    port: int
    protocol: str
    dns_name: str = ""
    scheme: str = ""
    load_balancer_arn: str = ""
    arn: str = ""
    aliases: tuple[str, ...] = ()
    managed_by: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.service}/{self.load_balancer_name}:{self.port} in {self.region}"


@dataclass(frozen=True)
class Binding:
    """One place that serves a certificate: a listener, and the role it has there.

    `certificate` is how the service names it: see `ServerCertificate.references`.
    """

    listener: Listener
    role: Role
    certificate: str

    def __str__(self) -> str:
        return f"{self.listener} ({self.role.value})"


@dataclass(frozen=True)
class Unread:
    """A scope that could not be looked at. Region `*` means every region.

    Where it is one load balancer alone, that one's name is `load_balancer`.
    """

    service: str
    region: str
    reason: str
    load_balancer: str = ""

    def __str__(self) -> str:
        return f"{self.service} in {self.region}: {self.reason}"


@dataclass(frozen=True)
class Inventory:
    """Who serves which certificate, and what could not be looked at.

    `parts` are the ARNs of those load balancers that take further calls to read, listeners or not.
    """

    bindings: tuple[Binding, ...] = ()
    unread: tuple[Unread, ...] = ()
    parts: frozenset[str] = frozenset()

    def serving(self, certificate: AnyCertificate) -> tuple[Binding, ...]:
        """Return the bindings of one certificate."""
        references = certificate.references
        return tuple(b for b in self.bindings if b.certificate in references)

    def unlisted(self, listed: Collection[str], account_id: str) -> tuple[Unread, ...]:
        """Return the listeners of what IAM does not list, as unread; `listed` are its ARNs.

        A certificate that was renamed or moved stays bound under its former ARN, and it may be any.
        """
        return tuple(
            Unread(b.listener.service, b.listener.region, plain(_former(b)))
            for b in self.bindings
            if _STORE in b.certificate
            and b.certificate not in listed
            and f":{account_id}:" in b.certificate
        )


_STORE = ":server-certificate/"


def _former(bound: Binding) -> str:
    unlisted = f"{bound.listener} names {bound.certificate}, which IAM does not list"
    return f"{unlisted}: perhaps its former name"


CLOUDFRONT = "cloudfront"
CLOUDFRONT_PATH = "/cloudfront/"
"""Where CloudFront looks for server certificates (IAM User Guide)."""


def by_listener(bindings: Iterable[Binding]) -> dict[Listener, tuple[Role, ...]]:
    """Group bindings by listener: `{listener: its roles}`, in the order they came."""
    roles: dict[Listener, tuple[Role, ...]] = {}
    for binding in bindings:
        roles[binding.listener] = (*roles.get(binding.listener, ()), binding.role)
    return roles
