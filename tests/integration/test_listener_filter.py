"""Which certificates `expires-within` and `listener` find, and what they write on them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from integration.conftest import SOURCE, Engine, Policy, filtering, renewing, writes

from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox

BINDING = {"Service", "Region", "LoadBalancerName", "DNSName", "Scheme", "Port", "Protocol", "Role"}
OF_ELBV2 = {"LoadBalancerArn", "ListenerArn"}
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give one certificate: who serves it is what matters here."""
    return authority.issue("www.example.com", days=12, key="p256")


def populate(sandbox: Sandbox, issued: Issued) -> None:
    """Have `web` served thrice in two regions, `edge` once in a third, `idle` by nobody."""
    web, edge = sandbox.upload("web", issued), sandbox.upload("edge", issued)
    sandbox.upload("idle", issued)
    sandbox.classic("eu-west-1", "legacy", Listener(80, "HTTP"), Listener(443, "HTTPS", web))
    sandbox.application(
        "us-east-1", "inside", Listener(8443, "HTTPS", web, sni=(web,)), scheme="internal"
    )
    sandbox.network("eu-central-1", "edge", Listener(80, "TCP"), Listener(443, "TLS", edge))


@pytest.fixture
def account(near: Sandbox, issued: Issued) -> Sandbox:
    """Give that account."""
    populate(near, issued)
    return near


def listener(**options: Any) -> Policy:
    """Return a policy with this filter alone."""
    return filtering({"type": "listener", **options})


MATCHES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["edge", "web"]),
    ({"count": 0}, ["idle"]),
    ({"count": 1}, ["edge"]),
    ({"count": 3}, ["web"]),
    ({"count": 1, "count_op": "ge"}, ["edge", "web"]),
    ({"count": 1, "count_op": "gt"}, ["web"]),
    ({"count": 1, "count_op": "le"}, ["edge", "idle"]),
    ({"count": 0, "count_op": "ne"}, ["edge", "web"]),
    ({"role": "default"}, ["edge", "web"]),
    ({"role": "sni"}, ["web"]),
    ({"role": "default", "count": 2}, ["web"]),
    ({"services": ["elb"]}, ["web"]),
    ({"services": ["elb"], "count": 1}, ["web"]),
    ({"services": ["elbv2"], "count": 2}, ["web"]),
    ({"regions": ["eu-central-1"]}, ["edge"]),
    ({"regions": ["eu-central-1"], "count": 0}, ["idle", "web"]),
    ({"regions": ["af-south-1"]}, []),
    ({"attrs": [{"Scheme": "internal"}]}, ["web"]),
    ({"attrs": [{"Scheme": "internet-facing"}], "count": 0}, ["idle"]),
    ({"attrs": [{"Port": 8443}, {"Role": "default"}], "count": 1}, ["web"]),
    ({"attrs": [{"type": "value", "key": "Protocol", "op": "in", "value": ["TLS"]}]}, ["edge"]),
    ({"attrs": [{"or": [{"Protocol": "TLS"}, {"Protocol": "SSL"}]}]}, ["edge"]),
    ({"attrs": [{"not": [{"Region": "us-east-1"}]}]}, ["edge", "web"]),
    ({"role": "sni", "attrs": [{"Scheme": "internet-facing"}]}, []),
]


@pytest.mark.parametrize(("options", "found"), MATCHES, ids=str)
def test_finds(account: Sandbox, engine: Engine, options: dict[str, Any], found: list[str]) -> None:
    """Bindings are counted in every region, whatever region the policy runs in."""
    ran = engine(listener(**options), arguments=["--region", "eu-central-1"])
    assert (ran.returncode, ran.found, writes(account)) == (0, found, [])


