"""What reading from a store needs besides: the key that encrypts, a listing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends
from moto.ssm.models import ssm_backends

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.s3.models import FakeKey

    from .request import Request
    from .world import World

_MANAGED = "alias/aws/"
"""How the names of AWS's own keys begin: their policies let every caller of the account in."""


def besides(world: World, request: Request) -> Iterator[tuple[str, str]]:
    """Yield further actions of a call, and the ARNs that they are on.

    A customer's key needs kms:Decrypt. S3 says that a key is not there only to who may list the
    bucket (S3 API reference, GetObject). Writing with a customer's key is not judged.
    """
    for key in _KEYS.get((request.service, request.operation), _none)(world, request):
        if key and _MANAGED not in key:
            yield "kms:Decrypt", _key_arn(world, request, key)
    if request.service == "s3" and request.operation in ("GetObject", "HeadObject"):
        bucket = request.parameters["Bucket"]
        if bucket in s3_backends.bucket_accounts and _object(world, request) is None:
            yield "s3:ListBucket", f"arn:{world.partition}:s3:::{bucket}"


def parameter_name(given: str) -> str:
    """Return the name of a parameter without ARN, version and label."""
    return given.rsplit(":parameter", 1)[-1].split(":", 1)[0]


def _none(_world: World, _request: Request) -> Iterator[str | None]:
    yield from ()


def _of_secret(_world: World, request: Request) -> Iterator[str | None]:
    secrets = secretsmanager_backends[request.account_id][request.region].secrets
    secret = secrets.get(request.parameters["SecretId"])
    if isinstance(secret, FakeSecret):
        yield secret.kms_key_id


def _of_parameters(_world: World, request: Request) -> Iterator[str | None]:
    given = request.parameters
    kept = ssm_backends[request.account_id][request.region]._parameters
    for name in given.get("Names") or [given["Name"]]:
        versions = kept.get(parameter_name(name))
        if versions and given.get("WithDecryption"):
            yield versions[-1].keyid


def _below_path(_world: World, request: Request) -> Iterator[str | None]:
    given = request.parameters
    for name, versions in ssm_backends[request.account_id][request.region]._parameters.items():
        if name.startswith(given["Path"]) and given.get("WithDecryption"):
            yield versions[-1].keyid


def _of_object(world: World, request: Request) -> Iterator[str | None]:
    if found := _object(world, request):
        yield found.kms_key_id


_KEYS: dict[tuple[str, str], Callable[[World, Request], Iterator[str | None]]] = {
    ("secretsmanager", "GetSecretValue"): _of_secret,
    ("ssm", "GetParameter"): _of_parameters,
    ("ssm", "GetParameters"): _of_parameters,
    ("ssm", "GetParametersByPath"): _below_path,
    ("s3", "GetObject"): _of_object,
}


def _object(world: World, request: Request) -> FakeKey | None:
    given = request.parameters
    if given["Bucket"] not in s3_backends.bucket_accounts:
        return None
    backend = s3_backends[request.account_id][world.partition]
    return backend.get_object(given["Bucket"], given["Key"], given.get("VersionId"))


def _key_arn(world: World, request: Request, key: str) -> str:
    backend = kms_backends[request.account_id][request.region]
    arn = f"arn:{world.partition}:kms:{request.region}:{request.account_id}:key/"
    return key if ":key/" in key else arn + backend.any_id_to_key_id(key)
