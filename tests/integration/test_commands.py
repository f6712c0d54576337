"""`certrenew audit`, `status` and `plan` as a user runs them, in accounts of every kind."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from c7n.utils import reset_session_cache
from forked import commands
from integration.conftest import REGIONS, Engine, renewing, writes

from c7n_certrenew import pack
from c7n_certrenew.aws.inventory import forget_everything
from c7n_certrenew.cli import main
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

pytestmark = pytest.mark.xdist_group("commands")

SHIPPED = Path(__file__).parents[2] / "policies"
RENEW = "renew/iam-certificate-expiring-renew.yml"
HOSTILE = "[red]|<script>`@team\u202e"


def validated(kind: str, text: str) -> dict[str, Any]:
    """Return JSON that keeps to its published shape."""
    shape = json.loads(text)
    schema = files("c7n_certrenew").joinpath(f"report/schema/{kind}-v1.json")
    jsonschema.validate(shape, json.loads(schema.read_text("utf-8")), jsonschema.Draft7Validator)
    return dict(shape)


@dataclass(frozen=True)
class Shown:
    """What a command did: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def fill(sandbox: Sandbox, authority: Authority, directory: Path) -> None:
    """Make an account with one certificate of each kind, and one renewed file."""

    def upload(name: str, days: int, **tags: str) -> str:
        issued = authority.issue(f"{name}.example.com", days=days, age=60, key="p256")
        return sandbox.upload(name, issued, tags=tags)

    shop, blog = upload("shop", 12), upload("blog", 200)
    upload("gone", -3)
    upload("a=b,c@d+e", 9, **{"certrenew:lineage": HOSTILE, "certrenew:replaced-by": HOSTILE})
    sandbox.classic("eu-west-1", "legacy", Listener(443, "HTTPS", shop))
    sandbox.application("us-east-1", "front", Listener(443, "HTTPS", blog, sni=(shop,)))
    renewed = authority.issue("shop.example.com", days=80, key="p256")
    renewed.write(directory / "certs" / "shop")


@pytest.fixture(scope="module")
def ran(
    sandboxes: Any, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Shown]:
    """Run real commands in one account, all of them before another test has the sandbox."""
    directory = tmp_path_factory.mktemp("commands")
    sandbox: Sandbox = sandboxes.open(regions=REGIONS, server=True)
    fill(sandbox, authority, directory)
    kept = {k: os.environ[k] for k in ("PYTHONPATH",) if k in os.environ}
    path = f"{commands()}:{os.environ['PATH']}"
    environ = {**kept, "HOME": str(directory), "PATH": path, **sandbox.environ}
    lines = {
        "audit": "certrenew audit -s out",
        "status": "certrenew status SHOP",
        "dryrun": f"custodian run --dryrun -s out {SHIPPED / RENEW}",
        "plan": "certrenew plan out",
        "head": "certrenew policies --json | head -1",
        "gone": "set -o pipefail; certrenew plan --json out | true",
    }

    def run(line: str) -> Shown:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=directory,
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Shown(done.returncode, done.stdout, done.stderr)

    shown = {name: run(line) for name, line in lines.items()}
    assert writes(sandbox) == []
    return shown


def test_audit_shows_everything_as_plain_text(ran: dict[str, Shown]) -> None:
    """Every certificate, its days and who serves it, the most urgent first; findings are 2."""
    shown = ran["audit"]
    assert (shown.code, shown.err) == (2, "")
    rows = shown.out.splitlines()
    assert [row.split()[0] for row in rows if row[:1].isalpha()][2:] == [
        *("gone", "a=b,c@d+e", "shop", "blog", "Findings", "Severity"),
        *("medium", "medium", "medium", "low", "Not", "Next:"),
    ]
    assert "medium    CERTRENEW-013  Every server certificate in IAM is renewed" in shown.out
    assert "shop         20" in shown.out
    assert "  11  expiring, in use  eu-west-1 CLB legacy:443 (default)" in shown.out
    assert "us-east-1 ALB front:443 (SNI)" in shown.out
    assert "expired, unused   nobody" in shown.out
    assert rows[-1] == (
        "4 server certificates: 1 healthy, 2 expiring within 30 days, 1 expired; "
        "of the 3 due 1 in use, 2 unused."
    )
    assert [row for row in rows if row != row.rstrip() or "\x1b" in row] == []