UNREAD: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["edge", "idle", "web"]),
    ({"count": 0}, []),
    ({"count": 1, "count_op": "le"}, []),
    ({"count": 1, "count_op": "ge"}, ["edge", "idle", "web"]),
    ({"count": 7}, ["edge", "idle", "web"]),
    ({"role": "sni"}, ["edge", "idle", "web"]),
    ({"attrs": [{"Port": 1}]}, ["edge", "idle", "web"]),
    ({"services": ["elbv2"]}, ["edge", "web"]),
    ({"regions": ["eu-central-1"]}, ["edge"]),
    ({"regions": ["eu-west-1"]}, ["edge", "idle", "web"]),
]


@pytest.mark.parametrize(("options", "found"), UNREAD, ids=str)
def test_unknown_counts_as_served(
    account: Sandbox, engine: Engine, options: dict[str, Any], found: list[str]
) -> None:
    """While a scope is unread everything may be served, and nothing is known to be unused."""
    account.deny("elb", "DescribeLoadBalancers", region="eu-west-1")
    ran = engine(listener(**options))
    assert (ran.returncode, ran.found) == (0, found)


@pytest.mark.parametrize(
    ("operation", "unread"),
    [
        ("DescribeLoadBalancers", ("elbv2", "us-east-1", "DescribeLoadBalancers answered")),
        ("DescribeListeners", ("elbv2", "us-east-1", "inside: DescribeListeners answered")),
        (
            "DescribeListenerCertificates",
            ("elbv2", "us-east-1", "inside: DescribeListenerCertificates answered"),
        ),
    ],
)
def test_unread_scope_is_named(
    account: Sandbox, engine: Engine, operation: str, unread: tuple[str, str, str]
) -> None:
    """`c7n:unread` says which service and region, and why; the rest is there all the same."""
    account.deny("elbv2", operation, region="us-east-1")
    ran = engine(listener())
    web = next(r for r in ran.resources if r["ServerCertificateName"] == "web")
    [scope] = web["c7n:unread"]
    assert (scope["Service"], scope["Region"]) == unread[:2]
    assert scope["Reason"].startswith(f"{unread[2]} AccessDenied: ")
    assert [b["LoadBalancerName"] for b in web["c7n:listeners"]] == ["legacy"]
    assert (
        f"what could not be looked at counts as found: elbv2 in us-east-1: {unread[2]}" in ran.text
    )


def test_without_the_list_of_regions_everything_is_unread(account: Sandbox, engine: Engine) -> None:
    """A denied DescribeRegions leaves every region unread, and says what to do."""
    account.deny("ec2", "DescribeRegions")
    ran = engine(listener())
    assert ran.found == ["edge", "idle", "web"]
    [scope] = ran.resources[0]["c7n:unread"]
    assert scope["Region"] == "*"
    assert "allow ec2:DescribeRegions or declare regions" in scope["Reason"]


def test_declared_regions_need_no_list(account: Sandbox, engine: Engine) -> None:
    """`regions` is the scope: without the right to list them it is as it stands (AWS row 21)."""
    account.deny("ec2", "DescribeRegions")
    ran = engine(listener(regions=["eu-central-1"]))
    assert ran.found == ["edge"]
    assert "c7n:unread" not in ran.resources[0]


def test_what_was_moved_may_be_served_under_its_former_name(
    account: Sandbox, engine: Engine
) -> None:
    """While a listener names what IAM does not list, nothing is known to be unused."""
    account.client("iam").update_server_certificate(ServerCertificateName="edge", NewPath="/web/")
    ran = engine(listener(count=0))
    assert ran.found == []
    assert "which IAM does not list: perhaps its former name" in ran.text
    assert engine(listener(count=1, count_op="ge")).found == ["web"]


TYPO: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["edge", "idle", "web"]),
    ({"count": 0}, []),
    ({"count": 0, "count_op": "gt"}, ["edge", "idle", "web"]),
]


