"""Fixtures of the contract tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from shops import REGIONS, Shop

if TYPE_CHECKING:
    from conftest import Sandboxes

    from c7n_certrenew.sandbox import Authority, Issued


@pytest.fixture(scope="session")
def web(authority: Authority) -> Issued:
    """Give a good certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture(scope="session", params=["application", "network"])
def kind(request: pytest.FixtureRequest) -> str:
    """Say which kind a load balancer is."""
    return str(request.param)


@pytest.fixture
def shop(sandboxes: Sandboxes, kind: str, web: Issued) -> Shop:
    """Give a load balancer: an application one behind a server, a network one in this process."""
    return Shop.open(sandboxes.open(regions=REGIONS, server=kind == "application"), kind, web)