def test_a_reader_that_leaves_early_is_no_error(ran: dict[str, Shown]) -> None:
    """Nothing is said, no traceback, and the exit code is that of the command."""
    assert ran["head"] == Shown(0, "[\n", "")
    assert ran["gone"] == Shown(0, "", "")


def test_status_of_a_process(ran: dict[str, Shown]) -> None:
    """A name is found in any case, as in IAM; the next command is one line to copy."""
    shown = ran["status"]
    assert (shown.code, shown.err) == (2, "")
    assert "shop: expiring\n" in shown.out
    assert shown.out.endswith(
        f"  custodian run --dryrun -s plan {pack.directory() / RENEW} && certrenew plan plan\n"
    )


def test_plan_of_a_real_dry_run(ran: dict[str, Shown]) -> None:
    """It is found among other outputs, and shows every binding from what to what."""
    shown = ran["plan"]
    assert (shown.code, shown.err) == (0, "")
    assert "shop: ready\n" in shown.out
    assert re.search(r"eu-west-1 CLB legacy:443 \(default\) +shop +shop-20", shown.out)
    assert "quota  4 of 20 server certificates, 1 to be uploaded\n" in shown.out
    assert shown.out.endswith("1 certificate: 1 ready; 2 bindings would change.\n")


Certrenew = Callable[..., Shown]