@pytest.mark.parametrize(("options", "found"), TYPO, ids=str)
@pytest.mark.parametrize("more", [[], ["eu-central-1"]], ids=str)
def test_region_that_does_not_exist_is_unread(
    account: Sandbox, engine: Engine, options: dict[str, Any], found: list[str], more: list[str]
) -> None:
    """A misspelt region hides listeners: nothing is known to be unused."""
    ran = engine(listener(regions=["us-esat-1", *more], **options))
    assert (ran.returncode, ran.found) == (0, found)
    for resource in ran.resources:
        [scope] = resource["c7n:unread"]
        assert scope == {
            "Service": "ec2",
            "Region": "us-esat-1",
            "Reason": "no such region in partition aws",
        }


def test_listener_that_vanishes_hides_no_other(
    near: Sandbox, issued: Issued, engine: Engine
) -> None:
    """One listener is deleted while it is read: the certificate of the next one is served."""
    pair = near.upload("pair", issued)
    listeners = Listener(443, "HTTPS", pair), Listener(8443, "HTTPS", pair)
    near.application("us-east-1", "pair", *listeners)
    near.fail("elbv2", "DescribeListenerCertificates", "ListenerNotFound", "gone", times=1)
    [found] = engine(listener(count=1)).resources
    assert [b["Port"] for b in found["c7n:listeners"]] == [8443]
    assert "c7n:unread" not in found


def test_annotations(account: Sandbox, engine: Engine) -> None:
    """`c7n:listeners` has every binding, `c7n:matched-listeners` those that were asked for."""
    ran = engine(listener(role="sni", attrs=[{"Port": 8443}]))
    [web] = ran.resources
    everywhere = {(b["LoadBalancerName"], b["Port"], b["Role"]) for b in web["c7n:listeners"]}
    assert everywhere == {
        ("legacy", 443, "default"),
        ("inside", 8443, "default"),
        ("inside", 8443, "sni"),
    }
    for binding in web["c7n:listeners"]:
        assert set(binding) == BINDING | (OF_ELBV2 if binding["Service"] == "elbv2" else set())
    [matched] = web["c7n:matched-listeners"]
    assert matched in web["c7n:listeners"]
    assert (matched["Service"], matched["Region"], matched["Scheme"], matched["Protocol"]) == (
        "elbv2",
        "us-east-1",
        "internal",
        "HTTPS",
    )
    assert "c7n:unread" not in web


STACK = {"aws:cloudformation:stack-name": "shop-prod"}


@pytest.fixture
def owned(near: Sandbox, issued: Issued) -> Sandbox:
    """Have a stack own one of two load balancers, and a distribution."""
    arn = near.upload("web", issued, path="/cloudfront/")
    near.application("eu-west-1", "stack", Listener(443, "HTTPS", arn), tags=STACK)
    near.classic("eu-west-1", "free", Listener(443, "HTTPS", arn), tags={"team": "web"})
    near.application("eu-west-1", "plain", Listener(80, "HTTP"), tags=STACK)
    near.distribution(NAME, certificate=arn, tags=STACK)
    return near


def test_owner_is_written(owned: Sandbox, engine: Engine) -> None:
    """`ManagedBy` says who puts a certificate back, by tags (AWS row 13); others have none."""
    [web] = engine(listener()).resources
    by_service = {b["Service"]: b.get("ManagedBy") for b in web["c7n:listeners"]}
    stack = "CloudFormation stack shop-prod"
    assert by_service == {"elbv2": stack, "cloudfront": stack, "elb": None}
    assert web["c7n:matched-listeners"] == web["c7n:listeners"]


def test_bindings_by_owner(owned: Sandbox, engine: Engine) -> None:
    """`attrs` can ask for what nobody owns, and for what a stack does."""
    unowned = engine(listener(attrs=[{"ManagedBy": "absent"}])).resources
    assert [b["LoadBalancerName"] for b in unowned[0]["c7n:matched-listeners"]] == ["free"]
    stacks = {"type": "value", "key": "ManagedBy", "op": "regex", "value": "CloudFormation .*"}
    assert engine(listener(attrs=[stacks], count=2)).found == ["web"]


