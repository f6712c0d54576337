"""Several accounts by stock `c7n-org run`, each through a role of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from forked import commands
from integration.conftest import filtering
from roles import BLOG, SHOP

from c7n_certrenew.sandbox import Issued, Sandbox

BROKEN = "444444444444"
READING = {
    "Statement": {"Effect": "Allow", "Action": "iam:ListServerCertificates", "Resource": "*"}
}


def test_each_account_is_looked_at_with_its_own_role(
    sandbox: Sandbox, old: Issued, new: Issued, tmp_path: Path
) -> None:
    """Two accounts show their own certificates; one whose role is refused fails the command."""
    shop, blog, broken = (sandbox.account(number) for number in (SHOP, BLOG, BROKEN))
    shop.upload("shop", old)
    blog.upload("blog", old)
    blog.upload("fresh", new)
    broken.upload("unseen", old)
    accounts = [
        {"name": "shop", "account_id": SHOP, "role": shop.role("certrenew", READING)},
        {
            "name": "blog",
            "account_id": BLOG,
            "role": blog.role("certrenew", READING, external_id="xyz"),
            "external_id": "xyz",
        },
        {"name": "broken", "account_id": BROKEN, "role": broken.role("certrenew", trusts=[SHOP])},
    ]
    policy = filtering({"type": "expires-within", "days": 30}, name="expiring")
    (tmp_path / "policy.json").write_text(json.dumps({"policies": [policy]}))
    (tmp_path / "accounts.json").write_text(json.dumps({"accounts": accounts}))
    ran = run_org(sandbox, tmp_path)
    shown = ran.stdout + ran.stderr
    found = {
        path.parts[-4]: [c["ServerCertificateName"] for c in json.loads(path.read_text())]
        for path in (tmp_path / "out").rglob("resources.json")
    }
    assert found == {"shop": ["shop"], "blog": ["blog"]}
    assert ran.returncode != 0
    assert "Access denied api:AssumeRole policy:expiring account:broken" in shown
    assert "Traceback" not in shown
    calls = {(call.account_id, call.operation, call.error_code) for call in sandbox.journal}
    home = sandbox.account_id
    assert calls == {
        (home, "AssumeRole", None),
        (home, "AssumeRole", "AccessDenied"),
        (SHOP, "ListServerCertificates", None),
        (BLOG, "ListServerCertificates", None),
    }


def run_org(sandbox: Sandbox, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run the stock command over all accounts in one region."""
    command = str(commands() / "c7n-org")
    files = ["-c", "accounts.json", "-u", "policy.json", "-s", "out"]
    inherited = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
    return subprocess.run(
        [command, "run", *files, "--cache-period", "0", "-r", "us-east-1"],
        env={**inherited, "HOME": str(directory), **sandbox.environ},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=120,
    )
