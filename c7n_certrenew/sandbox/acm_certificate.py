"""Certificates as ACM keeps them: an ARN, and what was imported or issued under it so far."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from moto.acm.models import TagHolder, acm_backends

from .acm_x509 import facts
from .errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.acm.models import AWSCertificateManagerBackend

    from .authority import Issued
    from .world import World

IMPORTED, AMAZON_ISSUED = "IMPORTED", "AMAZON_ISSUED"
_ARN = re.compile(r"arn:[\w+=/,.@-]+:acm:[\w+=/,.@-]*:[0-9]+:[\w+=,.@-]+(/[\w+=,.@-]+)*")


@dataclass(frozen=True)
class Body:
    """Hold one certificate with its key as PEM text, and when it came (aware UTC, monotonic s)."""

    certificate: str
    chain: str
    private_key: str
    came: dt.datetime
    since: float

    @classmethod
    def of(cls, world: World, certificate: str, chain: str, private_key: str) -> Body:
        """Take in a certificate now."""
        return cls(certificate, chain, private_key, world.now(), world.monotonic())


@dataclass(frozen=True)
class Renewal:
    """Hold how far Amazon has come with a renewal: RenewalStatus, its reason, and since when."""

    status: str
    reason: str
    updated: dt.datetime


@dataclass
class AcmCertificate:
    """Hold one certificate of ACM under the attribute names that moto uses for its own.

    It has no body while it is requested and not issued; of several the last one counts.
    """

    arn: str
    type: str
    created_at: dt.datetime
    requested: tuple[str, ...] = ()
    bodies: tuple[Body, ...] = ()
    tags: TagHolder = field(default_factory=TagHolder)
    renewal: Renewal | None = None
    exported: bool = False

    @property
    def cert_options(self) -> dict[str, str]:
        """Return the CertificateOptions of the API."""
        logging = "DISABLED" if self.type == IMPORTED else "ENABLED"
        export = "ENABLED" if self.exported else "DISABLED"
        return {"CertificateTransparencyLoggingPreference": logging, "Export": export}

    @property
    def body(self) -> Body | None:
        """Return what is under the ARN now, None before it is issued."""
        return self.bodies[-1] if self.bodies else None

    @property
    def names(self) -> tuple[str, ...]:
        """Return its domain names, the first is the one it is called by."""
        return facts(self.body.certificate).names if self.body else self.requested

    def seen(self, moment: float | None) -> Body | None:
        """Return what was there at a moment (monotonic seconds), at least the first; None is now.

        What is not issued has none.
        """
        if moment is None or not self.bodies:
            return self.body
        return next((b for b in reversed(self.bodies) if b.since <= moment), self.bodies[0])

    def status(self, now: dt.datetime) -> str:
        """Return the CertificateStatus of the API."""
        if self.body is None:
            return "PENDING_VALIDATION"
        return "EXPIRED" if now >= facts(self.body.certificate).not_after else "ISSUED"

    def eligible(self, in_use: bool, now: dt.datetime) -> bool:
        """Say whether Amazon would renew it (ACM guide, "Managed certificate renewal")."""
        wanted = in_use or self.exported
        return self.type != IMPORTED and wanted and self.status(now) != "EXPIRED"


def in_acm(backend: AWSCertificateManagerBackend) -> dict[str, AcmCertificate]:
    """Return the certificates of an account and region, by ARN."""
    return cast("dict[str, AcmCertificate]", backend._certificates)


def named(backend: AWSCertificateManagerBackend, arn: str) -> AcmCertificate:
    """Return a certificate; raises InvalidArnException and ResourceNotFoundException."""
    if not _ARN.fullmatch(arn):
        raise AwsError("InvalidArnException", f"{arn} is not a valid ARN")
    kept = in_acm(backend).get(arn)
    if kept is None:
        raise AwsError("ResourceNotFoundException", f"Could not find certificate {arn}.")
    return kept


def find(account_id: str, region: str, arn: str) -> AcmCertificate | None:
    """Return a certificate of ACM, None where this account and region has none such."""
    return in_acm(acm_backends[account_id][region]).get(arn)


def keep(
    world: World,
    backend: AWSCertificateManagerBackend,
    kind: str,
    *bodies: Body,
    names: tuple[str, ...] = (),
) -> AcmCertificate:
    """Put a new certificate into ACM, unchecked."""
    place = f"arn:{world.partition}:acm:{backend.region_name}:{backend.account_id}"
    made = AcmCertificate(f"{place}:certificate/{uuid.uuid4()}", kind, world.now(), names, bodies)
    in_acm(backend)[made.arn] = made
    return made


def seed(
    world: World,
    backend: AWSCertificateManagerBackend,
    kind: str,
    issued: Issued,
    arn: str | None,
    tags: Mapping[str, str],
) -> str:
    """Put a certificate into ACM, or another body under its ARN, unchecked; return the ARN.

    Raises LookupError for an ARN that does not exist.
    """
    body = Body.of(world, issued.certificate, issued.chain, issued.private_key)
    if arn is None:
        kept = keep(world, backend, kind, body)
    else:
        kept = in_acm(backend)[arn]
        if kept.body and kept.type != IMPORTED:
            kept.renewal = Renewal("SUCCESS", "", world.now())
        kept.bodies += (body,)
    kept.tags.update(tags)
    return kept.arn
