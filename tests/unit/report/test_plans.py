"""Plans read back from the outputs of runs, and shown."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from c7n_certrenew.cli import main
from c7n_certrenew.report.output import OutputError
from c7n_certrenew.report.plan_markdown import plan_markdown
from c7n_certrenew.report.plan_terminal import plan_parts
from c7n_certrenew.report.plans import needs_attention, plan_shape, read_plans
from c7n_certrenew.report.tables import plan_table
from c7n_certrenew.report.terminal import rendered

NOW = datetime(2026, 1, 31, tzinfo=timezone.utc)
HOSTILE = "[red]|<script>``@team\x1b[2J"
REASON = {"Code": "no-candidate", "Message": f"certs/{HOSTILE}: no such file"}
ARN = "arn:aws:iam::123456789012:server-certificate/"
BINDING = {
    "Service": "elb",
    "Region": "eu-west-1",
    "LoadBalancerName": "front",
    "Port": 443,
    "Protocol": "HTTPS",
    "Role": "default",
}
HELD = {**BINDING, "Held": "managed", "Reason": "tell the owner", "ManagedBy": "tag a"}
REVERTED = {**BINDING, "Reverted": "it went back", "From": f"{ARN}shop", "To": "shop-2027"}
READY = {
    "Verdict": "ready",
    "Upload": True,
    "NewName": "shop-20260401-0a1b2c3d",
    "Candidate": {
        "Subject": HOSTILE,
        "Issuer": f"CN={HOSTILE}",
        "Names": ["shop.example.com"],
        "NotBefore": "2026-01-01T00:00:00+00:00",
        "NotAfter": "2026-04-01T00:00:00+00:00",
        "Key": "RSA 2048",
        "Fingerprint": "0a1b2c3d" * 8,
        "Origin": "certs/shop/cert.pem",
    },
    "Bindings": [{**BINDING, "From": f"{ARN}shop", "To": "shop-20260401-0a1b2c3d"}],
}


def plan(name: str = "shop", days: float = 9, **fields: Any) -> dict[str, Any]:
    """Return a plan, refused unless the fields say otherwise."""
    return {
        "Available": False,
        "ServerCertificateName": name,
        "Arn": f"{ARN}{name}",
        "Expiration": (NOW + timedelta(days=days)).isoformat(),
        "Verdict": "refused",
        "Upload": False,
        **fields,
    }


def run(
    directory: Path,
    *plans: dict[str, Any],
    filters: Any = ("replacement",),
    metrics: tuple[str, ...] = ("ResourceCount",),
    dryrun: bool = True,
) -> Path:
    """Write what a run leaves."""
    directory.mkdir(parents=True)
    resources = [{"Arn": one["Arn"], "c7n:replacement": one} for one in plans]
    metadata = {
        "policy": {"name": directory.name, "filters": list(filters)},
        "config": {"account_id": "123456789012", "dryrun": dryrun},
        "execution": {"start": NOW.timestamp()},
        "metrics": [{"MetricName": name} for name in metrics],
    }
    (directory / "resources.json").write_text(json.dumps(resources))
    (directory / "metadata.json").write_text(json.dumps(metadata))
    return directory


def shown(out: Path, width: int = 10_000) -> str:
    """Return what is printed where there is no terminal, or in so many columns."""
    return rendered(Console(file=io.StringIO(), width=width), *plan_parts(read_plans(out), NOW))


def schema(name: str) -> dict[str, Any]:
    """Return a published schema."""
    text = files("c7n_certrenew").joinpath(f"report/schema/{name}").read_text("utf-8")
    return dict(json.loads(text))


def definitions(name: str) -> dict[str, Any]:
    """Return what a published schema defines."""
    return dict(schema(name)["definitions"])


def valid(shape: dict[str, Any]) -> None:
    """Hold that JSON is what the schema of plans says."""
    jsonschema.validate(shape, schema("plan-v1.json"))


def test_plans_are_found_in_a_tree(tmp_path: Path) -> None:
    """c7n-org's layout or one policy's folder; other outputs beside it do not matter."""
    where = run(tmp_path / "acme/us-east-1/renew", plan("b", 9), plan("a", 3))
    run(tmp_path / "acme/us-east-1/audit", filters=[{"type": "listener"}])
    for out in (tmp_path, where):
        [planned] = read_plans(out)
        assert (planned.policy, planned.account_id) == ("renew", "123456789012")
        assert [one["ServerCertificateName"] for one in planned.plans] == ["a", "b"]


def test_every_binding_and_every_reason_is_shown(tmp_path: Path) -> None:
    """From what to what on each listener, what is refused and why, what was not looked at."""
    unread = [{"Service": "elb", "Region": "*", "Reason": "denied"}]
    other = {"Code": "b", "Message": "second"}
    refused = plan("gone", -1, Refusals=[REASON, other], Bindings=[BINDING], Unread=unread)
    run(tmp_path / "renew", plan(**READY), refused)
    text = shown(tmp_path)
    assert "renew in account 123456789012, planned 2026-01-31 00:00 UTC" in text
    assert "shop: ready" in text
    assert "expires      2026-02-09 (9 days left)" in text
    assert "eu-west-1 CLB front:443 (default)  shop    shop-20260401-0a1b2c3d\n" in text
    assert "valid until 2026-04-01, to be uploaded" in text
    assert "expires        2026-01-30 (1 day ago)" in text
    assert r"certs/[red]|<script>``@team\x1b[2J: no such file" in text
    assert "second" in text
    assert "not looked at  elb in every region: denied" in text
    assert text.endswith("2 certificates: 1 refused, 1 ready; 1 binding would change.\n")


def test_markdown_shows_names_as_text(tmp_path: Path) -> None:
    """Whatever a certificate, a file or AWS says is code to a reader of Markdown, and whole."""
    unread = [{"Service": "elb", "Region": "*", "Reason": HOSTILE}]
    where = {**READY["Bindings"][0], "LoadBalancerName": HOSTILE, "Wave": 1}  # type: ignore[index]
    quota = {"Used": 19, "Limit": 20, "Uploads": 1, "Short": 1, "PruneFirst": [HOSTILE]}
    name = {"Region": "eu-west-1", "Name": f"/{HOSTILE}"}
    more = {"Bindings": [where, HELD], "Publishes": [name], "NewName": HOSTILE, "Quota": quota}
    ready = plan(**{**READY, **more}, Refusals=[REASON], Unread=unread)
    run(tmp_path / "renew", ready, plan(HOSTILE))
    tokens = MarkdownIt().enable("table").parse(plan_markdown(read_plans(tmp_path), NOW))
    cells = [len([t for t in tokens if t.type == kind]) for kind in ("th_open", "td_open")]
    assert cells == [5 + 5, 2 * 5 + 2 * 5]
    inline = [token for block in tokens for token in block.children or ()]
    assert {token.type for token in inline} == {"text", "code_inline"}
    shown = [token.content for token in inline if token.type == "code_inline"]
    escaped = HOSTILE.replace("\x1b", r"\x1b")
    assert {escaped, f"CN={escaped}", f"certs/{escaped}: no such file"} <= set(shown)
    assert {f"eu-west-1 CLB {escaped}:443 (default)", f"/{escaped} in eu-west-1"} <= set(shown)
    said = {character for token in inline if token.type == "text" for character in token.content}
    assert not said & set("<@[|`")


def test_nothing_due_is_no_error(tmp_path: Path) -> None:
    """A dry run of a policy that makes plans, and matched nothing, says so."""
    run(tmp_path / "renew", filters=[{"or": [{"type": "replacement"}]}])
    assert "Nothing is due" in shown(tmp_path)


def test_a_run_that_was_no_dry_run_says_so(tmp_path: Path) -> None:
    """Its plan was carried out, even if the run failed over it."""
    done = run(
        tmp_path / "renew", plan(), dryrun=False, metrics=("ResourceCount", "PolicyException")
    )
    assert "and carried out: its certrenew.json says how it went" in shown(done)


def failed(out: Path) -> None:
    """Yesterday's plan under today's failure."""
    run(out / "renew", plan(), metrics=("PolicyException",))


def without_plans(out: Path) -> None:
    """A policy that makes none."""
    run(out / "audit", filters=[{"type": "listener"}])


def truncated(out: Path) -> None:
    """A file that was cut off."""
    (run(out / "renew", plan()) / "resources.json").write_text('[{"Arn":')


def lost(out: Path) -> None:
    """A run whose resources are not there."""
    (run(out / "renew", plan()) / "resources.json").unlink()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (failed, "the run failed, so there is no plan of it"),
        (without_plans, "no policy in it has a replacement filter"),
        (truncated, "resources.json is not whole"),
        (lost, "resources.json cannot be read"),
        (lambda out: None, "holds no output of custodian"),
        (lambda out: out.rmdir(), "is not a directory"),
    ],
)
def test_no_plan_is_one_clear_line(tmp_path: Path, make: Any, said: str) -> None:
    """Above all a plan of an earlier run is never shown as today's."""
    out = tmp_path / "out"
    out.mkdir()
    make(out)
    with pytest.raises(OutputError) as error:
        read_plans(out)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_one_failed_run_of_many_hides_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plans of the others are shown, the failed run is named, and the code is 1."""
    run(tmp_path / "a/renew", plan(**READY))
    run(tmp_path / "b/renew", plan("stale"), metrics=("PolicyException",))
    run(tmp_path / "b/audit", filters=["listener"], metrics=("PolicyException",))
    for option in ("--json", "--markdown"):
        assert main(["plan", str(tmp_path), option]) == 1
        assert "b/renew: the run failed" in capsys.readouterr().out
    assert main(["plan", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "shop: ready" in shown.out
    assert "stale" not in shown.out
    assert shown.err.startswith(f"Error: {tmp_path}/b/renew: the run failed")
    assert shown.err.count("\n") == 1


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 if all is ready, 2 if one is refused, 3 if only something was not looked at."""
    unread = [{"Service": "elb", "Region": "*", "Reason": "denied"}]
    run(tmp_path / "0/renew", plan(**READY))
    run(tmp_path / "3/renew", plan(**READY, Unread=unread))
    run(tmp_path / "2/renew", plan(**READY, Unread=unread), plan())
    assert [main(["plan", str(tmp_path / code)]) for code in "032"] == [0, 3, 2]
    capsys.readouterr()
    assert main(["plan", str(tmp_path), "--json"]) == 2
    valid(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize(
    ("verdict", "days", "bindings", "attention"),
    [
        ("refused", 9, [], True),
        ("waiting", 9, [BINDING], False),
        ("waiting", 0, [BINDING], True),
        ("waiting", -1, [], False),
        ("unused", -1, [], False),
        ("ready", -1, [BINDING], False),
        ("ready", 9, [BINDING, HELD], True),
        ("ready", 9, [REVERTED], True),
        ("waiting", 9, [HELD], False),
    ],
)
def test_attention(verdict: str, days: float, bindings: list[Any], attention: bool) -> None:
    """It is asked for where the run would end non-zero."""
    one = plan(Verdict=verdict, days=days, Bindings=bindings)
    assert needs_attention(one, NOW) is attention


def test_attention_to_what_cannot_be_known_or_published() -> None:
    """What waits may be served where nobody could look; who reads its ARN would not know."""
    assert needs_attention(plan(Verdict="waiting", days=-1, Bindings=[], Unread=[{}]), NOW)
    notes = [{"Code": "not-published", "Message": "no name"}]
    assert needs_attention(plan(Verdict="ready", days=9, Bindings=[], Notes=notes), NOW)


@pytest.mark.parametrize(("days", "attention"), [(9, True), (9.1, False)])
def test_attention_to_what_waits(days: float, attention: bool) -> None:
    """It is asked for when as few days are left as the policy says."""
    one = plan(Verdict="waiting", days=days, Bindings=[BINDING], AlarmDays=9)
    assert needs_attention(one, NOW) is attention


def test_what_is_held_back_and_what_went_back_is_shown(tmp_path: Path) -> None:
    """AWS row 13: with what to do, on a terminal and in Markdown; only the rest would change."""
    bindings = [*READY["Bindings"], HELD, {**REVERTED, "Port": 8443}]  # type: ignore[misc]
    run(tmp_path / "renew", plan(**{**READY, "Bindings": bindings}))
    text = shown(tmp_path)
    assert "held back    eu-west-1 CLB front:443 (default): tell the owner" in text
    assert "reverted     eu-west-1 CLB front:8443 (default): it went back" in text
    assert "eu-west-1 CLB front:8443 (default)                   shop    shop-2027" in text
    assert "eu-west-1 CLB front:443 (default), managed by tag a" in text
    assert text.endswith("1 certificate: 1 ready; 2 bindings would change, 1 held back.\n")
    markdown = plan_markdown(read_plans(tmp_path), NOW)
    assert "- held back: `eu-west-1 CLB front:443 (default): tell the owner`" in markdown
    table = rendered(
        Console(file=io.StringIO(), width=200), plan_table(read_plans(tmp_path)[0].plans)
    )
    assert "ready; 1 held back; 1 reverted" in table


def test_a_plan_of_regions_is_shown(tmp_path: Path) -> None:
    """What each gets and how, where it is published, in which order, and what must be pruned."""
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
    target = {key: READY[key] for key in ("Candidate", "NewName")}
    here = {**target, "Store": "acm", "Region": "eu-west-1", "Upload": True, "Renews": arn}
    there = {**target, "Store": "acm", "Region": "us-east-1", "Upload": False}
    served = {**BINDING, "From": f"{ARN}shop", "To": arn, "Wave": 2}
    missing = {**BINDING, "Region": "eu-north-1", "Held": "missing", "Reason": "nothing there"}
    regions = [{"Region": region, "Name": "/certs/shop"} for region in ("eu-west-1", "us-east-1")]
    one = plan(
        Verdict="ready",
        Targets=[here, there],
        Bindings=[missing, served],
        Publishes=regions,
        Quota={"Used": 20, "Limit": 20, "Uploads": 0, "Short": 2, "PruneFirst": ["left"]},
    )
    run(tmp_path / "renew", one)
    text = shown(tmp_path)
    assert f"eu-west-1: shop-20260401-0a1b2c3d, valid until 2026-04-01, imported into {arn}" in text
    assert "us-east-1: shop-20260401-0a1b2c3d, valid until 2026-04-01, already in ACM" in text
    assert "published    /certs/shop in eu-west-1, us-east-1" in text
    assert "eu-north-1 CLB front:443 (default): nothing there" in text
    assert "  2     eu-west-1 CLB front:443 (default)   shop    1" in text
    assert "20 of 20 server certificates, 0 to be uploaded, 2 must be freed for the rest" in text
    assert "prune first  left\n" in text
    assert "listeners  wave 2: eu-west-1 CLB front:443 (default):" in shown(tmp_path, 60)
    [policy] = plan_shape(read_plans(tmp_path))["Policies"]
    assert (policy["Quota"]["Short"], "Quota" in policy["Plans"][0]) == (2, False)
    valid(plan_shape(read_plans(tmp_path)))


def test_several_certificates_are_listed_first(tmp_path: Path) -> None:
    """Where that fits, one line each; on a narrow terminal the blocks say it all."""
    run(tmp_path / "renew", plan(**READY), plan("a-certificate-with-quite-a-long-name", -1))
    assert "shop                                  ready    2026-02-09 (9 days left)" in shown(
        tmp_path
    )
    assert "Listeners" not in shown(tmp_path, 80)


def test_a_plan_is_in_its_schema_what_it_is_in_a_record() -> None:
    """Both schemas describe the same plan; a dry run adds whether there is a candidate."""
    plans, record = (definitions(name) for name in ("plan-v1.json", "certrenew-v1.json"))
    added = {key: plans["plan"]["properties"].pop(key) for key in ("Available", "AlarmDays")}
    plans["plan"]["required"].remove("Available")
    assert added
    assert plans == {key: record[key] for key in record if key != "outcome"}
