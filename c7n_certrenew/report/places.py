"""Listeners and scopes in words a person reads, from their JSON shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from c7n_certrenew.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from c7n_certrenew.report.bindings import Shape

_ROLES = {"default": "default", "sni": "SNI"}


def served_by(bindings: Iterable[Shape]) -> tuple[str, ...]:
    """Return one line a listener, with its roles: `eu-west-1 ALB sso:443 (default+SNI)`."""
    roles: dict[str, list[str]] = {}
    for binding in bindings:
        role = str(binding["Role"])
        roles.setdefault(place(binding), []).append(_ROLES.get(role, role))
    return tuple(f"{listener} ({'+'.join(both)})" for listener, both in roles.items())


def place(binding: Shape) -> str:
    """Return where a listener is: `eu-west-1 ALB sso:443`."""
    name, port = binding["LoadBalancerName"], binding["Port"]
    return plain(f"{binding['Region']} {_kind(binding)} {name}:{port}")


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
    return "NLB" if ":loadbalancer/net/" in binding.get("LoadBalancerArn", "") else "ALB"
