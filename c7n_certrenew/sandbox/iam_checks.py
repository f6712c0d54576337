"""What IAM checks of a request about server certificates, before anything else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .certificates import stored
from .errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Collection

    from moto.iam.models import IAMBackend
    from moto.iam.responses import IamResponse

    from .world import World

_NAME = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_PATH = re.compile(r"/|/[!-~]{1,510}/")
_PREFIX = re.compile(r"/[!-\x7f]{0,511}")
_LIMITS = {"CertificateBody": 16384, "PrivateKey": 16384, "CertificateChain": 2097152}
_TAG_LIMITS = {"Key": 128, "Value": 256}
TAGS = 50
"""Tags that a certificate may have."""


def check_name(name: str) -> str:
    """Return a name; raises ValidationError for what no name can be."""
    if not _NAME.fullmatch(name):
        raise _invalid("serverCertificateName")
    return name


def check_path(path: str) -> str:
    """Return a path; raises ValidationError for what no path can be."""
    if not _PATH.fullmatch(path):
        raise _invalid("path")
    return path


def check_prefix(prefix: str) -> str:
    """Return the beginning of paths; raises ValidationError for what none can be."""
    if not _PREFIX.fullmatch(prefix):
        raise _invalid("pathPrefix")
    return prefix


def check_lengths(response: IamResponse) -> None:
    """Raise ValidationError for a body, chain or key that is too long."""
    for field, limit in _LIMITS.items():
        if len(response._get_param(field) or "") > limit:
            raise _invalid(field)


def tags_of(response: IamResponse) -> dict[str, str]:
    """Return the tags of a request; raises ValidationError for too many or too long ones."""
    tags = response._get_param("Tags", [])
    too_long = any(len(tag[part]) > limit for tag in tags for part, limit in _TAG_LIMITS.items())
    if len(tags) > TAGS or too_long:
        raise _invalid("tags")
    return {tag["Key"]: tag["Value"] for tag in tags}


def check_tags(tags: Collection[str]) -> None:
    """Raise LimitExceeded for more tags than a certificate may have."""
    if len(tags) > TAGS:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for TagsPerCertificate: {TAGS}")


def check_free(backend: IAMBackend, name: str, but: str = "") -> None:
    """Raise EntityAlreadyExists for a name that is taken, whatever its path and case.

    `but` is the id of a certificate that may have it.
    """
    for certificate in stored(backend).values():
        same = certificate.cert_name.lower() == name.lower()
        if same and certificate.certificate_id != but:
            message = f"The Server Certificate with name {name} already exists."
            raise AwsError("EntityAlreadyExists", message)


def check_room(world: World, backend: IAMBackend) -> None:
    """Raise LimitExceeded where the account may keep no more certificates (AWS row 9)."""
    if len(stored(backend)) >= world.quota:
        message = f"Cannot exceed quota for ServerCertificatesPerAccount: {world.quota}"
        raise AwsError("LimitExceeded", message)


def _invalid(field: str) -> AwsError:
    message = f"1 validation error detected: Value at '{field}' failed to satisfy constraint"
    return AwsError("ValidationError", message)
