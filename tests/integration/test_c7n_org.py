"""Renewals by stock `c7n-org run`: in parallel processes, without a check of the policy."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from forked import commands
from integration.conftest import renewing, writes

from c7n_certrenew.sandbox import Issued, Listener, Sandbox

ACCOUNT = {
    "account_id": "123456789012",
    "name": "shop",
    "role": "arn:aws:iam::123456789012:role/certrenew",
}
ONCE = [
    {
        "or": [
            {"type": "value", "key": "account", "value": "absent"},
            {
                "type": "value",
                "key": "region",
                "op": "in",
                "value": ["us-east-1", "us-gov-west-1", "cn-north-1"],
            },
        ]
    }
]

Org = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def org(sandbox: Sandbox, tmp_path: Path) -> Org:
    """Run the stock command over one account in two regions at once."""

    def run(policy: dict[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "renew.json").write_text(json.dumps({"policies": [policy]}))
        (tmp_path / "accounts.json").write_text(json.dumps({"accounts": [ACCOUNT]}))
        command = [str(commands() / "c7n-org"), "run", "-c", "accounts.json"]
        regions = ["-r", "us-east-1", "-r", "eu-west-1"]
        inherited = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
        return subprocess.run(
            [
                *command,
                "-s",
                "out",
                "-u",
                "renew.json",
                "--cache-period",
                "0",
                *regions,
                *arguments,
            ],
            env={**inherited, "HOME": str(tmp_path), **sandbox.environ},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


@pytest.fixture
def shop(sandbox: Sandbox, old: Issued, new: Issued, certs: Path) -> Sandbox:
    """Serve the old certificate by three listeners, the renewed one lies ready."""
    web = sandbox.upload("web", old)
    sandbox.classic("eu-west-1", "legacy", Listener(443, "HTTPS", web))
    sandbox.application("us-east-1", "alb", Listener(443, "HTTPS", web, sni=(web,)))
    sandbox.network("eu-central-1", "nlb", Listener(443, "TLS", web))
    new.write(certs)
    return sandbox


def test_shipped_conditions_run_it_once(
    shop: Sandbox, org: Org, new: Issued, tmp_path: Path
) -> None:
    """With the conditions of the rule pack one region does it all, and nobody is warned."""
    ran = org({**renewing(), "conditions": ONCE})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "has no conditions" not in ran.stdout + ran.stderr
    records = list((tmp_path / "out").rglob("certrenew.json"))
    assert [path.parts[-3] for path in records] == ["us-east-1"]
    [outcome] = json.loads(records[0].read_text())["Outcomes"]
    assert (outcome["State"], len(outcome["Bindings"])) == ("RENEWED", 4)
    changes = Counter(call for call in writes(shop) if "Listener" in call)
    assert changes == {
        "SetLoadBalancerListenerSSLCertificate": 1,
        "AddListenerCertificates": 1,
        "ModifyListener": 2,
        "RemoveListenerCertificates": 1,
    }


def test_failure_fails_the_command(shop: Sandbox, org: Org, certs: Path) -> None:
    """A refused certificate is one line and a non-zero end of c7n-org as well."""
    (certs / "key.pem").unlink()
    ran = org({**renewing(), "conditions": ONCE})
    shown = ran.stdout + ran.stderr
    assert ran.returncode != 0
    assert "not renewed: web REFUSED" in shown
    assert "certs/web/key.pem: no such file" in shown
    assert "Traceback" not in shown
    assert writes(shop) == []


def test_unknown_key_is_said_and_nothing_is_done(shop: Sandbox, org: Org) -> None:
    """c7n-org checks no schema: our own check names the option that was meant, and it fails."""
    ran = org(renewing(max_binding=1))
    assert ran.returncode == 1
    shown = ran.stdout + ran.stderr
    assert "policy:renew replace-certificate: unknown key max-binding" in shown
    assert "did you mean max-bindings?" in shown
    assert "Traceback" not in shown
    assert writes(shop) == []
