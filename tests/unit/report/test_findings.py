"""What an audit's outputs come to, and how it is shown."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from c7n_certrenew.report.audit import Audit
from c7n_certrenew.report.findings import EXPIRING, INVENTORY, findings
from c7n_certrenew.report.output import OutputError
from c7n_certrenew.report.tables import audit_table
from c7n_certrenew.report.terminal import rendered

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
ARN = "arn:aws:iam::123456789012:server-certificate/"
LISTENER = {
    "Service": "elbv2",
    "Region": "eu-west-1",
    "LoadBalancerName": "front",
    "LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/net/front/1",
    "Port": 443,
    "Role": "default",
}
UNREAD = {"Service": "elb", "Region": "us-east-1", "Reason": "denied [red]\x1b[2J"}


def resource(name: str, days: float, **annotations: Any) -> dict[str, Any]:
    """Return a server certificate as resources.json has it."""
    keys = {f"c7n:{key}": value for key, value in annotations.items()}
    end = (NOW + timedelta(days=days)).isoformat()
    return {"ServerCertificateName": name, "Arn": ARN + name, "Expiration": end, **keys}


def audited(out: Path, outputs: Mapping[str, list[dict[str, Any]]]) -> Audit:
    """Return the audit of what these policies matched."""
    for policy, resources in outputs.items():
        (out / policy).mkdir()
        (out / policy / "resources.json").write_text(json.dumps(resources))
    found = tuple(findings(out, tuple(outputs), NOW))
    return Audit("123456789012", "aws", NOW, tuple(outputs), found)


def shown(audit: Audit, width: int = 10_000) -> str:
    """Return what is printed where there are so many columns."""
    return rendered(Console(file=io.StringIO(), width=width, highlight=False), *audit.parts())


@pytest.mark.parametrize(
    ("days", "annotations", "verdict"),
    [
        (9, {"listeners": [LISTENER]}, "expiring, in use"),
        (9, {"listeners": [LISTENER], "unread": [UNREAD]}, "expiring, in use"),
        (9, {"listeners": []}, "expiring, unused"),
        (9, {"listeners": [], "unread": [UNREAD]}, "expiring, perhaps in use"),
        (-1, {"listeners": []}, "expired, unused"),
    ],
)
def test_verdict(tmp_path: Path, days: int, annotations: dict[str, Any], verdict: str) -> None:
    """Nobody is said to serve a certificate only where everything was looked at."""
    one = resource("shop", days, **annotations)
    [found] = audited(tmp_path, {EXPIRING: [one], INVENTORY: [one]}).found
    assert found.verdict == verdict


def test_a_certificate_of_any_policy_is_shown_once(tmp_path: Path) -> None:
    """One that was uploaded between two policies is not lost, and the most urgent is first."""
    audit = audited(
        tmp_path,
        {
            INVENTORY: [resource("blog", 90), resource("shop", 9, listeners=[LISTENER])],
            EXPIRING: [resource("late", 5), resource("shop", 9)],
        },
    )
    assert [(one.name, one.state) for one in audit.found] == [
        ("late", "expiring"),
        ("shop", "expiring"),
        ("blog", "healthy"),
    ]
    assert audit.found[1].listeners == (LISTENER,)


def test_a_policy_that_left_nothing_is_an_error(tmp_path: Path) -> None:
    """An audit without the output of one of its policies is not clean."""
    (tmp_path / INVENTORY).mkdir()
    (tmp_path / INVENTORY / "resources.json").write_text("[]")
    with pytest.raises(OutputError, match=r"resources\.json cannot be read: No such file"):
        findings(tmp_path, (INVENTORY, EXPIRING), NOW)


@pytest.mark.parametrize("text", ["", "[", "{}", "[1]"])
def test_a_file_that_is_not_whole_is_one_line(tmp_path: Path, text: str) -> None:
    """A truncated output is an error, not an empty list."""
    (tmp_path / INVENTORY).mkdir()
    (tmp_path / INVENTORY / "resources.json").write_text(text)
    with pytest.raises(OutputError) as error:
        findings(tmp_path, (INVENTORY,), NOW)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_width_shows_everything(tmp_path: Path, width: int) -> None:
    """A table where it fits, else blocks: names and listeners are whole, nothing is cut."""
    name = "shop-example-com-20270221-6c52e3c2"
    one = resource(name, 9, listeners=[LISTENER])
    text = shown(audited(tmp_path, {INVENTORY: [one], EXPIRING: [one]}), width)
    assert name in text
    assert "eu-west-1 NLB front:443" in text
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= width
    assert ("Certificate" in text) is (width == 200)


def test_a_table_on_a_narrow_terminal_is_folded(tmp_path: Path) -> None:
    """Where a table is all there is, as in the demonstration, its cells are folded, not cut."""
    one = resource("shop-example-com-20270221-6c52e3c2", 9, listeners=[LISTENER])
    audit = audited(tmp_path, {INVENTORY: [one], EXPIRING: [one]})
    text = rendered(Console(file=io.StringIO(), width=60), audit_table(audit.found))
    assert "…" not in text
    assert "6c52e3c2" in "".join(line.split(" ")[0] for line in text.splitlines())


def test_what_was_not_looked_at_is_grouped(tmp_path: Path) -> None:
    """One line for each service and reason names the regions; hostile reasons stay text."""
    elsewhere = {**UNREAD, "Region": "eu-west-1"}
    one = resource("shop", 90, unread=[UNREAD, elsewhere, UNREAD])
    text = shown(audited(tmp_path, {INVENTORY: [one]}))
    assert r"elb in eu-west-1, us-east-1: denied [red]\x1b[2J" in text
    assert "\x1b" not in text


def test_what_is_served_again_is_reverted(tmp_path: Path) -> None:
    """AWS row 13: the verdict says so, in the table and in the blocks of a narrow terminal."""
    one = resource("shop", 9, listeners=[{**LISTENER, "ManagedBy": "tag a"}])
    audit = audited(tmp_path, {INVENTORY: [one], EXPIRING: [one]})
    back = replace(audit, found=(replace(audit.found[0], replaced_by="shop-2027"),))
    assert "expiring, reverted  eu-west-1 NLB front:443 (default), managed by tag a" in shown(back)
    assert "replaced by  shop-2027, and served again" in shown(back, width=60)
    [found] = back.shape["Certificates"]
    assert found["ReplacedBy"] == "shop-2027"
