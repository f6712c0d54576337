"""Listeners and scopes in words a person reads, from their JSON shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c7n_certrenew.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from c7n_certrenew.report.bindings import Shape

_ROLES = {"default": "default", "sni": "SNI"}


def served_by(bindings: Iterable[Shape]) -> tuple[str, ...]:
    """Return one line a listener, with its roles: `eu-west-1 ALB sso:443 (default+SNI)`.

    Who puts its old certificate back, where that is known, stands after them.
    """
    roles: dict[tuple[str, str], list[str]] = {}
    for binding in bindings:
        owner = binding.get("ManagedBy", "")
        where = place(binding), plain(f", managed by {owner}") if owner else ""
        roles.setdefault(where, []).append(_ROLES.get(binding["Role"], str(binding["Role"])))
    return tuple(
        f"{listener} ({'+'.join(both)}){owner}" for (listener, owner), both in roles.items()
    )


def place(binding: Shape) -> str:
    """Return where a listener is: `eu-west-1 ALB sso:443`.

    A distribution is everywhere, and goes by its first alias: `CloudFront E2ABC shop.example.com`.
    """
    name, service = binding["LoadBalancerName"], binding["Service"]
    if service == "cloudfront":
        return plain(" ".join(("CloudFront", name, *binding.get("Aliases", ())[:1])))
    if service == "appsync":
        return plain(f"{binding['Region']} AppSync {name}")
    return plain(f"{binding['Region']} {_kind(binding)} {name}:{binding['Port']}")


def explained(bindings: Iterable[tuple[Shape, str]]) -> tuple[str, ...]:
    """Return a line for each reason, behind the listeners that it holds for.

    Their owner is left out, because the reason names it.
    """
    found: dict[str, list[Shape]] = {}
    for binding, reason in bindings:
        found.setdefault(reason, []).append({**binding, "ManagedBy": ""})
    return tuple(plain(f"{', '.join(served_by(of))}: {why}") for why, of in found.items())


def scopes(unread: Iterable[Shape]) -> tuple[str, ...]:
    """Return one line for each service and reason, with the regions it holds for."""
    regions: dict[tuple[str, str], list[str]] = {}
    for scope in unread:
        where = regions.setdefault((scope["Service"], scope["Reason"]), [])
        if scope["Region"] not in where:
            where.append(scope["Region"])
    return tuple(
        plain(f"{service} in {_named(where)}: {reason}")
        for (service, reason), where in regions.items()
    )


def _named(regions: list[str]) -> str:
    return "every region" if "*" in regions else ", ".join(sorted(regions))


def _kind(binding: Shape) -> str:
    if binding["Service"] == "elb":
        return "CLB"
    if binding["Service"] != "elbv2":
        return str(binding["Service"])
    return "NLB" if ":loadbalancer/net/" in binding.get("LoadBalancerArn", "") else "ALB"
