"""What c7n has kept from an earlier run is not what a policy of ours reads."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Custodian

    from c7n_certrenew.sandbox import Authority, Sandbox

PACK = Path(__file__).parents[2] / "policies"
INVENTORY = "iam-certificate-inventory"


def test_the_inventory_is_live(
    sandbox: Sandbox, authority: Authority, custodian: Custodian, tmp_path: Path
) -> None:
    """A certificate uploaded since the last run is listed, and a deleted one is not."""
    shutil.copy(PACK / "detect" / f"{INVENTORY}.yml", tmp_path)
    issued = authority.issue("shop.example.com", days=90)
    sandbox.upload("former", issued)
    assert custodian("run", "-s", "out", f"{INVENTORY}.yml").returncode == 0
    sandbox.upload("latest", issued)
    sandbox.client("iam").delete_server_certificate(ServerCertificateName="former")
    assert custodian("run", "-s", "out", f"{INVENTORY}.yml").returncode == 0
    listed = json.loads((tmp_path / "out" / INVENTORY / "resources.json").read_text("utf-8"))
    assert [found["ServerCertificateName"] for found in listed] == ["latest"]
