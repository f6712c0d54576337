"""Exactly what `certrenew permissions` prints is enough, and each action of it is needed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from integration.conftest import NAMES, Engine, Ran, writes

from c7n_certrenew.commands.granting import EVERYWHERE, Extent, document, needed
from c7n_certrenew.commands.permissions import AUDIT, CLEANUP, RENEW, SOURCE_READER
from c7n_certrenew.sandbox import Authority, Issued, Listener, LoadBalancer, Sandbox
from c7n_certrenew.sandbox.seed_edge import Distribution

REGIONS = ("us-east-1", "eu-west-1")
pytestmark = pytest.mark.usefixtures("clock")

EVERYTHING = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
RENEWING = (AUDIT, SOURCE_READER, RENEW)
OPTED_IN = Extent(tag={"certrenew": "on"})
POLICIES = Path(__file__).parents[2] / "policies"
RENEWAL_POLICY = "iam-certificate-expiring-renew"
NEEDED, RENEWAL = needed([]), needed([POLICIES / "renew" / f"{RENEWAL_POLICY}.yml"])
STATEMENTS = {s["Sid"]: tuple(s["Action"]) for s in document(RENEWAL)["Statement"]}
ALIKE = (
    "appsync:ListDomainNames",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeListeners",
)
"""What a renewal misses as it does other reads of a sweep; audits run without each of them."""

OPTIONAL = ("iam:GetAccountSummary", "iam:TagServerCertificate")
"""What a renewal can do without; a test below says what is missing then."""
COMPLETED = (
    "iam:UploadServerCertificate",
    "elasticloadbalancing:SetLoadBalancerListenerSSLCertificate",
    "elasticloadbalancing:ModifyListener",
    "cloudfront:UpdateDistribution",
)
"""After whose denial the next run is made too: one for IAM and each consumer."""

READS, WRITES = (
    [
        action
        for statement in document(RENEWAL, role=role)["Statement"]
        for action in statement["Action"]
        if action not in OPTIONAL
    ]
    for role in (AUDIT, RENEW)
)


@cache
def policies(where: str) -> list[dict[str, Any]]:
    """Return the shipped policies of a directory that only detect, or the usual renewal."""
    paths = sorted((POLICIES / where).glob("*.yml"))
    found = [policy for path in paths for policy in yaml.safe_load(path.read_text())["policies"]]
    return [one for one in found if "actions" not in one or one["name"] == RENEWAL_POLICY]


@cache
def quick() -> list[dict[str, Any]]:
    """Return the shipped policy that renews, without handshakes."""
    policy = copy.deepcopy(policies("renew"))
    for action in (action for one in policy for action in one["actions"]):
        action["verify"] = "api"
    return policy


def attach(
    sandbox: Sandbox, *roles: str, extent: Extent = EVERYWHERE, less: tuple[str, ...] = ()
) -> None:
    """Let the account's user do what the documents of these roles allow, less some actions."""
    documents = [document(NEEDED, extent, role) for role in roles]
    for statement in (s for each in documents for s in each["Statement"]):
        statement["Action"] = [a for a in statement["Action"] if a not in less] or ["none:None"]
    sandbox.restrict(*documents)


def denied(sandbox: Sandbox) -> set[str]:
    """Return the operations that were refused."""
    codes = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
    return {call.operation for call in sandbox.journal if call.error_code in codes}


@dataclass(frozen=True)
class Fleet:
    """Every consumer: `web` on listeners, `cdn` on a distribution; neither stands for long.

    Who looks at it here may do everything; only :func:`attach` limits the account's user.
    """

    sandbox: Sandbox
    front: LoadBalancer
    edge: LoadBalancer
    cdn: Distribution

    def tag(self, balancer: LoadBalancer, region: str) -> None:
        """Put the opt-in tag on the listener of a load balancer."""
        self.sandbox.restrict(EVERYTHING)
        elbv2 = self.sandbox.client("elbv2", region)
        listeners = elbv2.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
        arns = [listener["ListenerArn"] for listener in listeners]
        elbv2.add_tags(ResourceArns=arns, Tags=[{"Key": "certrenew", "Value": "on"}])

    def served(self) -> set[str]:
        """Return the names of all certificates that listeners and the distribution hold."""
        balancers = (("legacy", "eu-west-1"), ("front", "us-east-1"), ("edge", "eu-west-1"))
        bound = [self.sandbox.bound(name, region, 443) for name, region in balancers]
        names = {str(arn).rpartition("/")[2] for default, sni in bound for arn in (default, *sni)}
        self.sandbox.restrict(EVERYTHING)
        cloudfront, iam = self.sandbox.client("cloudfront"), self.sandbox.client("iam")
        config = cloudfront.get_distribution_config(Id=self.cdn.id)["DistributionConfig"]
        kept = iam.list_server_certificates()["ServerCertificateMetadataList"]
        by_id = {one["ServerCertificateId"]: one["ServerCertificateName"] for one in kept}
        return {*names, by_id[config["ViewerCertificate"]["IAMCertificateId"]]}