def test_tags_of_the_policys_own_renewal_name_an_owner(owned: Sandbox, engine: Engine) -> None:
    """What `managed-tags` says in the action is what the filter shows."""
    policy = filtering(
        {"type": "listener"},
        {"type": "replacement", "source": SOURCE, "managed-tags": ["team=web"]},
    )
    [web] = engine(policy).resources
    assert "tag team=web" in {b.get("ManagedBy") for b in web["c7n:listeners"]}


def test_tags_that_cannot_be_read_are_said_once(owned: Sandbox, engine: Engine) -> None:
    """The listeners are known all the same: nothing is unread, `ManagedBy` is left out."""
    for service in ("elb", "elbv2"):
        owned.deny(service, "DescribeTags")
    ran = engine(listener())
    [web] = ran.resources
    assert "c7n:unread" not in web
    assert [b["Service"] for b in web["c7n:listeners"] if "ManagedBy" in b] == ["cloudfront"]
    [warning] = [line for line in ran.text.splitlines() if "ManagedBy is left out" in line][:1]
    assert "WARNING" in warning
    assert "ManagedBy is left out of 2 of 3 listeners: " in warning
    assert "DescribeTags answered AccessDenied" in warning


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"attrs": [{"ManagedBy": "absent"}]}, ["web"]),
        ({"attrs": [{"ManagedBy": "present"}]}, ["web"]),
        ({"attrs": [{"ManagedBy": "present"}], "count": 0}, []),
        ({"attrs": [{"type": "value", "key": "ManagedBy", "value": None}], "count": 0}, []),
        ({"attrs": [{"not": [{"ManagedBy": "absent"}]}], "count": 1, "count_op": "lt"}, []),
    ],
)
def test_an_owner_that_is_not_known_is_not_nobody(
    owned: Sandbox, engine: Engine, options: dict[str, Any], found: list[str]
) -> None:
    """Where `attrs` ask for `ManagedBy`, tags that are denied are unread: nothing is free then."""
    for service, operation in (("elbv2", "DescribeTags"), ("cloudfront", "ListTagsForResource")):
        owned.deny(service, operation)
    ran = engine(listener(**options))
    assert ran.found == found
    scopes = [scope for one in ran.resources for scope in one["c7n:unread"]]
    assert {one["Service"] for one in scopes} == ({"elbv2", "cloudfront"} if found else set())
    assert all(": who owns it is not known: " in one["Reason"] for one in scopes)


def test_tags_take_few_calls(near: Sandbox, issued: Issued, engine: Engine) -> None:
    """One call for twenty load balancers that serve; those that do not are not asked about."""
    arn = near.upload("web", issued)
    for number in range(21):
        listeners = Listener(443, "HTTPS", arn), Listener(8443, "HTTPS", arn)
        near.classic("us-east-1", f"lb-{number}", *listeners)
        near.application("eu-west-1", f"lb-{number}", Listener(80, "HTTP"))
    assert engine(listener(count=42)).found == ["web"]
    asked = Counter((c.service, c.region) for c in near.journal if c.operation == "DescribeTags")
    assert asked == {("elb", "us-east-1"): 2}


def test_second_listener_filter_writes_over_the_first(account: Sandbox, engine: Engine) -> None:
    """Two filters of a policy do not add up, and leave nothing of c7n's in the bindings."""
    filters = [
        {"type": "listener", "attrs": [{"Region": "us-east-1"}]},
        {"type": "listener", "attrs": [{"Region": "eu-west-1"}, {"Port": 443}]},
    ]
    [web] = engine(filtering(*filters)).resources
    assert len(web["c7n:listeners"]) == 3
    assert [b["LoadBalancerName"] for b in web["c7n:matched-listeners"]] == ["legacy"]
    bindings = [*web["c7n:listeners"], *web["c7n:matched-listeners"]]
    assert not [key for binding in bindings for key in binding if key.startswith("c7n")]


def test_unread_is_written_over_as_well(account: Sandbox, engine: Engine) -> None:
    """The last filter's scope is what `c7n:unread` is about."""
    account.deny("elb", "DescribeLoadBalancers", region="eu-west-1")
    filters = {"type": "listener"}, {"type": "listener", "services": ["elbv2"]}
    for resource in engine(filtering(*filters)).resources:
        assert "c7n:unread" not in resource