@pytest.fixture
def certrenew(
    near: Sandbox,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Certrenew:
    """Run a command in this process, as if it had just started."""

    def run(*arguments: str) -> Shown:
        for name, value in near.environ.items():
            monkeypatch.setenv(name, value)
        reset_session_cache()
        forget_everything()
        capsys.readouterr()
        code = main(arguments)
        return Shown(code, *capsys.readouterr())

    return run


@pytest.fixture
def healthy(near: Sandbox, authority: Authority) -> str:
    """Put a certificate there that is served and valid for long."""
    arn = near.upload("blog", authority.issue("blog.example.com", days=200, key="p256"))
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", arn))
    return arn


@pytest.mark.parametrize("command", [("audit",), ("status", "blog")])
def test_clean_is_0(certrenew: Certrenew, healthy: str, command: tuple[str, ...]) -> None:
    """Everything was looked at and nothing is due."""
    shown = certrenew(*command)
    assert (shown.code, shown.err) == (0, "")
    assert "healthy" in shown.out
    assert "Not looked at" not in shown.out


def test_no_certificate_at_all_is_clean(certrenew: Certrenew) -> None:
    """An account without server certificates says so."""
    shown = certrenew("audit")
    assert (shown.code, shown.out.splitlines()[-1]) == (0, "No server certificate is in IAM.")


def test_severe_findings_are_2(near: Sandbox, certrenew: Certrenew, healthy: str) -> None:
    """From high, or from what is said; what could not be looked at is none, and named."""
    shown = certrenew("audit", "--json", "--fail-on", "medium")
    rules = {one["Policy"]: one for one in validated("audit", shown.out)["Rules"]}
    chain, unused = rules["iam-certificate-chain-incomplete"], rules["iam-certificate-unused"]
    assert (shown.code, chain["Found"], chain["Severity"]) == (2, ["blog"], "medium")
    assert (unused["Found"], unused["Unknown"]) == ([], [])
    read = [call for call in near.journal if call.operation == "GetServerCertificate"]
    assert len(read) == 1
    assert certrenew("audit").code == 0
    near.deny("iam", "GetServerCertificate")
    shown = certrenew("audit", "--json")
    rules = {one["Policy"]: one for one in validated("audit", shown.out)["Rules"]}
    chain = rules["iam-certificate-chain-incomplete"]
    assert (shown.code, chain["Found"], chain["Unknown"]) == (3, [], ["blog"])
    assert "blog (not looked at)" in certrenew("audit").out


@pytest.mark.parametrize("command", [("audit",), ("status", "blog")])
def test_what_was_not_looked_at_is_3(
    near: Sandbox, certrenew: Certrenew, healthy: str, command: tuple[str, ...]
) -> None:
    """Nothing is due as far as could be seen: that is not clean, and the scope is named."""
    near.deny("elb", "DescribeLoadBalancers", "eu-west-1")
    shown = certrenew(*command)
    assert shown.code == 3
    assert "elb in eu-west-1: DescribeLoadBalancers answered AccessDenied" in shown.out
    assert "nobody, as far as could be seen" in shown.out


def test_listeners_whose_certificate_is_gone_are_findings(
    near: Sandbox, certrenew: Certrenew, healthy: str, old: Issued
) -> None:
    """AWS row 10: in every region, also where no certificate is left that could be judged."""
    former = near.upload("former", old)
    near.classic("eu-west-1", "alarmed", Listener(443, "HTTPS", former))
    near.discard("former")
    near.classic("eu-central-1", "renamed", Listener(8443, "SSL", former))
    shown = certrenew("audit", "--json")
    gone = validated("audit", shown.out)["Gone"]
    assert shown.code == 2
    assert [(one["LoadBalancerName"], one["Status"], one["Certificate"]) for one in gone] == [
        ("renamed", "missing", former),
        ("alarmed", "invalid", "Invalid-Certificate"),
    ]
    near.discard("blog")
    shown = certrenew("audit")
    assert (shown.code, shown.err) == (2, "")
    assert "  eu-west-1 CLB alarmed:443 (invalid): Invalid-Certificate" in shown.out
    assert f"  eu-central-1 CLB renamed:8443 (missing): {former}" in shown.out


def test_findings_win_over_what_was_not_looked_at(
    near: Sandbox, certrenew: Certrenew, healthy: str, old: Issued
) -> None:
    """With both the code is 2, both are named, and nothing unseen is called unused."""
    near.upload("shop", old)
    near.deny("elbv2", "DescribeLoadBalancers")
    shown = certrenew("audit", "--json")
    found = validated("audit", shown.out)
    assert shown.code == 2
    [shop] = [c for c in found["Certificates"] if c["ServerCertificateName"] == "shop"]
    assert (shop["State"], shop["InUse"]) == ("expiring", "unknown")
    assert {scope["Region"] for scope in found["Unread"]} == set(REGIONS)
    assert found["Totals"] == {
        "Certificates": 2,
        "Healthy": 1,
        "Expiring": 1,
        "Expired": 0,
        "DueInUse": 0,
        "DueUnused": 0,
        "DueUnknown": 1,
        "Unread": 3,
    }


@pytest.mark.parametrize("command", [("audit",), ("status", "blog")])
def test_certificates_that_may_not_be_listed_are_1(
    near: Sandbox, certrenew: Certrenew, healthy: str, command: tuple[str, ...]
) -> None:
    """One line says what was denied and how to get the permission; nothing is called clean."""
    near.deny("iam", "ListServerCertificates")
    shown = certrenew(*command)
    assert (shown.code, shown.out) == (1, "")
    assert shown.err.startswith("Error: ListServerCertificates answered AccessDenied")
    assert shown.err.endswith("; certrenew permissions prints what is needed\n")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AWS_DEFAULT_REGION": ""}, "no region is set"),
        ({"AWS_PROFILE": "nobody"}, "ProfileNotFound"),
    ],
)
def test_an_account_that_cannot_be_reached_is_one_line(
    certrenew: Certrenew,
    monkeypatch: pytest.MonkeyPatch,
    near: Sandbox,
    variables: dict[str, str],
    said: str,
) -> None:
    """What is missing is said, without a traceback."""
    environ = {**near.environ, **variables}
    monkeypatch.setattr(type(near), "environ", environ)
    shown = certrenew("audit")
    assert (shown.code, shown.out) == (1, "")
    assert said in shown.err
    assert shown.err.count("\n") == 1


def test_expired_credentials_are_one_line(near: Sandbox, certrenew: Certrenew) -> None:
    """AWS's own words, before anything was looked at."""
    near.fail("sts", "GetCallerIdentity", "ExpiredToken", "The token has expired", times=9)
    shown = certrenew("audit")
    assert (shown.code, shown.out) == (1, "")
    assert shown.err == "Error: GetCallerIdentity answered ExpiredToken: The token has expired\n"


def test_a_kept_output_is_custodians(certrenew: Certrenew, healthy: str, tmp_path: Path) -> None:
    """`-s` keeps a folder for each policy; a place that is no directory is one line."""
    assert certrenew("audit", "-s", "kept").code == 0
    inventory = tmp_path / "kept/iam-certificate-inventory"
    assert (inventory / "metadata.json").is_file()
    (tmp_path / "file").touch()
    for place in ("file", "/proc/nowhere", "s3://bucket/prefix", "out/{now}"):
        shown = certrenew("audit", "-s", place)
        assert (shown.code, shown.out, shown.err.count("\n")) == (1, "", 1)


