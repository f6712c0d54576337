"""Whether the policies of a caller, its session and its organization allow a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import conditions
from .accesses import accesses
from .codes import codes
from .policies import FULL_ACCESS, Policy, Verdict, verdict
from .request import Refusal
from .tags import tags_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .accesses import Access
    from .identities import Caller
    from .request import Request
    from .world import World

_GLOBAL = frozenset({"cloudfront", "iam"})
_HOME_REGION = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}


@dataclass(frozen=True)
class _Layer:
    """Hold the policies of one kind: each kind must allow a call, none may deny it."""

    kind: str
    policies: tuple[Policy, ...]


def is_authorized(world: World, request: Request) -> Refusal | None:
    """Refuse what policies do not allow, spelled as the service spells it (AWS row 14).

    An operation or a resource that the sandbox cannot judge is refused as a defect of its own.
    """
    caller = world.identities.caller(request.access_key)
    layers = tuple(_layers(world, caller)) if caller else ()
    if caller is None or all(layer.policies == (FULL_ACCESS,) for layer in layers):
        return None
    try:
        for access in accesses(world, request):
            why = _refused(layers, access, _context(request, caller, access, world.partition))
            if why and access.service == "kms" and request.service == "secretsmanager":
                return Refusal(codes(request.service).denied, "Access to KMS is not allowed")
            if why:
                who = f"User: {caller.arn} is not authorized to perform: {access.action}"
                message = f"{who} on resource: {access.resource} {why}"
                return Refusal(codes(request.service).denied, message)
    except (LookupError, NotImplementedError) as error:
        return Refusal("SandboxDefect", f"{request.operation} cannot be judged: {error}")
    return None


def _layers(world: World, caller: Caller) -> Iterator[_Layer]:
    """Yield the kinds in the order in which AWS asks them.

    A service control policy without any permission stands beside FullAWSAccess, which AWS attaches
    by default; one with permissions is a list of what its account may do at most.
    """
    for scp in world.identities.scps.get(caller.account_id, ()):
        beside = () if scp.allows_anything else (FULL_ACCESS,)
        yield _Layer("service control policy", (scp, *beside))
    yield _Layer("identity-based policy", caller.policies)
    if caller.session is not None and caller.session.policy is not None:
        yield _Layer("session policy", (caller.session.policy,))


def _refused(layers: Sequence[_Layer], access: Access, context: conditions.Context) -> str | None:
    said = [
        (layer.kind, verdict(layer.policies, access.action, access.resource, context))
        for layer in layers
    ]
    for kind, judged in said:
        if judged is Verdict.DENIED:
            article = "an" if kind.startswith("i") else "a"
            return f"with an explicit deny in {article} {kind}"
    for kind, judged in said:
        if judged is Verdict.SILENT:
            return f"because no {kind} allows the {access.action} action"
    return None


def _context(
    request: Request, caller: Caller, access: Access, partition: str
) -> conditions.Context:
    region = _HOME_REGION[partition] if request.service in _GLOBAL else request.region
    fixed = {
        conditions.PRINCIPAL_ACCOUNT: (caller.account_id,),
        conditions.PRINCIPAL_ARN: (caller.principal,),
        conditions.REQUESTED_REGION: (region,),
        conditions.SECURE_TRANSPORT: ("true",),
        conditions.TAG_KEYS: access.tag_keys,
    }

    def values(key: str) -> Sequence[str] | None:
        if key in fixed:
            return fixed[key] or None
        if key.startswith(conditions.OWN_RESOURCE_TAGS) and key.split(":")[0] != access.service:
            return None
        given = key.startswith(conditions.REQUEST_TAG)
        tags = access.tags if given else tags_of(access.resource)
        found = {tag.casefold(): value for tag, value in tags.items()}.get(key.split("/", 1)[1])
        return None if found is None else (found,)

    return values
