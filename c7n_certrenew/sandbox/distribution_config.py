"""A distribution's configuration: what a creation may leave out and an update may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NONE: dict[str, Any] = {"Quantity": 0}
_METHODS = {"Quantity": 2, "Items": ["HEAD", "GET"]}
_DEFAULTS: dict[str, Any] = {
    "Aliases": _NONE,
    "DefaultRootObject": "",
    "OriginGroups": _NONE,
    "CacheBehaviors": _NONE,
    "CustomErrorResponses": _NONE,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
}
_BEHAVIOR_DEFAULTS: dict[str, Any] = {
    "AllowedMethods": {**_METHODS, "CachedMethods": _METHODS},
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
}
_ORIGIN_DEFAULTS: dict[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
}
_CUSTOM_DEFAULTS: dict[str, Any] = {
    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
    "OriginReadTimeout": 30,
    "OriginKeepaliveTimeout": 5,
}
_OPTIONAL = frozenset(
    (
        *("OriginGroups", "IsIPV6Enabled", "FunctionAssociations"),
        *("OriginPath", "ConnectionAttempts", "ConnectionTimeout", "OriginShield"),
    )
)
_ASKED_AS_ARGUMENT = frozenset({"FieldLevelEncryptionId", "OriginSslProtocols"})


def aliases_of(config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the alternate domain names in a configuration."""
    return tuple(config.get("Aliases", {}).get("Items") or ())


def completed(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration with what a creation may leave out."""
    origins = [_completed_origin(origin) for origin in config["Origins"]["Items"]]
    return {
        **_DEFAULTS,
        **config,
        "Origins": {**config["Origins"], "Items": origins},
        "DefaultCacheBehavior": {**_BEHAVIOR_DEFAULTS, **config["DefaultCacheBehavior"]},
    }


def _completed_origin(origin: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**_ORIGIN_DEFAULTS, **origin}
    if "CustomOriginConfig" in whole:
        whole["CustomOriginConfig"] = {**_CUSTOM_DEFAULTS, **whole["CustomOriginConfig"]}
    return whole


def require_whole(config: Mapping[str, Any]) -> None:
    """Refuse an update that leaves out what it must hold, with IllegalUpdate or InvalidArgument.

    The fields are those of "Required fields for creating and updating distributions" in the
    CloudFront guide, and those that AWS asked users for in public threads.
    """
    for name in _missing(config):
        if name in _ASKED_AS_ARGUMENT:
            raise AwsError("InvalidArgument", f"The parameter {name} is required.")
        if name not in _OPTIONAL:
            raise AwsError("IllegalUpdate", f"{name} is required for updates.")


def _missing(config: Mapping[str, Any]) -> Iterator[str]:
    whole: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = [(_DEFAULTS, config)]
    whole.append((_BEHAVIOR_DEFAULTS, config["DefaultCacheBehavior"]))
    for origin in config["Origins"]["Items"]:
        whole.append((_ORIGIN_DEFAULTS, origin))
        if "CustomOriginConfig" in origin:
            whole.append((_CUSTOM_DEFAULTS, origin["CustomOriginConfig"]))
    if "ViewerCertificate" not in config:
        yield "ViewerCertificate"
    for defaults, given in whole:
        yield from (name for name in defaults if name not in given)
