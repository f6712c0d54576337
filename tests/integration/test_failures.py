"""What is left, and what the next run does, when something fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from forked import commands
from integration.conftest import (
    NAMES,
    Engine,
    Ran,
    let_server_end,
    renewing,
    served,
    writes,
)

from c7n_certrenew.aws import clients, iam
from c7n_certrenew.core.lineage import generated_name
from c7n_certrenew.sandbox import (
    Authority,
    Fault,
    Issued,
    Kind,
    Listener,
    Propagation,
    Sandbox,
)
from c7n_certrenew.sandbox.clock import Clock

DENIED = "You are not authorized"
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def web(near: Sandbox, old: Issued) -> str:
    """Give the old certificate, served by three load balancers in three regions."""
    return serve(near, old)


def serve(sandbox: Sandbox, old: Issued) -> str:
    """Bind a certificate: `alb` (first in order, the canary is `legacy`), `legacy`, `nlb`."""
    web = sandbox.upload("web", old)
    sandbox.classic("eu-west-1", "legacy", Listener(443, "HTTPS", web))
    sandbox.application("us-east-1", "alb", Listener(443, "HTTPS", web))
    sandbox.network("eu-central-1", "nlb", Listener(443, "TLS", web))
    return web


PLACES = {"legacy": "eu-west-1", "alb": "us-east-1", "nlb": "eu-central-1"}


def bound(sandbox: Sandbox) -> dict[str, str | None]:
    """Return the default certificate of each load balancer, by its name in IAM."""
    names = {arn: name for name, arn in sandbox.certificates().items()}
    held = {lb: sandbox.bound(lb, region, 443)[0] for lb, region in PLACES.items()}
    return {lb: names.get(arn or "", arn) for lb, arn in held.items()}


def name_of(new: Issued) -> str:
    """Return the name under which the renewed certificate is uploaded."""
    return generated_name("web", new.not_after, new.fingerprint)


def completes(engine: Engine, sandbox: Sandbox, new: Issued) -> Ran:
    """Run once more and hold that everything is renewed, with one upload in all."""
    again = engine(renewing(), out="again")
    assert (again.returncode, again.outcome["State"]) == (0, "RENEWED"), again.text
    uploads = [c for c in sandbox.journal if c.operation == "UploadServerCertificate"]
    assert len([c for c in uploads if c.error_code is None]) <= 1
    assert set(bound(sandbox).values()) == {name_of(new)}
    assert sorted(sandbox.certificates()) == sorted(["web", name_of(new)])
    assert not [call for call in writes(sandbox) if call.startswith("Delete")]
    return again


def test_one_region_that_denies_does_not_stop_the_others(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """The denied binding FAILED, the others VERIFIED; the next run completes it."""
    near.deny("elbv2", "ModifyListener", region="us-east-1")
    new.write(certs)
    ran = engine(renewing())
    assert ran.states == {
        "alb:443 default": "FAILED",
        "legacy:443 default": "VERIFIED",
        "nlb:443 default": "VERIFIED",
    }
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert ran.reason("alb").startswith("ModifyListener answered AccessDenied: You are not")
    assert "Traceback" not in ran.text
    assert bound(near) == {"alb": "web", "legacy": name_of(new), "nlb": name_of(new)}
    tags = near.client("iam").list_server_certificate_tags(ServerCertificateName="web")["Tags"]
    assert tags == []
    near.clear_faults()
    again = completes(engine, near, new)
    assert list(again.states) == ["alb:443 default"]


def right_before_the_change(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen after the plan and before the first listener is touched."""
    upload = iam.upload

    def first(*arguments: Any) -> Any:
        happens()
        return upload(*arguments)

    monkeypatch.setattr(iam, "upload", first)


