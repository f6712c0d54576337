"""What belongs to another account: nothing in the sandbox has a policy that lets others in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.s3.models import s3_backends

from .actions import actions
from .codes import codes
from .request import Refusal

if TYPE_CHECKING:
    from .request import Request
    from .world import World

_NAMED_BY = {"acm": "CertificateArn", "secretsmanager": "SecretId"}


def is_at_home(world: World, request: Request) -> Refusal | None:
    """Refuse a bucket, a secret or a certificate of ACM to callers of other accounts."""
    resource = _resource(world, request)
    caller = world.identities.caller(request.access_key) if resource else None
    if caller is None:
        return None
    action = next(actions(request))
    message = (
        f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource} "
        f"because no resource-based policy allows the {action} action"
    )
    return Refusal(codes(request.service).denied, message)


def _resource(world: World, request: Request) -> str | None:
    """Return the ARN that a request is on if it is another account's."""
    if request.service == "s3":
        bucket = request.parameters.get("Bucket", "")
        _, owner = s3_backends.bucket_accounts.get(bucket, ("", request.account_id))
        key = f"/{request.parameters['Key']}" if "Key" in request.parameters else ""
        arn = f"arn:{world.partition}:s3:::{bucket}{key}"
        return None if owner == request.account_id else arn
    given = str(request.parameters.get(_NAMED_BY.get(request.service, ""), ""))
    parts = given.split(":")
    return given if len(parts) > 4 and parts[4] not in ("", request.account_id) else None
