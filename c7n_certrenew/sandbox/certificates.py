"""Certificates as AWS keeps them: in IAM for all regions, in ACM for one."""

from __future__ import annotations

import datetime as dt
import secrets
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from moto.iam.models import IAMBackend, iam_backends

from .acm_certificate import find
from .errors import AwsError
from .world import Bound

if TYPE_CHECKING:
    from .world import World

_NOTHING = Bound(None)
_ID_ALPHABET = string.ascii_uppercase + string.digits


@dataclass
class ServerCertificate:
    """Hold one server certificate under the attribute names that moto uses for its own."""

    cert_name: str
    path: str
    arn: str
    cert_body: str
    private_key: str
    cert_chain: str | None
    expiration: dt.datetime
    upload_date: dt.datetime
    tags: dict[str, str] = field(default_factory=dict)
    former_arns: tuple[str, ...] = ()
    certificate_id: str = field(
        default_factory=lambda: "ASCA" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(17))
    )

    @property
    def references(self) -> tuple[str, ...]:
        """Return what consumers may call it by: its ARNs, also from before a renaming, its id."""
        return (self.arn, *self.former_arns, self.certificate_id)

    @property
    def metadata(self) -> dict[str, Any]:
        """Return the ServerCertificateMetadata of the API."""
        return {
            "ServerCertificateName": self.cert_name,
            "Path": self.path,
            "Arn": self.arn,
            "ServerCertificateId": self.certificate_id,
            "UploadDate": self.upload_date,
            "Expiration": self.expiration,
        }

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """Return the tags as the API lists them."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]


@dataclass(frozen=True)
class Material:
    """Hold what a TLS server needs of a certificate, as PEM text."""

    identity: str
    certificate: str
    chain: str
    private_key: str


def stored(backend: IAMBackend) -> dict[str, ServerCertificate]:
    """Return the live server certificates of an account, by id."""
    return cast("dict[str, ServerCertificate]", backend.certificates)


def server_certificate(backend: IAMBackend, name: str) -> ServerCertificate:
    """Return a server certificate by its name; raises NoSuchEntity."""
    for certificate in stored(backend).values():
        if certificate.cert_name == name:
            return certificate
    message = f"The Server Certificate with name {name} cannot be found."
    raise AwsError("NoSuchEntity", message)


def is_known(world: World, account_id: str, region: str, arn: str) -> bool:
    """Say whether the load balancers of a region know a certificate (AWS row 1).

    They know none whose upload has not propagated, and none of another region's ACM.
    """
    return _exists(account_id, region, world.partition, arn) and world.propagated(arn, region)


def let_go(world: World, user: str, before: Bound, after: Bound = _NOTHING) -> None:
    """Remember which certificates a user, named by its ARN, held before and holds no more."""
    for reference in {before.default, *before.sni} - {None, after.default, *after.sni}:
        world.released[str(reference)] = (user, world.monotonic())


def material(
    world: World, account_id: str, region: str, arn: str, moment: float | None = None
) -> Material | None:
    """Return what a front end serves for an ARN, None for what is gone or not issued.

    What ACM imported again is as it was at a moment (monotonic seconds), by default now.
    """
    if ":acm:" in arn:
        return _acm_material(account_id, region, arn, moment)
    certificate = _served_as(account_id, world.partition, arn)
    if certificate is None:
        return None
    return Material(
        identity=certificate.certificate_id,
        certificate=certificate.cert_body,
        chain=certificate.cert_chain or "",
        private_key=certificate.private_key,
    )


def _exists(account_id: str, region: str, partition: str, arn: str) -> bool:
    if ":acm:" in arn:
        return find(account_id, region, arn) is not None
    return _in_iam(account_id, partition, arn) is not None


def _in_iam(account_id: str, partition: str, arn: str) -> ServerCertificate | None:
    certificates = list(stored(iam_backends[account_id][partition]).values())
    return next((c for c in certificates if c.arn == arn), None)


def _served_as(account_id: str, partition: str, arn: str) -> ServerCertificate | None:
    """Return the certificate that an ARN names or, before it was renamed, named."""
    certificates = list(stored(iam_backends[account_id][partition]).values())
    former = next((c for c in certificates if arn in c.former_arns), None)
    return _in_iam(account_id, partition, arn) or former


def _acm_material(account_id: str, region: str, arn: str, moment: float | None) -> Material | None:
    kept = find(account_id, region, arn)
    body = kept.seen(moment) if kept else None
    return Material(arn, body.certificate, body.chain, body.private_key) if body else None