def test_load_balancer_that_is_gone(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A load balancer deleted meanwhile is FAILED, and nothing to the next run."""
    elb = near.client("elb", "eu-west-1")
    delete = {"LoadBalancerName": "legacy"}
    right_before_the_change(monkeypatch, lambda: elb.delete_load_balancer(**delete))
    new.write(certs)
    ran = engine(renewing())
    assert ran.states["legacy:443 default"] == "FAILED"
    assert "LoadBalancerNotFound" in ran.reason("legacy")
    assert {ran.states["alb:443 default"], ran.states["nlb:443 default"]} == {"VERIFIED"}
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert engine(renewing(), out="again").returncode == 0


def test_canary_that_is_gone_before_its_change(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """Deleted between its last read and its change: the next listener is the canary."""

    def delete(sandbox: Sandbox) -> None:
        elb = sandbox.client("elb", "eu-west-1")
        elb.delete_load_balancer(LoadBalancerName="legacy")

    near.before("elb", "SetLoadBalancerListenerSSLCertificate", delete)
    new.write(certs)
    ran = engine(renewing())
    assert ran.states["legacy:443 default"] == "FAILED"
    assert {ran.states["alb:443 default"], ran.states["nlb:443 default"]} == {"VERIFIED"}


def test_listener_that_somebody_else_changed(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    authority: Authority,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What no longer has the old certificate is SKIPPED and left alone."""
    other = near.upload("other", authority.issue(*NAMES, days=200, key="p256"))
    elb = near.client("elb", "eu-west-1")
    change = {"LoadBalancerName": "legacy", "LoadBalancerPort": 443, "SSLCertificateId": other}
    right_before_the_change(
        monkeypatch, lambda: elb.set_load_balancer_listener_ssl_certificate(**change)
    )
    new.write(certs)
    ran = engine(renewing())
    assert ran.states["legacy:443 default"] == "SKIPPED"
    assert ran.reason("legacy") == "somebody else has changed it since"
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED")
    assert bound(near)["legacy"] == "other"


def test_region_that_never_knows_the_certificate(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, clock: Clock
) -> None:
    """CertificateNotFound beyond the timeout is FAILED; the next run uploads nothing again."""
    near.propagation = Propagation(seconds=900)
    new.write(certs)
    ran = engine(renewing(propagation_timeout=60))
    assert set(ran.states.values()) == {"FAILED"}
    assert "CertificateNotFound" in ran.reason("legacy")
    assert (ran.returncode, ran.outcome["Uploaded"]) == (2, True)
    assert set(bound(near).values()) == {"web"}
    clock.advance(900)
    again = completes(engine, near, new)
    assert "Uploaded" not in again.outcome or again.outcome["Uploaded"] is False


LOST = [
    ("iam", "UploadServerCertificate", None),
    ("elb", "SetLoadBalancerListenerSSLCertificate", None),
    ("elbv2", "ModifyListener", "us-east-1"),
    ("elbv2", "AddListenerCertificates", None),
    ("elbv2", "ModifyListener", "eu-west-1"),
    ("elbv2", "RemoveListenerCertificates", None),
]
"""Which call's answer is lost: the only one to a listener, or one that others follow."""


@pytest.mark.parametrize(("service", "operation", "region"), LOST)
@pytest.mark.parametrize("retried", [True, False], ids=["retried", "not retried"])
def test_answer_that_is_lost_after_the_effect(
    near: Sandbox,
    engine: Engine,
    old: Issued,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
    service: str,
    operation: str,
    region: str | None,
    retried: bool,
) -> None:
    """A change that happened is found by looking again, and what it left undone is done."""
    if not retried:
        monkeypatch.setattr(clients, "_CONFIG", ONE_ATTEMPT)
    web = serve(near, old)
    near.application("eu-west-1", "both", Listener(443, "HTTPS", web, sni=(web,)))
    near.fail(service, operation, "InternalFailure", "lost", region=region, after_effect=True)
    new.write(certs)
    ran = engine(renewing())
    arn = near.certificates()[name_of(new)]
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    assert (ran.outcome["NewArn"], set(ran.states.values())) == (arn, {"VERIFIED"})
    assert near.bound("both", "eu-west-1", 443) == (arn, (arn,))
    assert set(bound(near).values()) == {name_of(new)}
    uploads = [c for c in near.journal if c.operation == "UploadServerCertificate"]
    assert len([c for c in uploads if c.error_code != "EntityAlreadyExists"]) == 1


def shown_bad(near: Sandbox, new: Issued) -> None:
    """Break every handshake that would serve the renewed certificate."""
    near.front_ends.reject(f"arn:aws:iam::{near.account_id}:server-certificate/{name_of(new)}")


def test_certificate_whose_handshakes_fail(
    near: Sandbox, engine: Engine, web: str, old: Issued, new: Issued, certs: Path
) -> None:
    """The canary alone is touched and put back; refused until `retry: true`."""
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "UNDONE")
    assert sorted(ran.states.values()) == ["DEFERRED", "DEFERRED", "UNDONE"]
    assert set(bound(near).values()) == {"web"}
    changed = [call for call in writes(near) if call.startswith(("Set", "Modify", "Add"))]
    assert changed == ["SetLoadBalancerListenerSSLCertificate"] * 2
    iam_client = near.client("iam")
    tags = iam_client.list_server_certificate_tags(ServerCertificateName=name_of(new))["Tags"]
    assert {"Key": "certrenew:rejected", "Value": new.fingerprint} in tags

    near.clear_journal()
    refused = engine(renewing(), out="second")
    assert (refused.returncode, refused.outcome["State"]) == (2, "REFUSED")
    assert (refused.codes, writes(near)) == (["rejected"], [])
    assert "retry: true" in refused.text

    near.front_ends._behaviour.rejected.clear()
    retried = engine(renewing(retry=True), out="third")
    assert (retried.returncode, retried.outcome["State"]) == (0, "RENEWED")
    assert "UploadServerCertificate" not in writes(near)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("elb", "DescribeLoadBalancers", Kind.DENIED, region="eu-west-1", skip=3),
        Fault("elb", "DescribeLoadBalancers", Kind.GARBLED, region="eu-west-1", skip=3),
    ],
    ids=str,
)
def test_change_that_cannot_be_read_back_and_is_bad(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, fault: Fault
) -> None:
    """Clients are looked at all the same: a listener that is broken is put back."""
    shown_bad(near, new)
    near.inject(fault)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.states["legacy:443 default"]) == (2, "UNDONE")
    assert set(bound(near).values()) == {"web"}


