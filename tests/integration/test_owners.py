"""Listeners that somebody puts the old certificate back on, and those that nobody can change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from integration.conftest import SOURCE, Engine, Policy, Ran, renewing, writes

from c7n_certrenew.cli import main
from c7n_certrenew.sandbox import Issued, Listener, LoadBalancer, Sandbox

REGIONS = ("us-east-1", "eu-west-1")
STACK = {"aws:cloudformation:stack-name": "shop-prod"}
BEANSTALK = {"elasticbeanstalk:environment-name": "web-env", **STACK}
SERVICE = {"elbv2.k8s.aws/cluster": "prod", "service.k8s.aws/stack": "shop/smtp"}
TERRAFORM = {"managed-by": "terraform"}
CHANGES = {"SetLoadBalancerListenerSSLCertificate", "ModifyListener"}
SCHEMA = Path(__file__).parents[2] / "c7n_certrenew/report/schema/certrenew-v1.json"


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process, with two regions."""
    opened: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    return opened


def shop(sandbox: Sandbox, arn: str, tags: Mapping[str, str]) -> LoadBalancer:
    """Create an application load balancer that serves the certificate and has these tags."""
    return sandbox.application("us-east-1", "shop", Listener(443, "HTTPS", arn), tags=tags)


def free(sandbox: Sandbox, arn: str) -> LoadBalancer:
    """Create a classic load balancer that nobody owns."""
    return sandbox.classic("eu-west-1", "free", Listener(443, "HTTPS", arn), tags={"team": "shop"})


def planning(**options: Any) -> Policy:
    """Return a policy that plans what `renewing` does."""
    policy = renewing(verify="api", **options)
    return {**policy, "filters": [*policy["filters"], {"type": "replacement"}]}


def sweeping_once(policy: Policy) -> Policy:
    """Return a policy whose action alone looks at load balancers."""
    return {**policy, "filters": [{"type": "expires-within", "days": 30}]}


def put_back(sandbox: Sandbox, balancer: LoadBalancer, arn: str) -> None:
    """Bind a certificate as a deployment would."""
    elbv2 = sandbox.client("elbv2", balancer.region)
    [listener] = elbv2.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
    certificates = [{"CertificateArn": arn}]
    elbv2.modify_listener(ListenerArn=listener["ListenerArn"], Certificates=certificates)


def uploads(sandbox: Sandbox) -> int:
    """Count the uploads."""
    return writes(sandbox).count("UploadServerCertificate")


def tags_of(sandbox: Sandbox, name: str) -> dict[str, str]:
    """Return the tags of a server certificate."""
    iam = sandbox.client("iam")
    shown = iam.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]
    return {tag["Key"]: tag["Value"] for tag in shown.get("Tags", ())}


def checked(ran: Ran) -> dict[str, Any]:
    """Return the one outcome of a record that keeps to its published shape."""
    jsonschema.validate(ran.record, json.loads(SCHEMA.read_text()), jsonschema.Draft7Validator)
    return ran.outcome


def bound_of(outcome: Mapping[str, Any], balancer: str) -> dict[str, Any]:
    """Return how the binding of a load balancer ended."""
    found = (bound for bound in outcome["Bindings"] if bound["LoadBalancerName"] == balancer)
    return dict(next(found))


