"""What `certrenew permissions` prints is enough for an audit, a plan and a renewal, and no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.conftest import Engine

from c7n_certrenew.commands.granting import document, needed
from c7n_certrenew.sandbox import Issued, Listener, Sandbox

RENEW = Path(__file__).parents[2] / "policies/renew/iam-certificate-expiring-renew.yml"
DETECT = RENEW.parents[1] / "detect"
PRINTED = document(needed([]), "aws")
SIDS = [statement["Sid"] for statement in PRINTED["Statement"]]


def only(*sids: str) -> dict[str, Any]:
    """Return the printed policy with these statements alone."""
    kept = [statement for statement in PRINTED["Statement"] if statement["Sid"] in sids]
    return {**PRINTED, "Statement": kept}


@pytest.fixture
def served(near: Sandbox, old: Issued, new: Issued, certs: Path) -> str:
    """Serve a certificate everywhere, as default and by SNI; its renewal waits."""
    arn = near.upload("web", old)
    other = near.upload("other", old)
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", arn))
    near.application("us-east-1", "front", Listener(443, "HTTPS", arn))
    near.network("eu-central-1", "edge", Listener(443, "TLS", other, sni=(arn,)))
    new.write(certs)
    return arn


def policies(directory: Path) -> list[dict[str, Any]]:
    """Return the shipped policies of a file or directory."""
    paths = sorted(directory.rglob("*.yml")) if directory.is_dir() else [directory]
    return [policy for path in paths for policy in yaml.safe_load(path.read_text())["policies"]]


def denied(sandbox: Sandbox) -> set[str]:
    """Return the operations that were refused."""
    codes = ("AccessDenied", "UnauthorizedOperation")
    return {call.operation for call in sandbox.journal if call.error_code in codes}


def test_two_statements_are_enough_for_an_audit(near: Sandbox, engine: Engine, served: str) -> None:
    """Every shipped detect policy runs, and nothing it asks for is denied."""
    near.restrict(only("Audit", "AuditCertificates"))
    ran = engine(*policies(DETECT))
    assert ran.returncode == 0
    assert denied(near) == set()


def test_three_statements_are_enough_for_a_plan(near: Sandbox, engine: Engine, served: str) -> None:
    """A dry run makes the whole plan."""
    near.restrict(only("Audit", "AuditCertificates", "Plan"))
    ran = engine(*policies(RENEW), arguments=("--dryrun",))
    assert (ran.returncode, denied(near)) == (0, set())
    plans = {r["ServerCertificateName"]: r["c7n:replacement"] for r in ran.resources}
    assert plans["web"]["Verdict"] == "ready"


def renewed(ran: Any) -> dict[str, str]:
    """Return the end of each binding of the renewed certificate."""
    [outcome] = [o for o in ran.record["Outcomes"] if o["ServerCertificateName"] == "web"]
    return {b["LoadBalancerName"]: b["State"] for b in outcome.get("Bindings", ())}


def test_all_statements_are_enough_for_a_renewal(
    near: Sandbox, engine: Engine, served: str
) -> None:
    """Every listener is rebound, and nothing it asks for is denied."""
    near.restrict(PRINTED)
    ran = engine(*policies(RENEW))
    assert denied(near) == set()
    assert renewed(ran).keys() == {"legacy", "front", "edge"}
    assert all("VERIFIED" in state for state in renewed(ran).values())


@pytest.mark.parametrize("sid", [sid for sid in SIDS if sid != "Plan"])
def test_no_statement_is_too_many(near: Sandbox, engine: Engine, served: str, sid: str) -> None:
    """Without any of them a renewal is denied something; only the quota it can do without."""
    near.restrict(only(*(other for other in SIDS if other != sid)))
    engine(*policies(RENEW))
    assert denied(near)