def test_each_call_is_on_record_whatever_came_of_it(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """AWS's request ids of a change that could not be read back, and of one that was put back."""
    second_look = Fault("elb", "DescribeLoadBalancers", Kind.DENIED, region="eu-west-1", skip=3)
    near.inject(second_look)
    new.write(certs)
    unknown = engine(renewing(), out="unknown").outcome["Bindings"]
    [legacy] = (bound for bound in unknown if bound["LoadBalancerName"] == "legacy")
    assert (legacy["State"], len(legacy["RequestIds"])) == ("UNKNOWN", 1)
    shown_bad(near, new)
    undone = engine(renewing(), out="undone").outcome["Bindings"]
    [alb] = (bound for bound in undone if bound["LoadBalancerName"] == "alb")
    assert (alb["State"], len(set(alb["RequestIds"]))) == ("UNDONE", 2)


def test_default_and_sni_are_put_back(
    near: Sandbox, engine: Engine, authority: Authority, old: Issued, new: Issued, certs: Path
) -> None:
    """A listener that serves it in both roles is as before, its other certificates as well."""
    other = near.upload("other", authority.issue("other.example.com", days=200, key="p256"))
    web = near.upload("web", old)
    near.application("us-east-1", "both", Listener(443, "HTTPS", web, sni=(other, web)))
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, set(ran.states.values())) == (2, {"UNDONE"})
    default, sni = near.bound("both", "us-east-1", 443)
    assert (default, set(sni)) == (web, {web, other})


def test_certificate_that_the_first_consumer_rejects(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """A rejection before any listener took it shows the certificate bad: no other is touched."""
    operation = "SetLoadBalancerListenerSSLCertificate"
    near.fail("elb", operation, "InvalidConfigurationRequest", "unsupported", times=9)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "UNDONE")
    assert set(bound(near).values()) == {"web"}
    assert "InvalidConfigurationRequest" in ran.reason("legacy")
    assert sorted(ran.states.values()) == ["DEFERRED", "DEFERRED", "UNDONE"]