REFUSED: list[tuple[Any, str]] = [
    ({"not": [{"type": "listener"}]}, "use listener with count: 0"),
    ({"not": [{"or": [{"type": "listener"}]}]}, "use listener with count: 0"),
    ({"type": "listener", "count": 0, "role": "sni"}, "role together with count: 0"),
    ({"type": "listener", "count": 0, "services": ["elb"]}, "services together with count: 0"),
    (
        {"type": "listener", "count": 2, "count_op": "lt", "role": "sni"},
        "would call unused what others serve",
    ),
    ({"type": "listener", "atrs": []}, "'atrs' was unexpected"),
    ({"type": "listener", "services": ["ec2"]}, "'ec2' is not one of"),
    ({"type": "listener", "count": 1, "count_op": "in"}, "'in' is not one of"),
    ({"type": "listener", "regions": ["eu west"]}, "'eu west' does not match"),
]


@pytest.mark.parametrize(("wrong", "hint"), REFUSED, ids=lambda value: str(value)[:60])
def test_refuses(account: Sandbox, engine: Engine, wrong: Any, hint: str) -> None:
    """What would call unused what was not looked at is refused before anything is read."""
    ran = engine(filtering(wrong))
    assert ran.returncode != 0
    assert hint in ran.text
    assert account.journal == []


@pytest.mark.parametrize("near", [{"page_size": 1}], indirect=True)
def test_reads_every_page(near: Sandbox, issued: Issued, engine: Engine) -> None:
    """Nothing is missed when AWS answers in pages of one."""
    arns = [near.upload(name, issued) for name in ("a", "b", "c")]
    for name, arn in zip("abc", arns, strict=True):
        near.classic("us-east-1", f"old-{name}", Listener(443, "SSL", arn))
        rest = tuple(other for other in arns if other != arn)
        listeners = Listener(443, "HTTPS", arn, sni=rest), Listener(8443, "HTTPS", arn)
        near.application("us-east-1", name, *listeners)
    assert engine(listener(count=5)).found == ["a", "b", "c"]


NAME = "www.example.com"


@pytest.fixture
def edge(near: Sandbox, issued: Issued) -> Sandbox:
    """Have `cdn` served by a distribution, `graph` by a domain of AppSync, `spare` by nobody."""
    near.distribution(NAME, certificate=near.upload("cdn", issued, path="/cloudfront/"))
    near.domain("eu-west-1", NAME, near.upload("graph", issued))
    near.upload("spare", issued, path="/cloudfront/")
    return near


def test_distributions_and_domain_names_serve(edge: Sandbox, engine: Engine) -> None:
    """CloudFront names a certificate by its id, AppSync by its ARN (AWS rows 12 and 20)."""
    ran = engine(listener())
    assert ran.found == ["cdn", "graph"]
    by_service = {b["Service"]: b for r in ran.resources for b in r["c7n:listeners"]}
    cloudfront, appsync = by_service["cloudfront"], by_service["appsync"]
    assert (cloudfront["Region"], cloudfront["Port"], cloudfront["Role"]) == (
        *("us-east-1", 443),
        "default",
    )
    assert cloudfront["DNSName"].endswith(".cloudfront.net")
    assert (appsync["Region"], appsync["LoadBalancerName"]) == ("eu-west-1", NAME)
    assert not [resource for resource in ran.resources if "c7n:unread" in resource]
    assert engine(listener(count=0)).found == ["spare"]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"services": ["cloudfront"]}, ["cdn"]),
        ({"services": ["appsync"]}, ["graph"]),
        ({"regions": ["eu-central-1"]}, ["cdn"]),
        ({"regions": ["eu-west-1"], "count": 0}, ["spare"]),
        ({"attrs": [{"Scheme": "internet-facing"}]}, ["cdn", "graph"]),
    ],
    ids=str,
)
def test_cloudfront_is_global(
    edge: Sandbox, engine: Engine, options: dict[str, Any], found: list[str]
) -> None:
    """`services` leaves CloudFront out, `regions` does not."""
    assert engine(listener(**options)).found == found


