"""The bindings that the worlds have, as the filter `listener` must show them."""

from __future__ import annotations

import re
from typing import Any


def shown(*bindings: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the annotations of a certificate that all these bindings serve."""
    return {"c7n:listeners": list(bindings), "c7n:matched-listeners": list(bindings)}


def _binding(service: str, region: str, name: str, port: int, role: str) -> dict[str, Any]:
    return {
        "Service": service,
        "Region": region,
        "LoadBalancerName": name,
        "Port": port,
        "Role": role,
    }


def _listener_of_edge(service: str, region: str) -> dict[str, Any]:
    name = re.compile(r"\.cloudfront\.net$")
    return {"Service": service, "Region": region, "DNSName": name, "Port": 443, "Role": "default"}


CLASSIC = _binding("elb", "eu-west-1", "front-0", 443, "default")
CLASSIC_SSL = _binding("elb", "us-east-1", "mail-0", 993, "default") | {"Protocol": "SSL"}
APPLICATION = _binding("elbv2", "eu-central-1", "api-0", 443, "default")
NETWORK_SNI = _binding("elbv2", "us-east-1", "edge-0", 443, "sni") | {"Protocol": "TLS"}
DISTRIBUTION = _listener_of_edge("cloudfront", "us-east-1")
DOMAIN = _listener_of_edge("appsync", "eu-central-1") | {"LoadBalancerName": "graph-0.example.com"}
MANY = tuple(_binding("elb", "eu-west-1", f"front-0-{n}", 443, "default") for n in range(5))
EVERYWHERE = (APPLICATION, CLASSIC, NETWORK_SNI)
"""Ordered by region, as the sweep finds them."""

NONE = shown()
