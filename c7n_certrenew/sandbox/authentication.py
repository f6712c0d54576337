"""Whose a call is, and whether its credentials are good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.responses import BaseResponse

from .codes import codes
from .patching import PatchPoint
from .request import Refusal

if TYPE_CHECKING:
    from .request import Request
    from .world import World


def is_authenticated(world: World, request: Request) -> Refusal | None:
    """Refuse a key that nobody was given, and one whose session has ended."""
    caller = world.identities.caller(request.access_key)
    spelled = codes(request.service)
    if caller is None:
        return Refusal(spelled.unknown, "The security token included in the request is invalid.")
    if caller.session is not None and caller.session.expires <= world.now():
        return Refusal(spelled.expired, "The security token included in the request is expired")
    return None


def current_account(world: World, response: BaseResponse) -> str:
    """Return the account of who signed a call; that of an unknown key does not matter."""
    caller = world.identities.caller(response.get_access_key())
    return DEFAULT_ACCOUNT_ID if caller is None else caller.account_id


POINTS = (
    PatchPoint(
        BaseResponse,
        "get_current_account",
        current_account,
        "moto takes every unknown key for the default account's",
    ),
)
