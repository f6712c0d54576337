"""Where a certificate is served, in words."""

from __future__ import annotations

from typing import Any

import pytest

from c7n_certrenew.core.model import Binding, Listener, Role
from c7n_certrenew.report.bindings import binding_shape
from c7n_certrenew.report.places import explained, place, served_by

HOSTILE = "shop\x1b[2J\u202e"
NLB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/net/web/1"


def shape(service: str, name: str = "web", role: Role = Role.DEFAULT, **more: Any) -> Any:
    """Return a binding as it is written."""
    listener = Listener(service, "eu-west-1", name, 443, "HTTPS", **more)
    return binding_shape(Binding(listener, role, "old"))


@pytest.mark.parametrize(
    ("binding", "said"),
    [
        (shape("elb"), "eu-west-1 CLB web:443"),
        (shape("elbv2"), "eu-west-1 ALB web:443"),
        (shape("elbv2", load_balancer_arn=NLB), "eu-west-1 NLB web:443"),
        (shape("cloudfront", "E2ABC", aliases=("a.example", "b")), "CloudFront E2ABC a.example"),
        (shape("cloudfront", "E2ABC"), "CloudFront E2ABC"),
        (shape("appsync", "api.example.com"), "eu-west-1 AppSync api.example.com"),
        (shape("apprunner", "web"), "eu-west-1 apprunner web:443"),
        (shape("cloudfront", "E2", aliases=(HOSTILE,)), r"CloudFront E2 shop\x1b[2J\u202e"),
    ],
)
def test_place(binding: dict[str, Any], said: str) -> None:
    """AWS rows 12 and 20: a distribution is everywhere; what is not known goes by its service."""
    assert place(binding) == said


def test_an_owner_stands_behind_its_listener() -> None:
    """AWS row 13: roles are joined, the owner is named once, and hostile text stays text."""
    owned = [shape("elb", role=role, managed_by=f"tag {HOSTILE}") for role in Role]
    assert served_by([*owned, shape("elb", "free")]) == (
        r"eu-west-1 CLB web:443 (default+SNI), managed by tag shop\x1b[2J\u202e",
        "eu-west-1 CLB free:443 (default)",
    )


def test_one_reason_is_said_once() -> None:
    """However many listeners one stack owns."""
    many = [(shape("elb", f"lb{n}", managed_by="tag a"), "tell a") for n in range(3)]
    first, second = explained([*many, (shape("elb", "other"), "tell b")])
    assert first == ", ".join(f"eu-west-1 CLB lb{n}:443 (default)" for n in range(3)) + ": tell a"
    assert second == "eu-west-1 CLB other:443 (default): tell b"
