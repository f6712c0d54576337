"""Parameters of Systems Manager as AWS keeps them."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from moto.ssm.models import Parameter, SimpleSystemManagerBackend

from .errors import AwsError
from .patching import PatchPoint

if TYPE_CHECKING:
    from .world import World

_STANDARD, _ADVANCED = 4096, 8192
"""Characters of a value (Systems Manager guide, "Managing parameter tiers")."""
_TIERS = {"Advanced": _ADVANCED, "Intelligent-Tiering": _ADVANCED}
_stock_response_object = Parameter.response_object
_stock_put_parameter = SimpleSystemManagerBackend.put_parameter


def response_object(
    _world: World, parameter: Parameter, decrypt: bool = False, region: str | None = None
) -> dict[str, Any]:
    """Show a parameter; a SecureString that is not decrypted shows no more than ciphertext."""
    shown = _stock_response_object(parameter, decrypt, region)
    if parameter.parameter_type == "SecureString" and not decrypt:
        digest = hashlib.sha512(parameter.value.encode()).digest()
        shown["Value"] = base64.b64encode(digest).decode()
    return shown


def put_parameter(
    _world: World,
    backend: SimpleSystemManagerBackend,
    name: str,
    description: str,
    value: str,
    *given: Any,
    tier: str | None,
    policies: str | None,
) -> Parameter:
    """Keep a parameter whose value is no longer than its tier allows."""
    if len(value) > _TIERS.get(tier or "", _STANDARD):
        kind = "Advanced" if tier in _TIERS else "Standard"
        limit = _TIERS.get(tier or "", _STANDARD)
        message = f"{kind} tier parameters support a maximum parameter value of {limit} characters."
        raise AwsError("ValidationException", message)
    more: dict[str, Any] = {"tier": tier, "policies": policies}
    return _stock_put_parameter(backend, name, description, value, *given, **more)


POINTS = (
    PatchPoint(
        Parameter, "response_object", response_object, "moto's ciphertext is the text behind a word"
    ),
    PatchPoint(
        SimpleSystemManagerBackend, "put_parameter", put_parameter, "moto takes values of any size"
    ),
)