def test_a_run_leaves_what_others_own(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: a stack's and a cluster's listeners stay, the free one is renewed, the run is 2.

    The line that a user reads, and the record, name each owner and the new certificate's ARN.
    """
    arn = near.upload("web", old)
    shop(near, arn, STACK)
    near.network("us-east-1", "smtp", Listener(443, "TLS", arn), tags=SERVICE)
    free(near, arn)
    new.write(certs)
    ran = engine(renewing(verify="api"))
    assert ran.returncode == 2
    assert ran.states == {
        "shop:443 default": "MANAGED",
        "smtp:443 default": "MANAGED",
        "free:443 default": "API_VERIFIED",
    }
    outcome = checked(ran)
    assert outcome["State"] == "INCOMPLETE"
    stack, service = bound_of(outcome, "shop"), bound_of(outcome, "smtp")
    assert stack["ManagedBy"] == "CloudFormation stack shop-prod"
    assert service["ManagedBy"] == "Kubernetes cluster prod, service shop/smtp"
    assert stack["Reason"] == (
        "CloudFormation stack shop-prod puts the old certificate back: set Certificates of the "
        f"AWS::ElasticLoadBalancingV2::Listener in its template to {outcome['NewArn']}"
    )
    assert stack["Reason"] in ran.text
    assert f"aws-load-balancer-ssl-cert of the Service to {outcome['NewArn']}" in ran.text
    assert near.bound("shop", "us-east-1", 443)[0] == arn
    assert near.bound("smtp", "us-east-1", 443)[0] == arn
    assert near.bound("free", "eu-west-1", 443)[0] == outcome["NewArn"]
    assert "certrenew:replaced-by" not in tags_of(near, "web")
    asked = [call for call in near.journal if call.operation == "DescribeTags"]
    assert sorted((call.service, call.region) for call in asked) == [
        *[("elb", "eu-west-1")] * 2,  # the filter's and, live, the action's
        *[("elbv2", "us-east-1")] * 2,
    ]


def test_where_all_are_owned_the_owner_gets_an_arn(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: it is uploaded once, not again, and stays open until the owner has named it."""
    arn = near.upload("web", old)
    balancer = shop(near, arn, BEANSTALK)
    new.write(certs)
    for uploaded in (True, False):
        ran = engine(renewing(verify="api"))
        outcome = checked(ran)
        assert (ran.returncode, outcome["State"]) == (2, "INCOMPLETE")
        assert (outcome["Uploaded"], uploads(near)) == (uploaded, 1)
        assert "SSLCertificateArns of aws:elbv2:listener:443 of the environment" in ran.text
    assert not CHANGES.intersection(writes(near))
    put_back(near, balancer, outcome["NewArn"])
    assert engine(renewing(verify="api")).returncode == 0


def test_rebind_changes_it_all_the_same(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: with `managed: rebind` it is renewed, and the owner is still said."""
    shop(near, near.upload("web", old), STACK)
    new.write(certs)
    ran = engine(renewing(verify="api", managed="rebind"))
    outcome = checked(ran)
    assert (ran.returncode, ran.states) == (0, {"shop:443 default": "API_VERIFIED"})
    bound = bound_of(outcome, "shop")
    assert bound["ManagedBy"] == "CloudFormation stack shop-prod"
    assert bound["Reason"].endswith(f"in its template to {outcome['NewArn']}")
    assert tags_of(near, "web")["certrenew:replaced-by"] == outcome["NewName"]


@pytest.mark.parametrize(
    ("tags", "state"), [(["team", "managed-by=terra*"], "MANAGED"), (["team"], "API_VERIFIED")]
)
def test_the_users_own_tags(
    near: Sandbox,
    engine: Engine,
    old: Issued,
    new: Issued,
    certs: Path,
    tags: list[str],
    state: str,
) -> None:
    """AWS row 13: Terraform has no tag of its own; `managed-tags` names the user's."""
    shop(near, near.upload("web", old), TERRAFORM)
    new.write(certs)
    ran = engine(renewing(verify="api", managed_tags=tags))
    assert ran.states == {"shop:443 default": state}
    if state == "MANAGED":
        assert "tag managed-by=terraform puts the old certificate back" in ran.text


@pytest.mark.parametrize("managed", ["skip", "rebind"])
def test_tags_that_may_not_be_read(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path, managed: str
) -> None:
    """AWS row 13: who may have an owner is not changed, and the action to allow is named."""
    arn = near.upload("web", old)
    shop(near, arn, STACK)
    free(near, arn)
    new.write(certs)
    near.deny("elbv2", "DescribeTags")
    ran = engine(renewing(verify="api", managed=managed))
    rebound = managed == "rebind"
    expected = "API_VERIFIED" if rebound else "FAILED"
    assert ran.states == {"free:443 default": "API_VERIFIED", "shop:443 default": expected}
    assert ran.returncode == (0 if rebound else 2)
    if not rebound:
        assert "allow elasticloadbalancing:DescribeTags, or say managed: rebind" in ran.text
        assert checked(ran)["State"] == "INCOMPLETE"


def test_tags_are_read_twenty_at_a_time_and_of_nobody_else(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: a load balancer that serves none of the run's certificates is not asked about.

    One that is deleted meanwhile keeps nothing of the others from being renewed.
    """
    arn = near.upload("web", old)
    other = near.upload("other", new)
    for number in range(21):
        near.application("us-east-1", f"shop-{number}", Listener(443, "HTTPS", arn))
    near.application("us-east-1", "other", Listener(443, "HTTPS", other))
    new.write(certs)
    assert len(engine(sweeping_once(renewing(verify="api"))).outcome["Bindings"]) == 21
    calls = [call for call in near.journal if call.operation == "DescribeTags"]
    asked = [name for call in calls for name in _asked(call.parameters)]
    assert (len(calls), len(asked), len(set(asked))) == (2, 21, 21)
    assert not any("/other/" in name for name in asked)


def _asked(parameters: Mapping[str, Any]) -> list[str]:
    return [str(name) for name in parameters["ResourceArns"]]


def test_a_load_balancer_that_is_gone_hides_no_owner(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: of the others in the same call the owners are still known."""
    arn = near.upload("web", old)
    shop(near, arn, STACK)
    gone = near.application("us-east-1", "gone", Listener(443, "HTTPS", arn))
    near.application("us-east-1", "ours", Listener(443, "HTTPS", arn))
    new.write(certs)
    near.before(
        "elbv2",
        "DescribeTags",
        lambda sandbox: sandbox.client("elbv2", "us-east-1").delete_load_balancer(
            LoadBalancerArn=gone.arn
        ),
    )
    states = engine(sweeping_once(renewing(verify="api"))).states
    assert states["shop:443 default"] == "MANAGED"
    assert states["ours:443 default"] == "API_VERIFIED"
    assert states["gone:443 default"] == "FAILED"


def test_a_domain_name_of_appsync_is_never_called_renewed(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 20: it cannot be rebound; the plan and the outcome say so, and nothing is pruned."""
    arn = near.upload("web", old)
    near.domain("eu-west-1", "api.example.com", arn)
    free(near, arn)
    new.write(certs)
    plan = engine(planning(), arguments=["--dryrun"]).resources[0]["c7n:replacement"]
    assert [bound.get("Held") for bound in plan["Bindings"]] == ["fixed", None]
    ran = engine(renewing(verify="api"))
    outcome = checked(ran)
    assert (ran.returncode, outcome["State"]) == (2, "INCOMPLETE")
    assert ran.states == {
        "free:443 default": "API_VERIFIED",
        "api.example.com:443 default": "FAILED",
    }
    assert "create the domain name anew" in bound_of(outcome, "api.example.com")["Reason"]
    assert "certrenew:replaced-by" not in tags_of(near, "web")


def test_what_goes_back_is_reported_each_time_it_does(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: it is changed again and a person is told once; no new reversion, no word."""
    arn = near.upload("web", old)
    balancer = shop(near, arn, TERRAFORM)
    new.write(certs)
    assert engine(renewing(verify="api")).returncode == 0
    for _ in range(2):
        put_back(near, balancer, arn)
        ran = engine(renewing(verify="api"))
        outcome = checked(ran)
        assert (ran.returncode, outcome["State"]) == (2, "INCOMPLETE")
        assert ran.states == {"shop:443 default": "REVERTED"}
        reason = bound_of(outcome, "shop")["Reason"]
        assert reason.startswith("changed again, API_VERIFIED; the old certificate was replaced by")
        assert reason.endswith("find what puts it back, or name its tag in managed-tags")
        assert near.bound("shop", "us-east-1", 443)[0] == outcome["NewArn"]
        assert engine(renewing(verify="api")).returncode == 0
    assert uploads(near) == 1


def test_a_dry_run_says_what_went_back(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: the certificate's own tag is enough, whatever directory the plan is put in."""
    arn = near.upload("web", old)
    balancer = shop(near, arn, {})
    new.write(certs)
    assert engine(renewing(verify="api")).returncode == 0
    put_back(near, balancer, arn)
    plan = engine(planning(), arguments=["--dryrun"], out="plan")
    [bound] = plan.resources[0]["c7n:replacement"]["Bindings"]
    assert "was replaced by web-" in bound["Reverted"]
    assert bound["From"] == arn


def test_the_last_record_knows_what_an_unfinished_run_changed(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: no tag is set before all is renewed; what was changed and went back is seen."""
    arn = near.upload("web", old)
    balancer = shop(near, arn, {})
    near.application("eu-west-1", "other", Listener(443, "HTTPS", arn))
    new.write(certs)
    near.fail("elbv2", "ModifyListener", "AccessDenied", "no", region="eu-west-1")
    assert engine(renewing(verify="api")).states["other:443 default"] == "FAILED"
    put_back(near, balancer, arn)
    ran = engine(renewing(verify="api"))
    assert ran.states == {"shop:443 default": "REVERTED", "other:443 default": "API_VERIFIED"}
    assert "the last run changed it, and it went back" in ran.text
    assert tags_of(near, "web")["certrenew:replaced-by"] == ran.outcome["NewName"]


def test_a_tag_that_names_nothing_newer_is_no_evidence(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """A certificate that took over somebody's tags is renewed like any other."""
    shop(near, near.upload("web", old, tags={"certrenew:replaced-by": "web"}), {})
    new.write(certs)
    assert engine(renewing(verify="api")).states == {"shop:443 default": "API_VERIFIED"}


def test_regions_that_are_renewed_one_after_the_other(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """Where other regions were left out nothing is called replaced, so nothing went back later."""
    arn = near.upload("web", old)
    shop(near, arn, {})
    free(near, arn)
    new.write(certs)
    for region in ("us-east-1", "eu-west-1"):
        ran = engine(sweeping_once(renewing(verify="api", regions=[region])))
        assert (ran.returncode, set(ran.states.values())) == (0, {"API_VERIFIED"})
        assert "certrenew:replaced-by" not in tags_of(near, "web")
    assert engine(sweeping_once(renewing(verify="api"))).returncode == 0


def test_a_broken_record_is_no_evidence(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path, tmp_path: Path
) -> None:
    """Whatever lies where the last record was, the renewal goes on and writes its own."""
    shop(near, near.upload("web", old), {})
    new.write(certs)
    (tmp_path / "out/renew").mkdir(parents=True)
    (tmp_path / "out/renew/certrenew.json").write_text("[" * 100_000)
    assert engine(renewing(verify="api")).states == {"shop:443 default": "API_VERIFIED"}


def test_what_went_back_to_its_owner_is_left_there(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: once its tag is named in `managed-tags` nobody fights over it any more."""
    arn = near.upload("web", old)
    balancer = shop(near, arn, TERRAFORM)
    new.write(certs)
    assert engine(renewing(verify="api")).returncode == 0
    put_back(near, balancer, arn)
    ran = engine(renewing(verify="api", managed_tags=["managed-by"]))
    assert (ran.returncode, ran.states) == (2, {"shop:443 default": "MANAGED"})
    reason = bound_of(checked(ran), "shop")["Reason"]
    assert "is served again; tag managed-by=terraform puts the old certificate back" in reason
    assert near.bound("shop", "us-east-1", 443)[0] == arn


def test_no_owner_is_told_to_take_a_bad_certificate(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """AWS row 13: where a listener rejects it, what is owned is left and nothing is advised."""
    arn = near.upload("web", old)
    shop(near, arn, STACK)
    near.application("eu-west-1", "ours", Listener(443, "HTTPS", arn))
    new.write(certs)
    near.fail("elbv2", "ModifyListener", "UnsupportedCertificate", "no", times=9)
    ran = engine(renewing(verify="api"))
    reason = bound_of(checked(ran), "shop")["Reason"]
    assert reason == (
        "of CloudFormation stack shop-prod; left as it is: the new certificate was shown bad"
    )
    assert ran.returncode == 2
    assert near.bound("shop", "us-east-1", 443)[0] == arn


def test_what_is_owned_takes_nothing_of_max_bindings(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path
) -> None:
    """A binding that is not changed leaves room for one that is."""
    arn = near.upload("web", old)
    shop(near, arn, STACK)
    free(near, arn)
    new.write(certs)
    states = engine(renewing(verify="api", max_bindings=1)).states
    assert states == {"shop:443 default": "MANAGED", "free:443 default": "API_VERIFIED"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"managed": "never"}, "'enum': ['skip', 'rebind']"),
        ({"managed_tags": "terraform"}, "On instance['managed-tags']"),
        ({"managed_tags": ["=terraform"]}, "On instance['managed-tags'][0]"),
    ],
)
def test_a_wrong_option_is_refused(engine: Engine, options: dict[str, Any], said: str) -> None:
    """A typing error would leave alone, or change, what it should not."""
    ran = engine(renewing(**options))
    assert ran.returncode == 1
    assert said in ran.text


def test_the_plan_is_what_the_action_does(engine: Engine) -> None:
    """The filter and the action may not differ in what they leave alone."""
    policy = renewing(managed="rebind")
    policy["filters"].append({"type": "replacement", "source": SOURCE, "managed": "skip"})
    ran = engine(policy)
    assert ran.returncode == 1
    assert "managed is not what the replacement filter says" in ran.text


def test_hostile_tags_are_shown_and_do_nothing(
    near: Sandbox,
    engine: Engine,
    old: Issued,
    new: Issued,
    certs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a tag says moves no cursor, in the log, in the record and in Markdown."""
    hostile = {"aws:cloudformation:stack-name": "[red]|<script>`@team\x9b2J\u202e"}
    shop(near, near.upload("web", old), hostile)
    new.write(certs)
    ran = engine(planning())
    capsys.readouterr()
    assert main(["plan", str(tmp_path / "out"), "--markdown"]) == 2
    shown = ran.text + json.dumps(ran.record, ensure_ascii=False) + capsys.readouterr().out
    assert r"[red]|<script>`@team\x9b2J\u202e" in shown
    assert "\x9b" not in shown
    assert "\u202e" not in shown