@pytest.mark.parametrize("operation", ["ListDistributions", "ListDomainNames"])
def test_edge_that_cannot_be_read(edge: Sandbox, engine: Engine, operation: str) -> None:
    """What a service does not show may serve everything."""
    service = "cloudfront" if operation == "ListDistributions" else "appsync"
    edge.deny(service, operation)
    assert engine(listener(count=0)).found == []
    ran = engine(listener())
    assert ran.found == ["cdn", "graph", "spare"]
    scopes = {(scope["Service"], scope["Region"]) for scope in ran.resources[0]["c7n:unread"]}
    regions = {"us-east-1", "eu-west-1", "eu-central-1"}
    assert scopes == {
        (service, region) for region in ({"us-east-1"} if service == "cloudfront" else regions)
    }


def lists_distributions(sandbox: Sandbox, engine: Engine, policy: Policy) -> bool:
    """Say whether a dry run of a policy asks CloudFront."""
    sandbox.clear_journal()
    engine(policy, arguments=["--dryrun"])
    return "ListDistributions" in {call.operation for call in sandbox.journal}


def test_cloudfront_is_asked_where_it_matters(account: Sandbox, engine: Engine) -> None:
    """Without a path for it only where a certificate could be called unused, or renewed."""
    planned = filtering({"type": "listener"}, {"type": "replacement", "source": SOURCE})
    assert not lists_distributions(account, engine, listener(regions=["us-east-1"]))
    assert lists_distributions(account, engine, listener(count=1, count_op="le"))
    assert lists_distributions(account, engine, planned)
    assert lists_distributions(account, engine, renewing())


def test_certificate_that_was_moved_is_not_unused(
    near: Sandbox, issued: Issued, engine: Engine
) -> None:
    """A distribution keeps a certificate that is no longer below /cloudfront/."""
    near.distribution(NAME, certificate=near.upload("cdn", issued, path="/cloudfront/"))
    near.client("iam").update_server_certificate(ServerCertificateName="cdn", NewPath="/")
    assert engine(listener(count=0)).found == []
    plan = engine(filtering({"type": "listener"}, {"type": "replacement", "source": SOURCE}))
    assert plan.found == ["cdn"]


@pytest.mark.parametrize("block", ["", "and", "or"])
def test_no_sweep_without_certificates(account: Sandbox, engine: Engine, block: str) -> None:
    """What no certificate needs is not read, however deep the filter stands."""
    filters: list[Any] = [{"type": "expires-within", "days": 1}, {"type": "listener"}]
    if block:
        filters = [{block: [{"and": filters}]}]
    ran = engine(filtering(*filters))
    assert (ran.returncode, ran.found) == (0, [])
    assert {call.service for call in account.journal} <= {"iam", "sts"}


def test_one_sweep_for_the_policies_of_a_run(account: Sandbox, engine: Engine) -> None:
    """Two policies of one run look at each region once, whatever they ask for."""
    second = filtering({"type": "listener", "role": "sni"}, name="second")
    ran = engine(listener(), second)
    assert ran.found == ["web"]
    calls = Counter((c.service, c.operation, c.region) for c in account.journal)
    assert set(Counter(calls[c] for c in calls if c[0] == "ec2")) == {1}
    for region in ("us-east-1", "eu-west-1", "eu-central-1"):
        assert calls["elb", "DescribeLoadBalancers", region] == 1
        assert calls["elbv2", "DescribeLoadBalancers", region] == 1


def test_next_run_sweeps_again(account: Sandbox, engine: Engine) -> None:
    """Nothing of a sweep outlives the process: a run acts on live reads."""
    engine(listener())
    account.classic("us-east-1", "fresh", Listener(443, "HTTPS", account.certificates()["idle"]))
    assert engine(listener()).found == ["edge", "idle", "web"]


