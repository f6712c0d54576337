"""What c7n has kept from an earlier run is not what a policy of ours reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from integration.conftest import Engine

    from c7n_certrenew.sandbox import Authority, Sandbox

PACK = Path(__file__).parents[2] / "policies"
INVENTORY = "iam-certificate-inventory"
KEPT = ("--cache-period", "15", "--cache", "kept.db")
"""What a user has who does not turn c7n's cache off."""


def test_the_inventory_is_live(near: Sandbox, authority: Authority, engine: Engine) -> None:
    """A certificate uploaded since the last run is listed, and a deleted one is not."""
    shipped = yaml.safe_load((PACK / "detect" / f"{INVENTORY}.yml").read_text("utf-8"))
    issued = authority.issue("shop.example.com", days=90, key="p256")
    near.upload("former", issued)
    roles: dict[str, Any] = {"name": "roles", "resource": "aws.iam-role"}
    assert engine(roles, *shipped["policies"], arguments=KEPT).found == ["former"]
    assert Path("kept.db").exists()
    near.upload("latest", issued)
    near.client("iam").delete_server_certificate(ServerCertificateName="former")
    assert engine(*shipped["policies"], arguments=KEPT).found == ["latest"]