def test_status_follows_a_renewal(
    near: Sandbox, certrenew: Certrenew, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """Before: plan. After: the new one is served, the old one is replaced, nothing is to do."""
    arn = near.upload("web", old)
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", arn))
    new.write(certs)
    before = validated("status", certrenew("status", "web", "--json").out)
    assert (before["Next"]["Action"], before["LastOutcome"]) == ("plan", None)
    assert engine(renewing(verify="api")).returncode == 0
    shown = certrenew("status", "web", "-s", "out", "--json")
    after = validated("status", shown.out)
    renewed, replaced = after["Certificates"]
    assert (shown.code, after["Next"]["Action"]) == (0, "nothing")
    assert [b["LoadBalancerName"] for b in renewed["Listeners"]] == ["legacy"]
    assert replaced["Listeners"] == []
    assert replaced["Tags"]["certrenew:replaced-by"] == renewed["ServerCertificateName"]
    assert after["LastOutcome"]["State"] == "RENEWED"
    text = certrenew("status", "web", "-s", "out").out
    assert f"Last outcome: RENEWED as {renewed['ServerCertificateName']}, run of 20" in text
    assert "nobody serves web: prune later" in text


def test_status_of_a_renewal_that_stopped_half_way(
    near: Sandbox, certrenew: Certrenew, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """One listener has the new certificate, one could not be changed: complete it."""
    arn = near.upload("web", old)
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", arn))
    near.application("us-east-1", "front", Listener(443, "HTTPS", arn))
    new.write(certs)
    near.deny("elbv2", "ModifyListener")
    assert engine(renewing(verify="api")).returncode == 2
    shown = certrenew("status", "web", "-s", "out")
    assert shown.code == 2
    assert "Last outcome: INCOMPLETE" in shown.out
    assert re.search(r"  FAILED +us-east-1 ALB front:443 ModifyListener answered A", shown.out)
    assert "complete the renewal\n  custodian run -s renew " in shown.out


def test_what_a_renewal_leaves_is_to_be_changed_elsewhere(
    near: Sandbox, certrenew: Certrenew, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS rows 13 and 20: each owner is named, and where its settings are to name the new one."""
    arn = near.upload("web", old)
    stack = {"aws:cloudformation:stack-name": "shop-prod"}
    near.application("us-east-1", "front", Listener(443, "HTTPS", arn), tags=stack)
    near.domain("eu-west-1", "api.example.com", arn)
    new.write(certs)
    assert engine(renewing(verify="api")).returncode == 2
    shown = certrenew("status", "web", "--json")
    step = validated("status", shown.out)["Next"]
    assert (shown.code, step["Action"], step["Command"]) == (2, "change", "")
    assert "AppSync cannot change the certificate" in step["Details"][0]
    assert "us-east-1 ALB front:443 (default): CloudFormation stack" in step["Details"][1]
    text = certrenew("status", "web", "-s", "out").out
    assert "(default), managed by CloudFormation stack shop-prod\n" in text
    assert re.search(
        r"  MANAGED +us-east-1 ALB front:443 CloudFormation stack shop-prod puts", text
    )
    audit = validated("audit", certrenew("audit", "--json").out)
    [due] = [c for c in audit["Certificates"] if c["State"] == "expiring"]
    assert [b.get("ManagedBy") for b in due["Listeners"]] == [
        None,
        "CloudFormation stack shop-prod",
    ]


def test_what_went_back_is_seen(
    near: Sandbox, certrenew: Certrenew, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: the audit, the status and the plan say it, before the next run changes it."""
    arn = near.upload("web", old)
    front = near.classic("eu-west-1", "front", Listener(443, "HTTPS", arn))
    new.write(certs)
    assert engine(renewing(verify="api")).returncode == 0
    elb = near.client("elb", front.region)
    where = {"LoadBalancerName": "front", "LoadBalancerPort": 443}
    elb.set_load_balancer_listener_ssl_certificate(**where, SSLCertificateId=arn)
    shown = certrenew("audit", "--json")
    [due] = [c for c in validated("audit", shown.out)["Certificates"] if c["State"] == "expiring"]
    assert (shown.code, due["ReplacedBy"][:6]) == (2, "web-20")
    assert "expiring, reverted  eu-west-1 CLB front:443" in certrenew("audit").out
    status = validated("status", certrenew("status", "web", "--json").out)
    assert status["Certificates"][1]["Reverted"] is True
    assert "find what puts it back" in status["Next"]["Reason"]
    policy = renewing(verify="api")
    engine({**policy, "filters": [*policy["filters"], {"type": "replacement"}]}, arguments=["-d"])
    shown = certrenew("plan", "out")
    assert shown.code == 2
    assert "reverted     eu-west-1 CLB front:443 (default): the old certificate was" in shown.out


def test_what_went_back_is_a_finding_before_it_is_due(
    near: Sandbox, certrenew: Certrenew, healthy: str, authority: Authority
) -> None:
    """AWS row 13: nothing is called clean that somebody puts back."""
    near.upload("blog-20280101-0a1b2c3d", authority.issue("blog.example.com", days=300, key="p256"))
    iam, name = near.client("iam"), "certrenew:replaced-by"
    tags = [{"Key": name, "Value": "blog-20280101-0a1b2c3d"}]
    iam.tag_server_certificate(ServerCertificateName="blog", Tags=tags)
    shown = certrenew("status", "blog")
    assert (shown.code, shown.err) == (2, "")
    assert "replaced by blog-20280101-0a1b2c3d, and is served again" in shown.out


def test_what_may_not_be_read_hides_no_finding(
    near: Sandbox, certrenew: Certrenew, old: Issued
) -> None:
    """Without tags the owners are not known; what is due is due all the same."""
    near.classic("eu-west-1", "front", Listener(443, "HTTPS", near.upload("web", old)))
    near.deny("elb", "DescribeTags")
    assert certrenew("status", "web").code == 2
    near.deny("iam", "GetServerCertificate")
    shown = certrenew("audit")
    assert (shown.code, shown.err) == (2, "")
    assert "expiring, in use" in shown.out


def test_an_unknown_name_is_1(certrenew: Certrenew, healthy: str) -> None:
    """One line names what is near; what was typed is shown as text."""
    shown = certrenew("status", "blgo")
    expected = "Error: no certificate or lineage blgo: did you mean blog?\n"
    assert shown == Shown(1, "", expected)
    assert "\x1b" not in certrenew("status", "\x1b[2J").err


def test_tags_that_may_not_be_read_are_3(near: Sandbox, certrenew: Certrenew, healthy: str) -> None:
    """The lineage is then known by the name alone, and that is said."""
    near.deny("iam", "GetServerCertificate")
    shown = certrenew("status", "blog")
    assert shown.code == 3
    assert "iam in every region: GetServerCertificate answered AccessDenied" in shown.out


def test_hostile_text_is_shown_and_does_nothing(
    near: Sandbox, certrenew: Certrenew, authority: Authority
) -> None:
    """Brackets of a tag are no markup, and nothing in it turns the direction of reading."""
    tags = {"certrenew:lineage": HOSTILE, "certrenew:replaced-by": HOSTILE}
    issued = authority.issue("a.example.com", days=9, key="p256")
    near.upload("a=b,c@d+e", issued, tags=tags)
    shown = certrenew("status", "a=b,c@d+e")
    escaped = HOSTILE.replace("\u202e", r"\u202e")
    assert f"Lineage {escaped} in account" in shown.out
    assert f"replaced by {escaped}" in shown.out
    assert "\u202e" not in shown.out + certrenew("status", HOSTILE, "--json").out


def test_a_role_is_assumed(near: Sandbox, certrenew: Certrenew, healthy: str) -> None:
    """All that is asked is asked by the role, with its external id; a refusal is one line."""
    role = near.role("audit", external_id="shared")
    only = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    near.restrict({"Version": "2012-10-17", "Statement": [only]})
    assumed = ("--assume", role, "--external-id")
    assert certrenew("audit", *assumed, "shared").code == 0
    assert certrenew("status", "blog", *assumed, "shared").code == 0
    shown = certrenew("audit", *assumed, "other")
    assert (shown.code, shown.out, shown.err.count("\n")) == (1, "", 1)
    assert shown.err.startswith("Error: AssumeRole answered AccessDenied")
