"""Pruning by the stock commands: `custodian run` and `c7n-org run`, the shipped policies."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from forked import commands
from integration.conftest import writes

from c7n_certrenew.sandbox import Issued, Listener, Sandbox

if TYPE_CHECKING:
    from conftest import Custodian

POLICIES = Path(__file__).parents[2] / "policies"
DETECT = POLICIES / "detect/iam-certificate-superseded.yml"
PRUNE = POLICIES / "cleanup/iam-certificate-superseded-prune.yml"
ACCOUNT = {"account_id": "123456789012", "name": "shop", "role": "arn:aws:iam::123456789012:role/r"}


def test_stock_commands(
    sandbox: Sandbox, custodian: Custodian, old: Issued, new: Issued, tmp_path: Path
) -> None:
    """What `c7n-org run` finds once, of its two regions, is what `custodian run` deletes."""
    day = f"{datetime.now(timezone.utc) - timedelta(days=9):%Y-%m-%d}"
    tags = {"certrenew:replaced-by": "new", "certrenew:replaced-on": day, "owner": "shop"}
    sandbox.upload("left", old, "/cloudfront/", tags=tags)
    sandbox.upload("used", old, tags=tags)
    sandbox.upload("new", new)
    used = Listener(443, "HTTPS", sandbox.certificates()["used"])
    sandbox.classic("eu-central-1", "front", used)
    [found] = yaml.safe_load(DETECT.read_text())["policies"]
    owned = {**found, "name": "owned", "filters": [{"tag:owner": "shop"}]}
    ran = run_c7n_org(sandbox, tmp_path, found, owned)
    assert ran.returncode == 0, ran.stderr
    matched = {
        str(path.parent.relative_to(tmp_path / "org")): [
            one["ServerCertificateName"] for one in json.loads(path.read_text())
        ]
        for path in (tmp_path / "org").rglob("resources.json")
    }
    assert matched == {
        "shop/us-east-1/iam-certificate-superseded": ["left"],
        "shop/us-east-1/owned": ["left", "used"],
    }
    assert writes(sandbox) == []
    done = custodian("run", "-s", "out", "--cache-period", "0", "-r", "eu-west-1", str(PRUNE))
    assert done.returncode == 0, done.stderr
    [action] = (tmp_path / "out").rglob("action-prune")
    assert [one["State"] for one in json.loads(action.read_text())] == ["PRUNED"]
    assert set(sandbox.certificates()) == {"used", "new"}


def run_c7n_org(
    sandbox: Sandbox, directory: Path, *policies: object
) -> subprocess.CompletedProcess[str]:
    """Run policies by the stock command in one account and two regions."""
    (directory / "policies.json").write_text(json.dumps({"policies": policies}))
    (directory / "accounts.json").write_text(json.dumps({"accounts": [ACCOUNT]}))
    regions = ("-r", "us-east-1", "-r", "eu-west-1")
    files = ("-c", "accounts.json", "-s", "org", "-u", "policies.json", "--cache-period", "0")
    inherited = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
    return subprocess.run(
        [str(commands() / "c7n-org"), "run", *files, *regions],
        env={**inherited, "HOME": str(directory), **sandbox.environ},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
