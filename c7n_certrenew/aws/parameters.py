"""Parameters of Systems Manager, where infrastructure code reads the ARN of a certificate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from c7n_certrenew.aws.faults import FAULTS, code
from c7n_certrenew.core.text import plain

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterTypeDef

_STRING: Final = "String"
_ABSENT = "ParameterNotFound"


class OccupiedError(Exception):
    """A parameter of another type that stands there; the message says which."""


def put(client: SSMClient, name: str, value: str, description: str) -> int:
    """Have a parameter hold a text; return its version. Nothing is written where it does already.

    What is encrypted, or a list, is somebody else's and is never overwritten: OccupiedError.
    Raises what botocore raises.
    """
    there = _parameter(client, name)
    if there and there["Type"] != _STRING:
        raise OccupiedError(f"a {plain(there['Type'])} stands there and is left as it is")
    if there and there["Value"] == value:
        return there["Version"]
    put = partial(client.put_parameter, Name=name, Value=value, Description=description)
    try:
        return put(Type=_STRING, Overwrite=bool(there))["Version"]
    except FAULTS:
        there = _parameter(client, name)  # an answer may be lost
        if there and there["Value"] == value:
            return there["Version"]
        raise


def holds(client: SSMClient, name: str, value: str) -> bool:
    """Say whether a parameter holds a text, unencrypted. Raises what botocore raises."""
    there = _parameter(client, name)
    return there is not None and (there["Type"], there["Value"]) == (_STRING, value)


def _parameter(client: SSMClient, name: str) -> ParameterTypeDef | None:
    """Return a parameter, still encrypted if it is; None where there is none."""
    try:
        return client.get_parameter(Name=name)["Parameter"]
    except FAULTS as fault:
        if code(fault) != _ABSENT:
            raise
    return None
