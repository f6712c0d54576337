"""Fixtures of the contract tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shops import Shop

if TYPE_CHECKING:
    from c7n_certrenew.sandbox import Authority, Issued, Sandbox


@pytest.fixture(scope="session")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture(params=["application", "network"])
def shop(aws: Sandbox, web: Issued, request: pytest.FixtureRequest) -> Shop:
    """Give a load balancer, once as an application and once as a network load balancer."""
    return Shop.open(aws, request.param, web)