def test_listener_that_was_never_touched_is_not_put_back(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """A listener that had gone before its turn is said to be gone, not to have stayed bound."""

    def delete(sandbox: Sandbox) -> None:
        elb = sandbox.client("elb", "eu-west-1")
        elb.delete_load_balancer(LoadBalancerName="legacy")

    shown_bad(near, new)
    near.before("elb", "DescribeLoadBalancers", delete, call=3, region="eu-west-1")
    new.write(certs)
    ran = engine(renewing())
    assert ran.states == {
        "legacy:443 default": "FAILED",
        "alb:443 default": "UNDONE",
        "nlb:443 default": "DEFERRED",
    }
    assert "put back" not in ran.reason("legacy")


def test_listener_that_rejects_what_others_have_taken(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """A certificate that clients were seen to get is not bad: the one listener is FAILED."""
    near.fail("elbv2", "ModifyListener", "InvalidConfigurationRequest", "no", region="us-east-1")
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert bound(near) == {"alb": "web", "legacy": name_of(new), "nlb": name_of(new)}
    assert ran.states["alb:443 default"] == "FAILED"
    completes(engine, near, new)


def test_expired_certificate_is_not_put_back(
    near: Sandbox, engine: Engine, authority: Authority, new: Issued, certs: Path
) -> None:
    """Nothing is gained by the old certificate once it has expired."""
    gone = authority.issue(*NAMES, days=-1, age=90, key="p256")
    serve(near, gone)
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing())
    assert ran.returncode == 2
    assert bound(near) == {"alb": "web", "legacy": name_of(new), "nlb": "web"}
    assert ran.states["legacy:443 default"] == "FAILED"
    assert "not put back, the old one expired" in ran.reason("legacy")


def test_data_plane_that_lags_within_the_timeout(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, clock: Clock
) -> None:
    """An address that serves the old certificate for a while is waited for (AWS row 19)."""
    near.front_ends.lag(30)
    new.write(certs)
    ran = engine(renewing(propagation_timeout=300))
    assert (ran.returncode, set(ran.states.values())) == (0, {"VERIFIED"})


@pytest.mark.parametrize("near", [{"addresses": 2}], indirect=True)
def test_data_plane_that_lags_beyond_the_timeout(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path, clock: Clock
) -> None:
    """One address still old at the deadline: UNCONFIRMED, never undone, no other begun."""
    near.front_ends.lag(900, addresses=1)
    new.write(certs)
    ran = engine(renewing(propagation_timeout=60))
    assert sorted(ran.states.values()) == ["DEFERRED", "DEFERRED", "UNCONFIRMED"]
    assert "still serves the old certificate at the deadline" in ran.reason("legacy")
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert bound(near) == {"alb": "web", "legacy": name_of(new), "nlb": "web"}


def test_listener_that_cannot_be_reached(
    near: Sandbox,
    engine: Engine,
    web: str,
    new: Issued,
    certs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an address to look at the API's word is taken, and counted apart."""
    monkeypatch.setattr(Sandbox, "environ", {**near.environ, "CERTRENEW_RESOLVE": ""})
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, set(ran.states.values())) == (0, {"API_VERIFIED"})


def test_verify_api_makes_no_handshake(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """`verify: api` takes AWS's word even for a certificate that no client is served."""
    shown_bad(near, new)
    new.write(certs)
    ran = engine(renewing(verify="api"))
    assert (ran.returncode, set(ran.states.values())) == (0, {"API_VERIFIED"})


def test_more_bindings_than_a_run_may_change(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """The rest is DEFERRED without an error, and the next runs continue."""
    new.write(certs)
    for run, deferred in enumerate((2, 1)):
        ran = engine(renewing(max_bindings=1), out=f"out{run}")
        assert (ran.returncode, ran.outcome["State"]) == (0, "DEFERRED")
        assert sorted(ran.states.values()) == ["DEFERRED"] * deferred + ["VERIFIED"]
        assert list(bound(near).values()).count("web") == deferred
    completes(engine, near, new)


def test_region_that_cannot_be_read(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """What was seen is renewed; the certificate stays INCOMPLETE and names the region."""
    near.deny("elbv2", "DescribeLoadBalancers", region="us-east-1")
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert "not looked at: elbv2 in us-east-1: DescribeLoadBalancers answered" in ran.text
    assert bound(near) == {"alb": "web", "legacy": name_of(new), "nlb": name_of(new)}
    near.clear_faults()
    completes(engine, near, new)


def test_quota_that_is_full(
    near: Sandbox, engine: Engine, web: str, authority: Authority, new: Issued, certs: Path
) -> None:
    """A full account is refused before the upload; what could go is named (AWS row 9)."""
    gone = authority.issue("gone.example.com", days=-1, key="p256")
    for number in range(19):
        near.upload(f"gone{number:02}", gone)
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.codes, writes(near)) == (2, ["quota"], [])
    assert "; 1 must be freed; prune first: gone00; nothing was uploaded" in ran.text


def test_old_certificate_that_cannot_be_read(
    near: Sandbox, engine: Engine, web: str, new: Issued, certs: Path
) -> None:
    """Without GetServerCertificate there is nothing to compare with: refused, nothing changed."""
    near.deny("iam", "GetServerCertificate")
    new.write(certs)
    ran = engine(renewing())
    assert (ran.returncode, ran.codes, writes(near)) == (2, ["unreadable"], [])
    assert "Traceback" not in ran.text


def test_default_that_is_changed_before_a_later_call_fails(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """Half a listener says which half is FAILED, has no gap, and is completed next time."""
    web = near.upload("web", old)
    lb = near.application("us-east-1", "alb", Listener(443, "HTTPS", web, sni=(web,)))
    near.deny("elbv2", "RemoveListenerCertificates")
    new.write(certs)
    ran = engine(renewing())
    assert ran.returncode == 2
    assert ran.states == {"alb:443 default": "API_VERIFIED", "alb:443 sni": "FAILED"}
    arn = near.certificates()[name_of(new)]
    assert near.bound("alb", "us-east-1", 443) == (arn, (web, arn))
    assert served(near, lb, old) in (old.fingerprint, new.fingerprint)
    near.clear_faults()
    again = engine(renewing(), out="again")
    assert (again.returncode, again.outcome["State"]) == (0, "RENEWED"), again.text
    assert near.bound("alb", "us-east-1", 443) == (arn, (arn,))


def test_run_that_is_killed_half_way(
    sandbox: Sandbox, old: Issued, new: Issued, certs: Path, tmp_path: Path
) -> None:
    """SIGKILL while it waits: plan on disk, the next run completes, one upload (AWS row 17)."""
    serve(sandbox, old)
    sandbox.propagation = Propagation(seconds=600)
    new.write(certs)
    (tmp_path / "renew.json").write_text(
        json.dumps({"policies": [renewing(propagation_timeout=60)]})
    )
    command = [str(Path(sys.executable).with_name("custodian")), "run", "--cache-period=0"]
    command += ["-s", "out", "renew.json"]
    kept = {k: os.environ[k] for k in ("PATH", "PYTHONPATH") if k in os.environ}
    environ = {**kept, "HOME": str(tmp_path), **sandbox.environ}
    process = started(command, tmp_path, environ)
    until(lambda: any(c.error_code == "CertificateNotFound" for c in sandbox.journal))
    process.send_signal(signal.SIGKILL)
    assert process.wait(timeout=60) == -signal.SIGKILL
    let_server_end(sandbox.environ["AWS_ENDPOINT_URL"])

    record = json.loads((tmp_path / "out/renew/certrenew.json").read_text())
    assert (record["Finished"], record["Outcomes"]) == ("", [])
    [plan] = record["Plans"]
    assert {b["From"] for b in plan["Bindings"]} == {sandbox.certificates()["web"]}
    assert (plan["NewName"], len(plan["Bindings"])) == (name_of(new), 3)

    sandbox.advance(600)
    again = started([str(commands() / "custodian"), *command[1:]], tmp_path, environ)
    assert again.wait(timeout=240) == 0
    assert set(bound(sandbox).values()) == {name_of(new)}
    assert writes(sandbox).count("UploadServerCertificate") == 1
    outcome = json.loads((tmp_path / "out/renew/certrenew.json").read_text())["Outcomes"][0]
    assert {b["State"] for b in outcome["Bindings"]} == {"VERIFIED"}


def started(
    command: list[str], directory: Path, environ: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a command and do not wait for it."""
    with (directory / "stderr").open("wb") as stderr:
        return subprocess.Popen(command, cwd=directory, env=environ, stderr=stderr)


def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