# expires-within


def expiring(**options: Any) -> Policy:
    """Return a policy with this filter alone."""
    return filtering({"type": "expires-within", **options})


@pytest.fixture
def shelf(near: Sandbox, authority: Authority) -> Sandbox:
    """Give certificates that differ in when they expire and how long they live."""
    now = datetime.now(timezone.utc)
    for name, left, lifetime in (
        ("gone", -DAY / 2, 90 * DAY),
        ("month", 30 * DAY, 90 * DAY),
        ("month-and-an-hour", 30 * DAY + DAY / 24, 90 * DAY),
        ("half", 25 * DAY, 50 * DAY),
        ("short", 4 * DAY, 9 * DAY),
        ("shorter", 5 * DAY, 9 * DAY),
    ):
        end = now + left
        issued = authority.issue(name, not_before=end - lifetime, not_after=end, key="p256")
        near.upload(name, issued)
    return near


WINDOWS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["gone", "half", "month", "short", "shorter"]),
    ({"days": 30}, ["gone", "half", "month", "short", "shorter"]),
    ({"days": 0}, ["gone"]),
    ({"days": 4.5}, ["gone", "short"]),
    ({"days": 30, "expired": "exclude"}, ["half", "month", "short", "shorter"]),
    ({"days": 30, "expired": "only"}, ["gone"]),
    ({"days": 30, "lifetime-fraction": "1/3"}, ["gone", "month", "short"]),
    (
        {"days": 40, "lifetime-fraction": 0.5},
        ["gone", "half", "month", "month-and-an-hour", "short"],
    ),
    ({"days": 10, "lifetime-fraction": "1/2", "expired": "exclude"}, ["short"]),
]


@pytest.mark.parametrize(("options", "found"), WINDOWS, ids=str)
def test_window(shelf: Sandbox, engine: Engine, options: dict[str, Any], found: list[str]) -> None:
    """The published rule by the second; a fraction of the lifetime; half of a short life."""
    ran = engine(expiring(**options))
    assert (ran.returncode, ran.found) == (0, found)


def test_expiry_is_written(shelf: Sandbox, engine: Engine) -> None:
    """`c7n:expiry` counts whole days; lifetime and threshold only where they were asked for."""
    plain = {r["ServerCertificateName"]: r["c7n:expiry"] for r in engine(expiring()).resources}
    assert plain["gone"] == {"DaysLeft": -1, "Expired": True}
    assert plain["half"] == {"DaysLeft": 24, "Expired": False}
    assert "GetServerCertificate" not in {call.operation for call in shelf.journal}
    asked = engine(expiring(**{"lifetime-fraction": "1/3"})).resources
    short = next(r["c7n:expiry"] for r in asked if r["ServerCertificateName"] == "short")
    assert short == {"DaysLeft": 3, "Expired": False, "LifetimeDays": 9, "ThresholdDays": 4.5}


def test_lifetime_that_cannot_be_read_leaves_days(shelf: Sandbox, engine: Engine) -> None:
    """Without GetServerCertificate the window is `days`, and the certificate says so."""
    shelf.deny("iam", "GetServerCertificate")
    ran = engine(expiring(**{"lifetime-fraction": "1/3"}))
    assert ran.found == ["gone", "half", "month", "short", "shorter"]
    for resource in ran.resources:
        [scope] = resource["c7n:unread"]
        assert (scope["Service"], scope["Region"]) == ("iam", "*")
        assert "AccessDenied" in scope["Reason"]


@pytest.mark.parametrize(
    "wrong", [{"days": -1}, {"lifetime-fraction": 0}, {"lifetime-fraction": "4/3"}, {"day": 30}]
)
def test_refuses_a_window(shelf: Sandbox, engine: Engine, wrong: dict[str, Any]) -> None:
    """A window that means nothing is refused before anything is read."""
    ran = engine(expiring(**wrong))
    assert ran.returncode != 0
    assert shelf.journal == []