@pytest.fixture
def near(request: pytest.FixtureRequest, sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process, with two regions; a parameter has others."""
    settings = {"regions": REGIONS, "server": False, **getattr(request, "param", {})}
    sandbox: Sandbox = sandboxes.open(**settings)
    return sandbox


@pytest.fixture
def fleet(near: Sandbox, authority: Authority, old: Issued, new: Issued, certs: Path) -> Fleet:
    """Serve certificates everywhere, as default and by SNI; their renewals wait."""
    web, cdn = (
        near.upload("web", old, tags={"team": "shop"}),
        near.upload("cdn", old, "/cloudfront/"),
    )
    far = near.upload("far", authority.issue("gql.example.com", days=200, key="p256"))
    near.classic("eu-west-1", "legacy", Listener(443, "HTTPS", web), tags={"certrenew": "on"})
    front = near.application("us-east-1", "front", Listener(443, "HTTPS", web, sni=(web,)))
    sni = Listener(443, "TLS", far, sni=(web,))
    edge = near.network("eu-west-1", "edge", sni, tags={"certrenew": "on"})
    tags = {"certrenew": "on"}
    distribution = near.distribution("www.example.com", certificate=cdn, tags=tags)
    near.domain("us-east-1", "gql.example.com", far)
    new.write(certs)
    authority.issue(*NAMES, days=88, age=1, key="p256").write(certs.with_name("cdn"))
    return Fleet(near, front, edge, distribution)


def states(ran: Ran) -> dict[str, str]:
    """Return how each certificate ended."""
    return {o["ServerCertificateName"]: o["State"] for o in ran.record["Outcomes"]}


def ended(ran: Ran, certificate: str = "web") -> dict[str, str]:
    """Return how the bindings of a certificate ended, by load balancer and role."""
    [outcome] = [o for o in ran.record["Outcomes"] if o["ServerCertificateName"] == certificate]
    return {f"{b['LoadBalancerName']} {b['Role']}": b["State"] for b in outcome["Bindings"]}


def lines(ran: Ran, *words: str) -> list[str]:
    """Return the lines that a user reads and that have all of these words."""
    return [line for line in ran.text.splitlines() if all(word in line for word in words)]


def assert_fails_cleanly(ran: Ran, *actions: str) -> None:
    """Check that a run fails with a line that names one of the actions, and no traceback."""
    assert ran.returncode == 2
    assert any(lines(ran, f"not authorized to perform: {action} on") for action in actions)
    assert "Traceback" not in ran.text


def test_an_audit_needs_the_role_audit_alone(near: Sandbox, engine: Engine, fleet: Fleet) -> None:
    """Every shipped detect policy runs, everything is read and nothing is denied."""
    attach(near, AUDIT)
    ran = engine(*sorted(policies("detect"), key=lambda one: "inventory" in one["name"]))
    assert (ran.returncode, denied(near), writes(near)) == (0, set(), [])
    assert ran.found == ["cdn", "far", "web"]
    assert [r for r in ran.resources if "c7n:unread" in r] == []


@pytest.mark.parametrize("action", STATEMENTS["Audit"])
def test_an_audit_without_one_action_says_so(
    near: Sandbox, engine: Engine, fleet: Fleet, action: str
) -> None:
    """It fails, each certificate says what is missing, or a line does: never clean and silent."""
    attach(near, AUDIT, less=(action,))
    [inventory] = [p for p in policies("detect") if p["name"] == "iam-certificate-inventory"]
    ran = engine(inventory)
    if action == "iam:ListServerCertificates":
        assert_fails_cleanly(ran, action)
    elif not lines(ran, "ManagedBy is left out", f"perform: {action} on"):
        reasons = [str(r.get("c7n:unread")) for r in ran.resources]
        assert [action in reason for reason in reasons] == [True] * 3


def test_load_balancers_are_listed_with_their_tags(
    near: Sandbox, engine: Engine, fleet: Fleet
) -> None:
    """Custodian's own listing of classic ones fails without tag:GetResources, in one line."""
    attach(near, AUDIT, less=("tag:GetResources",))
    owners = [p for p in policies("detect") if p["resource"] == "aws.elb"]
    assert_fails_cleanly(engine(*owners, arguments=("-r", "eu-west-1")), "tag:GetResources")


def test_a_plan_needs_no_more(near: Sandbox, engine: Engine, fleet: Fleet) -> None:
    """A dry run makes the whole plan with what audits, and reads files."""
    attach(near, AUDIT, SOURCE_READER)
    ran = engine(*policies("renew"), arguments=("--dryrun",))
    assert (ran.returncode, denied(near), writes(near)) == (0, set(), [])
    plans = {r["ServerCertificateName"]: r["c7n:replacement"]["Verdict"] for r in ran.resources}
    assert plans == {"web": "ready", "cdn": "ready"}


def test_the_role_audit_changes_nothing(near: Sandbox, engine: Engine, fleet: Fleet) -> None:
    """A renewal that has no other ends at the upload, and says that nothing was changed."""
    before = fleet.served()
    attach(near, AUDIT, SOURCE_READER)
    ran = engine(*quick())
    assert ran.returncode == 2
    assert set(states(ran).values()) == {"REFUSED"}
    assert lines(ran, "certificate:web", "perform: iam:UploadServerCertificate", "nothing was")
    assert (fleet.served(), set(near.certificates())) == (before, {"web", "cdn", "far"})


def test_a_renewal_needs_all_three(near: Sandbox, engine: Engine, fleet: Fleet) -> None:
    """Every listener and the distribution are rebound, and nothing is denied."""
    attach(near, *RENEWING)
    ran = engine(*policies("renew"))
    assert (ran.returncode, denied(near)) == (0, set())
    assert states(ran) == {"web": "RENEWED", "cdn": "RENEWED"}
    bound = {"legacy default", "front default", "front sni", "edge sni"}
    assert ended(ran) == dict.fromkeys(bound, "VERIFIED")


@pytest.mark.parametrize("missing", [*(read for read in READS if read not in ALIKE), "Audit"])
def test_a_renewal_without_one_of_them_fails_cleanly(
    near: Sandbox, engine: Engine, fleet: Fleet, missing: str
) -> None:
    """One line names an action that is missing: of an action that reads, or of all that audit."""
    less = STATEMENTS.get(missing, (missing,))
    attach(near, *RENEWING, less=less)
    assert_fails_cleanly(engine(*quick()), *less)
    assert fleet.served() <= set(near.certificates())


@pytest.mark.parametrize("action", WRITES)
def test_a_change_that_is_denied_is_completed_by_the_next_run(
    near: Sandbox, engine: Engine, fleet: Fleet, action: str
) -> None:
    """One line names it, no listener is without a certificate, nothing is uploaded twice."""
    attach(near, *RENEWING, less=(action,))
    assert_fails_cleanly(engine(*quick()), action)
    assert fleet.served() <= set(near.certificates())
    if action not in COMPLETED:
        return
    attach(near, *RENEWING)
    assert engine(*quick(), out="again").returncode == 0
    new = set(near.certificates()) - {"web", "cdn", "far"}
    assert {name.partition("-")[0] for name in new} == {"web", "cdn"}
    assert (len(new), fleet.served()) == (2, {*new, "far"})


def test_without_the_right_to_tag_names_must_do(
    near: Sandbox, engine: Engine, fleet: Fleet
) -> None:
    """The renewal is whole, but the new certificate has none of the old one's tags (AWS row 15)."""
    attach(near, *RENEWING, less=("iam:TagServerCertificate",))
    ran = engine(*quick())
    assert (ran.returncode, states(ran)["web"]) == (0, "RENEWED")
    [new] = {name for name in near.certificates() if name.startswith("web-")}
    tags = near.client("iam").get_server_certificate(ServerCertificateName=new)
    assert tags["ServerCertificate"].get("Tags", []) == []


@pytest.mark.parametrize(("less", "verdict"), [((), "refused"), (OPTIONAL[:1], "ready")])
def test_without_the_quota_a_plan_promises_too_much(
    near: Sandbox, engine: Engine, fleet: Fleet, old: Issued, less: tuple[str, ...], verdict: str
) -> None:
    """A full account is seen by who may read the quota, before anything is tried (AWS row 9)."""
    for number in range(17):
        near.upload(f"more-{number}", old)
    attach(near, AUDIT, less=less)
    ran = engine(*policies("renew"), arguments=("--dryrun",))
    [web] = [r for r in ran.resources if r["ServerCertificateName"] == "web"]
    assert web["c7n:replacement"]["Verdict"] == verdict


def test_only_what_opted_in_is_changed(near: Sandbox, engine: Engine, fleet: Fleet) -> None:
    """Listeners with the tag are renewed; one without, though its load balancer has it, is FAILED.

    A listener does not have the tags of its load balancer.
    """
    fleet.tag(fleet.front, "us-east-1")
    attach(near, *RENEWING, extent=OPTED_IN)
    ran = engine(*policies("renew"))
    assert ran.returncode == 2
    assert ended(ran) == {
        "legacy default": "VERIFIED",
        "front default": "VERIFIED",
        "front sni": "VERIFIED",
        "edge sni": "FAILED",
    }
    action = "elasticloadbalancing:AddListenerCertificates"
    assert lines(ran, "elbv2/edge:443 in eu-west-1 (sni) FAILED", f"to perform: {action} on")
    assert states(ran) == {"web": "INCOMPLETE", "cdn": "RENEWED"}
    fleet.tag(fleet.edge, "eu-west-1")
    attach(near, *RENEWING, extent=OPTED_IN)
    assert engine(*policies("renew"), out="again").returncode == 0


@pytest.mark.parametrize(
    ("near", "partition"),
    [
        ({"regions": ("us-gov-west-1",)}, "aws-us-gov"),
        ({"regions": ("cn-north-1",)}, "aws-cn"),
    ],
    indirect=["near"],
)
def test_each_partition_has_documents_of_its_own(
    near: Sandbox, engine: Engine, old: Issued, new: Issued, certs: Path, partition: str
) -> None:
    """In GovCloud and China a renewal succeeds with theirs, and with those of `aws` it does not."""
    web = near.upload("web", old)
    near.application(near.region, "front", Listener(443, "HTTPS", web))
    new.write(certs)
    attach(near, *RENEWING)
    assert_fails_cleanly(engine(*quick()), "iam:GetServerCertificate")
    attach(near, *RENEWING, extent=Extent(partition))
    ran = engine(*quick(), out="again")
    assert (ran.returncode, ended(ran)) == (0, {"front default": "API_VERIFIED"})


CANNOT: tuple[tuple[str, Callable[[Fleet], Mapping[str, Any]]], ...] = (
    ("iam:DeleteServerCertificate", lambda _: {"ServerCertificateName": "web"}),
    ("iam:UpdateServerCertificate", lambda _: {"ServerCertificateName": "web"}),
    ("elb:DeleteLoadBalancer", lambda _: {"LoadBalancerName": "legacy"}),
    ("elbv2:DeleteLoadBalancer", lambda fleet: {"LoadBalancerArn": fleet.front.arn}),
    ("elbv2:AddTags", lambda fleet: {"ResourceArns": [fleet.front.arn], "Tags": [{"Key": "a"}]}),
    ("cloudfront:DeleteDistribution", lambda fleet: {"Id": fleet.cdn.id}),
    ("secretsmanager:GetSecretValue", lambda _: {"SecretId": "web"}),
    ("ssm:GetParameter", lambda _: {"Name": "/web/key"}),
    ("s3:GetObject", lambda _: {"Bucket": "certs", "Key": "web/key.pem"}),
)
"""Operations with which one deletes, grants oneself more, or reads a key where it is kept."""


def test_what_roles_together_cannot(near: Sandbox, fleet: Fleet) -> None:
    """None that renews deletes (AWS rows 10 and 22); none widens its own reach, or reads a key."""
    attach(near, *RENEWING, CLEANUP)
    for call, parameters in CANNOT[1:]:
        service, operation = call.split(":")
        with pytest.raises(ClientError, match="not authorized"):
            near.client(service)._make_api_call(operation, dict(parameters(fleet)))
    attach(near, *RENEWING)
    for call, parameters in CANNOT[:1]:
        service, operation = call.split(":")
        with pytest.raises(ClientError, match="not authorized"):
            near.client(service)._make_api_call(operation, dict(parameters(fleet)))
    assert denied(near) == {call.partition(":")[2] for call, _ in CANNOT}
