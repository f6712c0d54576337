"""Fixtures of the contract tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from contract.kept import Near, Place, stored
from shops import REGIONS, Shop
from vaults import TOKEN, Vault, serving

from c7n_certrenew.sources.base import Access

if TYPE_CHECKING:
    from conftest import Sandboxes

    from c7n_certrenew.core.plan import Stored
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


@pytest.fixture(scope="session")
def issued(authority: Authority) -> Issued:
    """Give a renewed certificate."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture(scope="session")
def vault() -> Iterator[Vault]:
    """Give a Vault that is served."""
    with serving() as vault:
        yield vault


@pytest.fixture
def place(
    sandboxes: Sandboxes, vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Place:
    """Give an empty place for sources to look at; files are below the working directory."""
    monkeypatch.chdir(tmp_path)
    vault.clear()
    monkeypatch.setenv("VAULT_ADDR", vault.url)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    return Place(sandboxes.open(regions=("us-east-1", "eu-west-1"), server=False), vault, tmp_path)


@pytest.fixture
def here(place: Place) -> Access:
    """Give what sources ask with."""
    return Access(Near(place))


@pytest.fixture
def old(issued: Issued) -> Stored:
    """Give the server certificate that is to be replaced."""
    return stored(issued)
