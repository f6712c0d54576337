"""The ARN of the renewed certificate is put where infrastructure code reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from integration.conftest import NAMES, SOURCE, Engine, renewing, writes
from integration.test_failures import name_of, serve, shown_bad

from c7n_certrenew.cli import main
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

NAME = "/certs/web/arn"
pytestmark = pytest.mark.usefixtures("clock")


def publishing(name: str = "/certs/<lineage>/arn", **options: Any) -> dict[str, Any]:
    """Return a policy that publishes; it finds what nobody serves any more as well."""
    policy = renewing(**{"verify": "api", "publish": {"ssm": name}, **options})
    policy["filters"] = [
        {"ServerCertificateName": "web"},
        {"type": "replacement", "source": SOURCE},
    ]
    return policy


def read(near: Sandbox, region: str, name: str = NAME) -> tuple[str, int] | None:
    """Return a parameter's text and version, None where there is none."""
    ssm = near.client("ssm", region)
    try:
        shown = ssm.get_parameter(Name=name)["Parameter"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return shown["Value"], shown["Version"]


def arn_of(near: Sandbox, new: Issued) -> str:
    """Return the renewed certificate's ARN."""
    return near.certificates()[name_of(new)]


def test_each_region_of_the_certificate_gets_the_arn(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """The plan says where; a lost answer is looked for, and a second run writes nothing."""
    serve(near, old)
    new.write(certs)
    near.client("ssm", "eu-west-1").put_parameter(Name=NAME, Value="before", Type="String")
    lost = ("ssm", "PutParameter", "InternalServerError", "lost")
    near.fail(*lost, region="us-east-1", after_effect=True)
    ran = engine(publishing())
    assert (ran.returncode, ran.outcome["State"]) == (0, "RENEWED"), ran.text
    regions = ("eu-central-1", "eu-west-1", "us-east-1")
    planned = ran.resources[0]["c7n:replacement"]["Publishes"]
    assert planned == [{"Region": region, "Name": NAME} for region in regions]
    versions = {b["Region"]: b["Version"] for b in ran.outcome["Published"]}
    assert versions == {"eu-central-1": 1, "eu-west-1": 2, "us-east-1": 1}
    assert [read(near, region) for region in regions] == [
        (arn_of(near, new), versions[region]) for region in regions
    ]
    described = near.client("ssm", "us-east-1").describe_parameters()["Parameters"][0]
    assert described["Description"] == "Written by c7n-certrenew, policy renew"
    before = len(writes(near))
    again = engine(publishing(), out="again")
    assert (again.returncode, again.outcome["State"]) == (0, "UNUSED")
    assert (len(writes(near)) - before, len(again.outcome["Published"])) == (0, 3)


def test_what_cannot_be_published_is_said_and_completed(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """A denial, and a secret that stands there, fail the run; the next one needs no rebinding."""
    serve(near, old)
    new.write(certs)
    near.deny("ssm", "PutParameter", region="us-east-1")
    secret = near.client("ssm", "eu-west-1")
    secret.put_parameter(Name=NAME, Value="hidden", Type="SecureString")
    ran = engine(publishing())
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert ran.codes == ["publish-failed", "publish-failed"]
    assert [p["Region"] for p in ran.outcome["Published"]] == ["eu-central-1"]
    arn = arn_of(near, new)
    kept = f"{arn} was not published as {NAME} in eu-west-1: a SecureString stands there"
    assert kept in ran.text
    assert "hidden" not in ran.text
    near.clear_faults()
    secret.delete_parameter(Name=NAME)
    again = engine(publishing(), out="again")
    assert (again.returncode, again.outcome["State"]) == (0, "UNUSED"), again.text
    assert {read(near, r) for r in ("eu-west-1", "us-east-1")} == {(arn, 1)}


def test_what_was_shown_bad_is_never_published(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """Infrastructure code would bind it again."""
    serve(near, old)
    new.write(certs)
    shown_bad(near, new)
    ran = engine(publishing(verify="auto"))
    assert ran.outcome["State"] == "UNDONE"
    assert "Published" not in ran.outcome
    assert "PutParameter" not in [call.operation for call in near.journal]


def test_a_region_is_published_when_it_has_its_turn_and_taken_back_when_that_shows_it_bad(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """What the run before has changed is named: it is not this run's to put back."""
    serve(near, old)
    new.write(certs)
    options = {"verify": "auto", "max_bindings": 1, "order": ["eu-central-1", "eu-west-1"]}
    policy = publishing(**options)
    policy["filters"].pop()
    ran = engine(policy)
    assert [p["Region"] for p in ran.outcome["Published"]] == ["eu-central-1", "eu-west-1"]
    shown_bad(near, new)
    again = engine(policy, out="again")
    assert (again.outcome["State"], again.codes) == ("UNDONE", ["shown-bad", "shown-bad"])
    assert "elbv2/nlb:443 in eu-central-1 (default) served it before this run" in again.text
    web = near.certificates()["web"]
    parameters = [read(near, r) for r in ("eu-central-1", "eu-west-1", "us-east-1")]
    assert parameters == [(web, 2), (web, 2), None]


def test_each_certificate_of_acm_is_proven_for_itself(
    near: Sandbox, engine: Engine, authority: Authority, old: Issued, new: Issued
) -> None:
    """What no listener of a region has taken is not published there."""
    web = near.upload("web", old)
    for region in ("eu-central-1", "eu-west-1"):
        near.application(region, "lb", Listener(443, "HTTPS", web))
    near.import_acm(new, "eu-central-1")
    near.import_acm(authority.issue(*NAMES, days=60, key="p256"), "eu-west-1")
    near.deny("elbv2", "ModifyListener", region="eu-west-1")
    ran = engine(renewing({"type": "acm"}, verify="api", publish={"ssm": "/certs/<lineage>/arn"}))
    assert [p["Region"] for p in ran.outcome["Published"]] == ["eu-central-1"], ran.text


def test_a_certificate_whose_name_no_parameter_can_have_fails_the_run(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """It is renewed, and what reads its ARN would not know; `:` would ask for a version."""
    web = near.upload("web", old, tags={"place": "shop:3"})
    near.application("us-east-1", "lb", Listener(443, "HTTPS", web))
    new.write(certs)
    ran = engine(publishing("/certs/<tag:place>"))
    assert "Publishes" not in ran.resources[0]["c7n:replacement"]
    assert (ran.returncode, ran.outcome["State"], ran.codes) == (
        2,
        "INCOMPLETE",
        ["not-published"],
    )
    assert "'/certs/shop:3' of '/certs/<tag:place>' is no parameter's name" in ran.text


def test_owners_get_what_they_are_to_bind(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """All bindings are theirs: nothing is changed, and the ARN is there for their deployment."""
    stack = {"aws:cloudformation:stack-name": "shop"}
    web = near.upload("web", old)
    near.application("eu-west-1", "shop", Listener(443, "HTTPS", web), tags=stack)
    new.write(certs)
    ran = engine(publishing("/<region>/<lineage>"))
    assert (ran.returncode, ran.outcome["State"]) == (2, "INCOMPLETE")
    assert read(near, "eu-west-1", "/eu-west-1/web") == (arn_of(near, new), 1)


def test_what_permissions_prints_is_enough(
    near: Sandbox,
    engine: Engine,
    old: Issued,
    new: Issued,
    certs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And allows these parameters alone; who audits or plans may touch none."""
    serve(near, old)
    new.write(certs)
    path = tmp_path / "publish.json"
    path.write_text(json.dumps({"policies": [publishing()]}))
    documents = {}
    for role in ("audit", "renew"):
        capsys.readouterr()
        assert main(["permissions", "--role", role, str(path)]) == 0
        documents[role] = json.loads(capsys.readouterr().out)
    assert "ssm:" not in json.dumps(documents["audit"])
    assert documents["renew"]["Statement"][-1] == {
        "Sid": "Publish",
        "Effect": "Allow",
        "Action": ["ssm:GetParameter", "ssm:PutParameter"],
        "Resource": "arn:aws:ssm:*:*:parameter/certs/*/arn",
    }
    near.restrict(*documents.values())
    ran = engine(publishing())
    assert (ran.returncode, len(ran.outcome["Published"])) == (0, 3), ran.text


@pytest.mark.parametrize("name", ["", "certs/<lineage>", "/certs//arn", "/a b", "arn:aws:ssm:x"])
def test_what_is_no_name_of_a_parameter_is_refused(engine: Engine, name: str) -> None:
    """Systems Manager would, when all is renewed; an empty one would publish nothing."""
    ran = engine(publishing(name))
    assert ran.returncode == 1
    assert f"publish.ssm: {name.replace('<lineage>', 'x')!r}" in ran.text


@pytest.mark.parametrize("placeholder", ["linage", "not_after", "name"])
def test_a_name_that_changes_with_each_renewal_is_refused(engine: Engine, placeholder: str) -> None:
    """Nobody could read it; so is a typing error."""
    ran = engine(publishing(f"/certs/<{placeholder}>"))
    assert ran.returncode == 1
    assert f"publish.ssm: unknown placeholder <{placeholder}>" in ran.text
