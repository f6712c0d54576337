"""Bindings, and scopes that could not be looked at, as JSON in AWS's spelling."""

from __future__ import annotations

from typing import Any

from c7n_certrenew.core.model import Binding, Unread

Shape = dict[str, Any]


def binding_shape(binding: Binding) -> Shape:
    """Return one binding: Service, Region, LoadBalancerName, Port, Role and what else applies."""
    listener = binding.listener
    return applying(
        {
            "Service": listener.service,
            "Region": listener.region,
            "LoadBalancerName": listener.load_balancer_name,
            "LoadBalancerArn": listener.load_balancer_arn,
            "DNSName": listener.dns_name,
            "Scheme": listener.scheme,
            "Port": listener.port,
            "Protocol": listener.protocol,
            "ListenerArn": listener.arn,
            "Role": binding.role.value,
            "Aliases": list(listener.aliases),
            "ManagedBy": listener.managed_by,
        }
    )


def unread_shape(unread: Unread) -> Shape:
    """Return one scope that could not be looked at: Service, Region, Reason."""
    return {"Service": unread.service, "Region": unread.region, "Reason": unread.reason}


def applying(shape: Shape) -> Shape:
    """Leave out what does not apply: empty text, lists and mappings."""
    return {key: value for key, value in shape.items() if value not in ("", [], {}, ())}
